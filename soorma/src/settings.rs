//! The defaults of delivery, in one place.

use std::time::Duration;

/// What an app does where a handler says nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// For how long a delivery is one instance's before it is handed to another.
    pub(crate) lease: Duration,
    /// How long a shutdown waits for running handlers.
    pub(crate) grace: Duration,
    /// How long a publisher outside handlers waits for room.
    pub(crate) publish_timeout: Duration,
    /// How long a task waits before it is suspended.
    pub(crate) suspend_after: Duration,
    /// How long `ask` waits.
    pub(crate) ask_timeout: Duration,
    /// How deep a workflow may go.
    pub(crate) max_depth: u32,
    /// How many events one subscription handles at once in one instance.
    pub(crate) concurrency: u32,
    /// How often a handler is tried.
    pub(crate) max_attempts: u32,
    /// The first and the longest pause between attempts.
    pub(crate) backoff: (Duration, Duration),
    /// How long a handler may run.
    pub(crate) timeout: Duration,
    /// After how many deaths of the process an event is given up.
    pub(crate) max_losses: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            publish_timeout: Duration::from_secs(30),
            suspend_after: Duration::from_millis(200),
            ask_timeout: Duration::from_secs(30),
            max_depth: 256,
            concurrency: 16,
            max_attempts: 5,
            backoff: (Duration::from_secs(1), Duration::from_secs(60)),
            timeout: Duration::from_secs(300),
            max_losses: 20,
        }
    }
}
