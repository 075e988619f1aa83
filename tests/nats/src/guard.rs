//! What ends a process when this one dies, in whatever way it does. Knows nothing of what the process is.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

/// A shell that waits for the end of this process, and then kills another; it outlives what ends their whole group.
/// Dropping it ends it and nothing else: as soon as the other has ended, lest its number is somebody else's by then.
#[derive(Debug)]
pub struct Guard(Child);

impl Guard {
    /// Kills the process with this id, and removes `directory`, once this process is no more.
    ///
    /// # Errors
    /// There is no shell.
    pub fn over(id: u32, directory: Option<&Path>) -> std::io::Result<Self> {
        Command::new("sh")
            .args([
                "-c",
                r#"trap '' HUP INT TERM; read -r _; kill -KILL "$1"; sleep 0.2; shift; rm -rf "$@""#,
                "sh",
                &id.to_string(),
            ])
            .args(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::process::ExitStatusExt,
        time::{Duration, Instant},
    };

    use super::*;

    #[test]
    #[allow(clippy::unwrap_used)]
    fn a_process_ends_with_the_one_that_guards_it_and_outlives_a_guard_that_is_dismissed() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        drop(Guard::over(child.id(), None).unwrap());
        assert!(child.try_wait().unwrap().is_none());

        let mut guard = Guard::over(child.id(), None).unwrap();
        // As the end of this process would do.
        drop(guard.0.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None => assert!(Instant::now() < deadline, "it lives on"),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.signal(), Some(9));
    }
}
