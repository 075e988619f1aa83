//! The three phases of an app's life, and how everything that runs learns of them.

use tokio::sync::watch;

/// Where an app is in its life. Only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Deliveries are drawn and handled.
    Running,
    /// Nothing new starts; what runs is finished.
    Draining,
    /// What still runs is given up.
    Abandoning,
}

/// Moves an app from phase to phase.
#[derive(Debug)]
pub(crate) struct PhaseSender(watch::Sender<Stage>);

impl PhaseSender {
    pub(crate) fn new() -> Self {
        Self(watch::channel(Stage::Running).0)
    }

    pub(crate) fn drain(&self) {
        self.0.send_replace(Stage::Draining);
    }

    pub(crate) fn abandon(&self) {
        self.0.send_replace(Stage::Abandoning);
    }

    pub(crate) fn watch(&self) -> Phase {
        Phase(self.0.subscribe())
    }
}

/// The phase as everything that runs sees it.
#[derive(Clone, Debug)]
pub(crate) struct Phase(watch::Receiver<Stage>);

impl Phase {
    /// Ends once nothing new shall start.
    pub(crate) async fn draining(&mut self) {
        self.reached(Stage::Draining).await;
    }

    /// Whether nothing new shall start.
    pub(crate) fn is_draining(&self) -> bool {
        *self.0.borrow() >= Stage::Draining
    }

    /// Ends once what still runs shall be given up.
    pub(crate) async fn abandoning(&mut self) {
        self.reached(Stage::Abandoning).await;
    }

    async fn reached(&mut self, stage: Stage) {
        // A sender that is gone means the same: the app is no more.
        let _ = self.0.wait_for(|now| *now >= stage).await;
    }
}
