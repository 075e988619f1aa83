//! The output of one step: commands write it into a file, and nobody sees it unless the step fails.

use std::{
    fmt,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail, ensure};

/// The output of one step, and the way to run its commands.
pub(super) struct Log {
    root: PathBuf,
    path: PathBuf,
    file: File,
    remark: String,
    tests: Option<Tests>,
}

/// How many tests there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tests {
    pub(super) passed: usize,
    failed: usize,
    ignored: usize,
}

impl fmt::Display for Tests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.ignored)
    }
}

impl Log {
    /// An empty log for a step of the workspace in `root`.
    pub(super) fn open(root: &Path, step: &str) -> anyhow::Result<Self> {
        let folder = root.join("target").join("xtask");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let path = folder.join(step).with_extension("log");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { root: root.to_owned(), path, file, remark: String::new(), tests: None })
    }

    /// The workspace.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What the closing line of the step says besides its duration.
    pub(super) fn remark(&self) -> &str {
        &self.remark
    }

    pub(super) fn set_remark(&mut self, remark: String) {
        self.remark = remark;
    }

    /// What [`count_tests`](Self::count_tests) found.
    pub(super) fn tests(&self) -> Option<Tests> {
        self.tests
    }

    /// Everything that was written so far.
    pub(super) fn text(&self) -> String {
        fs::read(&self.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Adds a line. A log that cannot be written is no reason to fail a step.
    pub(super) fn line(&mut self, line: &str) {
        let _ = writeln!(self.file, "{line}");
    }

    /// Runs cargo in the workspace.
    pub(super) fn cargo(&mut self, args: &[&str]) -> anyhow::Result<()> {
        self.cargo_with(args, &[], Duration::MAX)
    }

    /// Runs cargo with further environment variables; ends it when it runs longer than `limit`.
    pub(super) fn cargo_with(
        &mut self,
        args: &[&str],
        env: &[(&str, &str)],
        limit: Duration,
    ) -> anyhow::Result<()> {
        self.run(&cargo(), args, env, limit)
    }

    /// Runs cargo several times at once, each into a log of its own; what they wrote is added here, one after the other.
    pub(super) fn cargo_side_by_side(&mut self, all: &[Vec<&str>]) -> anyhow::Result<()> {
        let step = self.path.file_stem().map(|step| step.to_string_lossy().into_owned()).unwrap_or_default();
        let logs = (1..=all.len()).map(|number| Self::open(&self.root, &format!("{step}-{number}")));
        let mut logs = logs.collect::<anyhow::Result<Vec<Self>>>()?;
        let ended: Vec<anyhow::Result<()>> = thread::scope(|scope| {
            let pairs = logs.iter_mut().zip(all);
            let running: Vec<_> = pairs.map(|(log, args)| scope.spawn(move || log.cargo(args))).collect();
            let panicked = |_| Err(anyhow!("the thread that waited for it panicked"));
            running.into_iter().map(|one| one.join().unwrap_or_else(panicked)).collect()
        });
        for log in &logs {
            self.line(&log.text());
        }
        ended.into_iter().collect()
    }

    /// Runs any program in the workspace.
    pub(super) fn program(&mut self, program: &str, args: &[&str]) -> anyhow::Result<()> {
        self.run(program, args, &[], Duration::MAX)
    }

    /// Runs cargo, and gives what it writes to standard output.
    pub(super) fn cargo_output(&mut self, args: &[&str]) -> anyhow::Result<String> {
        self.output(&cargo(), args)
    }

    /// Runs a program, and gives what it writes to standard output.
    pub(super) fn output(&mut self, program: &str, args: &[&str]) -> anyhow::Result<String> {
        let shown = self.announce(program, args);
        let output = Command::new(program)
            .args(args)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stderr(self.file.try_clone()?)
            .output()
            .with_context(|| format!("cannot run `{shown}`"))?;
        ensure!(output.status.success(), "`{shown}` ended with {}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    fn run(
        &mut self,
        program: &str,
        args: &[&str],
        env: &[(&str, &str)],
        limit: Duration,
    ) -> anyhow::Result<()> {
        let shown = self.announce(program, args);
        let mut child = Command::new(program)
            .args(args)
            .envs(env.iter().copied())
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(self.file.try_clone()?)
            .stderr(self.file.try_clone()?)
            .spawn()
            .with_context(|| format!("cannot run `{shown}`"))?;
        let start = Instant::now();
        let status = loop {
            if limit == Duration::MAX {
                break child.wait()?;
            }
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if start.elapsed() > limit {
                child.kill()?;
                child.wait()?;
                bail!("`{shown}` did not end within {} s", limit.as_secs());
            }
            thread::sleep(Duration::from_millis(20));
        };
        ensure!(status.success(), "`{shown}` ended with {status}");
        Ok(())
    }

    fn announce(&mut self, program: &str, args: &[&str]) -> String {
        let name =
            Path::new(program).file_stem().map_or_else(|| program.into(), |name| name.to_string_lossy());
        let shown = format!("{name} {}", args.join(" "));
        self.line(&format!("$ {shown}"));
        shown
    }

    /// Adds up what the test runners said in this log.
    pub(super) fn count_tests(&mut self) -> Tests {
        let tests = count(&self.text());
        self.tests = Some(tests);
        tests
    }
}

/// The cargo that runs this program.
fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Adds up lines like `test result: ok. 3 passed; 0 failed; 1 ignored; ..`.
fn count(log: &str) -> Tests {
    let mut tests = Tests::default();
    for line in log.lines().filter(|line| line.starts_with("test result: ")) {
        let words: Vec<&str> = line.split([' ', ';']).collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<usize>() else { continue };
            match pair[1] {
                "passed" => tests.passed += number,
                "failed" => tests.failed += number,
                "ignored" => tests.ignored += number,
                _ => {}
            }
        }
    }
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_runners_add_up() {
        let log = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
                   noise: 9 passed\n\
                   test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(count(log), Tests { passed: 15, failed: 2, ignored: 1 });
    }
}
