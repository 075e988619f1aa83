//! One process, and its end.

use std::process::{Child, ExitStatus};

use soorma_nats_tests::Guard;

/// A process that ends when this one does.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// `None` once it has ended.
    guard: Option<Guard>,
}

impl Process {
    pub(crate) fn guarded(child: Child) -> std::io::Result<Self> {
        let guard = Some(Guard::over(child.id(), None)?);
        Ok(Self { child, guard })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, where it has.
    pub(crate) fn ended(&mut self) -> std::io::Result<Option<ExitStatus>> {
        let ended = self.child.try_wait()?;
        if ended.is_some() {
            self.guard = None;
        }
        Ok(ended)
    }

    pub(crate) fn wait(&mut self) -> std::io::Result<ExitStatus> {
        let ended = self.child.wait();
        self.guard = None;
        ended
    }

    pub(crate) fn kill(&mut self) -> std::io::Result<ExitStatus> {
        self.child.kill()?;
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.kill();
    }
}
