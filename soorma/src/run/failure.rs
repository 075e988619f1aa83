//! A handler's failure, as it is recorded: its errors as text, and what is to follow.

use std::error::Error;

use crate::{
    broker::{DeadLetterReason, PublishError},
    error::{BusError, DecodeError, MissingEvent, Reject},
    store::StoreError,
    task::TaskError,
};

/// A handler's failure.
pub(super) struct Failure {
    pub(super) verdict: Verdict,
    /// The error and its causes, outermost first.
    pub(super) errors: Vec<String>,
}

/// What is to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Another attempt, unless this was the last one.
    Again,
    /// Another run, however often: the topic had no room, or a journal was out of reach, and that is no fault of the handler.
    NoFault,
    /// Nothing: no further attempt will help.
    Never(DeadLetterReason),
}

impl Failure {
    pub(super) fn of(error: &anyhow::Error) -> Self {
        let verdict = if is::<Reject>(error)
            || is::<MissingEvent>(error)
            || find::<TaskError>(error).is_some_and(TaskError::is_for_good)
        {
            Verdict::Never(DeadLetterReason::Rejected)
        } else if is::<DecodeError>(error) {
            Verdict::Never(DeadLetterReason::Undecodable)
        } else if find::<BusError>(error).is_some_and(|error| matches!(error, BusError::TooDeep { .. })) {
            Verdict::Never(DeadLetterReason::TooDeep)
        } else if find::<PublishError>(error).is_some_and(|error| matches!(error, PublishError::Full { .. }))
            || find::<TaskError>(error)
                .is_some_and(|error| matches!(error, TaskError::Journal(StoreError::Unavailable(_))))
        {
            Verdict::NoFault
        } else {
            Verdict::Again
        };
        Self { verdict, errors: error.chain().map(ToString::to_string).collect() }
    }

    /// The same, with nothing more to be tried.
    pub(super) fn for_good(self, reason: DeadLetterReason) -> Self {
        Self { verdict: Verdict::Never(reason), ..self }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::of(&TaskError::from(error).into())
    }
}

impl From<String> for Failure {
    fn from(error: String) -> Self {
        Self { verdict: Verdict::Again, errors: vec![error] }
    }
}

fn is<E: Error + Send + Sync + 'static>(error: &anyhow::Error) -> bool {
    find::<E>(error).is_some()
}

/// Anywhere in the chain: as an error, as a cause, or as the context of one.
fn find<E: Error + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&E> {
    error.downcast_ref().or_else(|| error.chain().find_map(|cause| cause.downcast_ref()))
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn a_rejection_is_found_as_an_error_as_a_cause_and_as_a_context() {
        let as_error = anyhow::Error::new(Reject::new("never"));
        let as_cause = anyhow::Error::new(Reject::new("never")).context("while looking");
        let as_context =
            Err::<(), _>(anyhow!("low")).context(Reject::new("never")).unwrap_err().context("high");
        for error in [as_error, as_cause, as_context] {
            assert_eq!(Failure::of(&error).verdict, Verdict::Never(DeadLetterReason::Rejected), "{error:#}");
        }
        assert_eq!(Failure::of(&anyhow!("again")).verdict, Verdict::Again);
    }
}
