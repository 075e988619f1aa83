//! The cases as programs of one package, which is written into the target directory.

use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

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
    pub(crate) fn program(name: &str) -> String {
        name.replace('/', "-")
    }
}

impl Project {
    /// Finds the cases and writes the package.
    pub(crate) fn write() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let ui = tests.join("ui");
        let mut cases: Vec<Case> = Vec::new();
        for folder in entries(&ui).into_iter().filter(|path| path.is_dir()) {
            for file in
                entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"))
            {
                let name = format!("{}/{}", name(&folder), name(&file));
                cases.push(Case { name, errors: errors(&fs::read_to_string(&file).unwrap()) });
            }
        }
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui-errors");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("Cargo.toml"), manifest(tests, &ui, &cases)).unwrap();
        fs::copy(tests.join("../Cargo.lock"), dir.join("Cargo.lock")).unwrap();
        Self { dir, ui, cases }
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// What the first line says: `//! mistakes: 3` or `//! errors: 2, because ..`; otherwise there is one.
fn errors(case: &str) -> usize {
    let first = case.lines().next().unwrap_or("");
    let number = first.strip_prefix("//! mistakes: ").or_else(|| first.strip_prefix("//! errors: "));
    number.map_or(1, |number| number.split(',').next().unwrap_or("").parse().expect("a number"))
}

fn manifest(tests: &Path, ui: &Path, cases: &[Case]) -> String {
    let workspace = fs::read_to_string(tests.join("../Cargo.toml")).unwrap();
    let version = |name: &str| {
        let line = workspace.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
        line.to_owned()
    };
    let soorma = tests.parent().unwrap().join("soorma");
    let mut manifest = format!(
        "[package]\nname = \"ui-errors\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n[dependencies]\n\
         soorma = {{ path = {soorma:?} }}\n"
    );
    for name in ["anyhow", "schemars", "serde", "serde_json"] {
        writeln!(manifest, "{}", version(name)).unwrap();
    }
    for case in cases {
        let (program, path) = (Case::program(&case.name), ui.join(format!("{}.rs", case.name)));
        write!(manifest, "\n[[bin]]\nname = \"{program}\"\npath = {path:?}\n").unwrap();
    }
    manifest
}
