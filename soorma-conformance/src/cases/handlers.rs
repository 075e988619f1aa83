//! The handlers of the suite: what an attribute can say, with a body that the case gives as a [`Script`].
//!
//! Those without a name are one subscription, whichever of them a process has.
//!
//! [`Script`]: crate::script::Script

use soorma::prelude::*;

use crate::script::{Call, Happened, Noted};

#[on_event(topic = BusinessFacts, event_type = "conformance.happened")]
pub(crate) async fn plain(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", retry(max = 3, backoff = "300ms..600ms"))]
pub(crate) async fn tried_thrice(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", retry(max = 2, backoff = "2s..2s"))]
pub(crate) async fn tried_twice(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", retry(max = 2, backoff = "1h..1h"))]
pub(crate) async fn tried_again_much_later(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", concurrency = 4, retry(max = 1))]
pub(crate) async fn tried_once(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", retry(max = 2, backoff = "100ms..100ms"))]
pub(crate) async fn typed(thing: Event<Happened>, call: Call) -> anyhow::Result<()> {
    drop(thing);
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", ordered, retry(max = 5, backoff = "200ms..200ms"))]
pub(crate) async fn ordered(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", broadcast)]
pub(crate) async fn broadcast(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened")]
pub(crate) async fn noting(call: Call) -> anyhow::Result<Noted> {
    let (number, note) = (call.number(), String::new());
    call.run().await?;
    Ok(Noted { number, note })
}

#[on_event(topic = BusinessFacts, event_type = "conformance.noted")]
pub(crate) async fn noted(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = ">")]
pub(crate) async fn any_fact(call: Call) -> anyhow::Result<()> {
    call.run().await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", name = "second")]
pub(crate) async fn second(call: Call) -> anyhow::Result<()> {
    call.run_as("second").await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", name = "old")]
pub(crate) async fn before_renaming(call: Call) -> anyhow::Result<()> {
    call.run_as("old").await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", name = "new", was = "old")]
pub(crate) async fn after_renaming(call: Call) -> anyhow::Result<()> {
    call.run_as("new").await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened", name = "start", from = "start")]
pub(crate) async fn facts_from_start(call: Call) -> anyhow::Result<()> {
    call.run_as("facts from start").await
}

#[on_event(topic = BusinessFacts, event_type = "conformance.happened")]
pub(crate) async fn facts(call: Call) -> anyhow::Result<()> {
    call.run_as("facts").await
}

#[on_event(topic = ActionRequests, event_type = "conformance.asked")]
pub(crate) async fn requests(call: Call) -> anyhow::Result<()> {
    call.run_as("requests").await
}

#[on_event(topic = ActionRequests, event_type = "conformance.asked", name = "now", from = "now")]
pub(crate) async fn requests_from_now(call: Call) -> anyhow::Result<()> {
    call.run_as("requests from now").await
}

#[on_event(topic = ActionResults, event_type = "conformance.answered")]
pub(crate) async fn results(call: Call) -> anyhow::Result<()> {
    call.run_as("results").await
}
