//! The options of an attribute, as the macros write them down. `None` leaves the runtime's default.

use crate::broker::Start;

/// The options of one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// `retry(max = 5)`: attempts in all, 1 or more.
    pub max_attempts: Option<u32>,
    /// `retry(backoff = "1s..1m")`: first and longest pause, in milliseconds.
    pub backoff_ms: Option<(u64, u64)>,
    /// `timeout = "30s"`, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// `concurrency = 8`: how many run at once in one instance, 1 or more.
    pub concurrency: Option<u32>,
    /// `ordered`: events with one key one at a time, in stored order.
    pub ordered: bool,
    /// `broadcast`: every instance hears every event, as long as it lives.
    pub broadcast: bool,
    /// `from = "start"` or `"now"`: where a new subscription starts.
    pub from: Option<Start>,
    /// `name = ".."`: tells two handlers of one event apart.
    pub name: &'static str,
    /// `was = ".."`: the `name` that the handler had before.
    pub was: Option<&'static str>,
    /// `outputs = "recorded"`: what a run returns is stored as one record before it is published.
    pub recorded: bool,
}

impl Options {
    /// Nothing said.
    pub const DEFAULT: Self = Self {
        max_attempts: None,
        backoff_ms: None,
        timeout_ms: None,
        concurrency: None,
        ordered: false,
        broadcast: false,
        from: None,
        name: "",
        was: None,
        recorded: false,
    };
}
