//! The handlers that the messages name. Their lines stand in the expected texts: add new ones at the end.

use std::sync::atomic::AtomicU32;

use soorma::prelude::*;
use soorma_tests::{Add, Happened, Sum};

#[on_event]
pub(crate) async fn one(_thing: Event<Happened>) {}

#[on_event]
pub(crate) async fn two(_thing: Event<Happened>) {}

#[on_event(name = "same")]
#[on_event(name = "same", timeout = "1s")]
pub(crate) async fn twice(_thing: Event<Happened>) {}

#[on_event]
pub(crate) async fn needs(_thing: Event<Happened>, _count: State<AtomicU32>) {}

#[on_startup]
pub(crate) async fn hook_needs(_count: State<AtomicU32>) {}

#[on_task(name = "a")]
pub(crate) async fn task_one(task: Task<Add>) -> Sum {
    Sum { sum: task.a }
}

#[on_event(topic = ActionRequests, name = "b")]
pub(crate) async fn between(_request: Event<Add>) {}

#[on_task(name = "c")]
pub(crate) async fn task_two(task: Task<Add>) -> Sum {
    Sum { sum: task.b }
}

#[on_event(name = "new", was = "old")]
pub(crate) async fn renamed(_thing: Event<Happened>) {}

#[on_event(name = "old")]
pub(crate) async fn still_there(_thing: Event<Happened>) {}

#[on_startup]
pub(crate) async fn fails() -> anyhow::Result<()> {
    Err(anyhow::anyhow!("no licence").context("the licence server was asked"))
}
