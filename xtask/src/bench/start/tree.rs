//! A copy of the sources, which a build may change.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};

use super::{super::measure::output, programs::Program};

pub(super) struct Tree {
    folder: PathBuf,
}

impl Tree {
    /// Copies what git knows of, and what it would take.
    pub(super) fn copy(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let mut git = Command::new("git");
        let files = output(git.args(["ls-files", "-co", "--exclude-standard", "-z"]).current_dir(root))?;
        for file in String::from_utf8(files.stdout)?.split_terminator('\0') {
            // Git also knows of files that are removed and not committed.
            if root.join(file).is_file() {
                let to = folder.join("sources").join(file);
                fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
                fs::copy(root.join(file), to)?;
            }
        }
        fs::create_dir_all(folder.join("programs"))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Of the workspace that a program is in.
    pub(super) fn workspace(&self, program: &Program) -> PathBuf {
        self.folder.join("sources").join(program.workspace)
    }

    /// Where builds go.
    pub(super) fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// Where a built program is kept.
    pub(super) fn program(&self, program: &Program) -> PathBuf {
        self.folder.join("programs").join(program.package)
    }

    /// For what a server stores.
    pub(super) fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// Changes the program's handler, to what it has not been before with another number.
    pub(super) fn change(&self, program: &Program, number: usize) -> anyhow::Result<Changed> {
        let file = self.folder.join("sources").join(program.file);
        let before = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        ensure!(
            before.matches(program.part).count() == 1,
            "`{}` is not once in {}",
            program.part,
            program.file
        );
        let after = before.replace(program.part, &program.changed.replace("NUMBER", &number.to_string()));
        fs::write(&file, after)?;
        Ok(Changed { file, before })
    }
}

/// A changed file.
pub(super) struct Changed {
    file: PathBuf,
    before: String,
}

impl Changed {
    /// As it was.
    pub(super) fn back(self) -> anyhow::Result<()> {
        Ok(fs::write(self.file, self.before)?)
    }
}
