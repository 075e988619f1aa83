//! How often a handler is tried, with which pauses, for how long, and how many at once.

use std::time::Duration;

use soorma_common::id;

use crate::{handler::Options, settings::Settings};

/// For how long what is recorded of an event is kept after the pause that it waits for: as long as a topic keeps its events.
const RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// How a handler is run.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) max_attempts: u32,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: usize,
    first: Duration,
    longest: Duration,
}

impl Policy {
    pub(crate) fn new(options: &Options, settings: &Settings) -> Self {
        let millis = Duration::from_millis;
        let (first, longest) =
            options.backoff_ms.map_or(settings.backoff, |(first, longest)| (millis(first), millis(longest)));
        Self {
            max_attempts: options.max_attempts.unwrap_or(settings.max_attempts).max(1),
            timeout: options.timeout_ms.map_or(settings.timeout, millis),
            concurrency: options.concurrency.unwrap_or(settings.concurrency).max(1) as usize,
            first,
            longest,
        }
    }

    /// The first and the longest pause, as declared.
    pub(crate) fn backoff(&self) -> (Duration, Duration) {
        (self.first, self.longest)
    }

    /// The pause after this failed attempt: doubled from attempt to attempt, cut at the longest, and up to a fifth
    /// more, so that what failed together does not come back together. Never less than what was declared. The
    /// jitter is drawn from the event's id, so it needs no source of randomness.
    pub(crate) fn pause(&self, attempt: u32, event_id: &str) -> Duration {
        let pause = self.declared(attempt);
        let drawn = id::spread(event_id.as_bytes()).wrapping_add(attempt.into()) % 256;
        pause.saturating_add((pause / 5 / 255).saturating_mul(drawn as u32))
    }

    /// No pause is longer, its jitter included.
    pub(crate) fn longest_pause(&self) -> Duration {
        let declared = self.longest.max(self.first);
        declared.saturating_add(declared / 5)
    }

    /// For how long what is recorded of an event is kept.
    pub(crate) fn remembered(&self) -> Duration {
        RETENTION.saturating_add(self.longest_pause())
    }

    fn declared(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest.max(self.first))
    }

    /// The sum of all pauses, as declared.
    pub(crate) fn longest_retry(&self) -> Duration {
        (1..self.max_attempts.min(10_000))
            .fold(Duration::ZERO, |sum, attempt| sum.saturating_add(self.declared(attempt)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(backoff_ms: (u64, u64)) -> Policy {
        Policy::new(&Options { backoff_ms: Some(backoff_ms), ..Options::DEFAULT }, &Settings::default())
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_never_shorter_than_declared() {
        let policy = policy((1_000, 5_000));
        for (attempt, declared) in [(1, 1), (2, 2), (3, 4), (4, 5), (40, 5)] {
            for event in ["a", "b", "c", "d"] {
                let pause = policy.pause(attempt, event);
                let declared = Duration::from_secs(declared);
                assert!(pause >= declared && pause <= declared * 6 / 5, "attempt {attempt}: {pause:?}");
            }
        }
        assert_ne!(policy.pause(1, "a"), policy.pause(1, "b"), "there is jitter");
        assert_eq!(policy.longest_retry(), Duration::from_secs(1 + 2 + 4 + 5));
    }
}
