//! A worker: runs handlers, one after the other.

use std::pin::pin;

use super::{attempt::Attempt, dispatcher::Work};
use crate::guard::caught;

/// Handles what is drawn until there is no more of it.
pub(super) async fn run(work: &Work) {
    while let Some(drawn) = work.prefetch.pop().await {
        let attempt = pin!(Attempt::new(work, drawn).run());
        if let Err(error) = caught(attempt).await {
            let subscription = &work.handler.spec.id;
            tracing::error!(%subscription, %error, "outside the handler; the event will come again");
        }
    }
}
