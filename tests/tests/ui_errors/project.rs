//! The cases as programs of one package, which is written into the target directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};

/// A package with one program a case.
pub(crate) struct Project {
    /// Where its `Cargo.toml` is.
    pub(crate) dir: PathBuf,
    /// Where the cases are.
    pub(crate) ui: PathBuf,
    /// All of them, sorted.
    pub(crate) cases: Vec<Case>,
}

/// One program.
pub(crate) struct Case {
    /// `folder/case`.
    pub(crate) name: String,
    /// How many errors it says that there are.
    pub(crate) errors: usize,
}

impl Case {
    /// What cargo calls the program.
    pub(crate) fn program(&self) -> String {
        self.name.replace('/', "-")
    }
}

impl Project {
    /// Finds the cases and writes the package.
    pub(crate) fn write() -> anyhow::Result<Self> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let ui = tests.join("ui");
        let mut cases: Vec<Case> = Vec::new();
        for folder in entries(&ui)?.into_iter().filter(|path| path.is_dir()) {
            for file in entries(&folder)? {
                if file.extension().is_some_and(|extension| extension == "rs") {
                    let name = format!("{}/{}", stem(&folder), stem(&file));
                    cases.push(Case {
                        errors: errors(&fs::read_to_string(&file)?).context(name.clone())?,
                        name,
                    });
                }
            }
        }
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui-errors");
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("Cargo.toml"), manifest(tests, &ui, &cases)?)?;
        fs::copy(tests.join("../Cargo.lock"), dir.join("Cargo.lock"))?;
        Ok(Self { dir, ui, cases })
    }
}

fn entries(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What the first line says: `//! mistakes: 3` or `//! errors: 2, because ..`; otherwise there is one.
fn errors(case: &str) -> anyhow::Result<usize> {
    let first = case.lines().next().unwrap_or("");
    match first.strip_prefix("//! mistakes: ").or_else(|| first.strip_prefix("//! errors: ")) {
        Some(number) => Ok(number.split(',').next().unwrap_or("").parse()?),
        None => Ok(1),
    }
}

/// `soorma` as it is here, and what else a program needs in the versions of the workspace.
fn manifest(tests: &Path, ui: &Path, cases: &[Case]) -> anyhow::Result<String> {
    let workspace = fs::read_to_string(tests.join("../Cargo.toml"))?;
    let mut manifest = format!(
        "[package]\nname = \"ui-errors\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\nsoorma = {{ path = {:?} }}\n",
        tests.join("../soorma")
    );
    for name in ["anyhow", "schemars", "serde", "serde_json"] {
        let entry = workspace.lines().find(|line| line.starts_with(&format!("{name} = ")));
        manifest += entry.ok_or_else(|| anyhow!("the workspace has no `{name}`"))?;
        manifest.push('\n');
    }
    for case in cases {
        let path = ui.join(format!("{}.rs", case.name));
        manifest += &format!("\n[[bin]]\nname = {:?}\npath = {path:?}\n", case.program());
    }
    Ok(manifest)
}
