//! Each error at start-up, with its exact text: what is wrong, where, and what to write instead.

#![allow(clippy::unwrap_used)]

mod handlers;
mod schemas;

use std::error::Error;

use handlers::{
    between, fails, hook_needs, needs, one, renamed, still_there, task_one, task_two, twice, two,
};
use schemas::{billing, copy, shop};
use soorma::{Handlers, StartError, TableError, handlers, prelude::*, testing::TestApp};

/// The text of what is wrong with the handlers. `describe` tells the same.
async fn refused(app: AppBuilder) -> String {
    let described = app.describe().unwrap_err();
    match TestApp::start(app).await {
        Err(StartError::Table(error)) => {
            assert_eq!(error, described);
            error.to_string()
        }
        other => panic!("{other:?}"),
    }
}

fn app(handlers: Handlers) -> AppBuilder {
    App::builder("a").handlers(handlers)
}

#[tokio::test]
async fn an_empty_list_says_what_may_be_in_it() {
    assert_eq!(
        refused(app(handlers![]).agents(["b"])).await,
        "no handlers given: the list is empty. Name them in it: `handlers![my_handler]`; \
         without `.handlers(..)` an app has every handler that is linked"
    );
}

#[tokio::test]
async fn an_unknown_agent_is_answered_with_those_that_there_are() {
    assert_eq!(
        refused(app(handlers![one, billing::opened]).agents(["bills", "a"])).await,
        "no agent `bills`; the agents are `a`, `billing`"
    );
}

#[tokio::test]
async fn an_agent_has_a_name_that_others_can_write() {
    assert_eq!(
        refused(App::builder("My Agent").handlers(handlers![one, task_one])).await,
        "invalid agent name `My Agent`: only `a` to `z`, `0` to `9`, `_` and `-` are allowed (at byte 0)"
    );
}

#[tokio::test]
async fn two_handlers_of_one_event_are_named_and_which_of_them_to_name() {
    assert_eq!(
        refused(app(handlers![two, one])).await,
        "agent `a` has two handlers for `thing.happened` on business-facts: \
         `start_errors::handlers::one` (tests/tests/start_errors/handlers.rs:9) and \
         `start_errors::handlers::two` (tests/tests/start_errors/handlers.rs:12); \
         give `two` a name of its own, for example `name = \"two\"`, \
         or `one` if that is the newer one: who keeps its name keeps its position"
    );
    assert_eq!(
        refused(app(handlers![twice])).await,
        "agent `a` has two handlers called `same` for `thing.happened` on business-facts: \
         `start_errors::handlers::twice` (tests/tests/start_errors/handlers.rs:16) and \
         `start_errors::handlers::twice` (tests/tests/start_errors/handlers.rs:16); \
         give one of them another `name = \"..\"`"
    );
}

#[tokio::test]
async fn two_tasks_for_one_request_would_both_answer() {
    assert_eq!(
        refused(app(handlers![task_one, between, task_two])).await,
        "agent `a` has two tasks for `sum.requested`, which would both answer: \
         `start_errors::handlers::task_one` (tests/tests/start_errors/handlers.rs:25) and \
         `start_errors::handlers::task_two` (tests/tests/start_errors/handlers.rs:33); keep one of them"
    );
}

#[tokio::test]
async fn a_position_that_two_claim_is_refused() {
    assert_eq!(
        refused(app(handlers![renamed, still_there])).await,
        "`start_errors::handlers::renamed` (tests/tests/start_errors/handlers.rs:38) takes over the position of \
         `a/business-facts/thing.happened#old`, to which \
         `start_errors::handlers::still_there` (tests/tests/start_errors/handlers.rs:41) lays claim as well"
    );
}

#[tokio::test]
async fn missing_state_is_named_with_every_argument_that_needs_it() {
    assert_eq!(
        refused(app(handlers![needs, hook_needs])).await,
        "`start_errors::handlers::needs` (tests/tests/start_errors/handlers.rs:19): argument `State<AtomicU32>`: \
         no state of type `core::sync::atomic::AtomicU32` was given; add `.state(..)` to the app\n\
         `start_errors::handlers::hook_needs` (tests/tests/start_errors/handlers.rs:22): argument \
         `State<AtomicU32>`: no state of type `core::sync::atomic::AtomicU32` was given; \
         add `.state(..)` to the app"
    );
}

const CONFLICT: &str = "two types claim `ticket.opened` on business-facts with different schemas, \
     `start_errors::schemas::shop::TicketOpened` (tests/tests/start_errors/schemas.rs:8) and \
     `start_errors::schemas::billing::Opened` (tests/tests/start_errors/schemas.rs:22): \
     `priority` is an integer in the one and a string in the other; \
     use one type, or give one of them another event type";

#[tokio::test]
async fn two_types_that_claim_one_event_are_compared() {
    assert_eq!(refused(app(handlers![shop::opened, billing::opened])).await, CONFLICT);
    assert_eq!(refused(app(handlers![shop::opened, billing::publishes])).await, CONFLICT, "declared");
    // One that is the same on the wire is no conflict.
    app(handlers![shop::opened, copy::opened]).describe().unwrap();
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let told = refused(app(handlers![one, two, task_one, task_two, shop::opened, billing::opened])).await;
    assert_eq!(told.lines().count(), 3, "{told}");
}

#[tokio::test]
async fn types_that_no_handler_names_are_compared_too() {
    // Every handler and payload of this test program, which holds all the mistakes above.
    let told: TableError = App::builder("a").describe().unwrap_err();
    assert!(told.to_string().lines().any(|line| line == CONFLICT), "{told}");
}

#[tokio::test]
async fn an_unknown_broker_or_store_is_answered_with_those_that_there_are() {
    let start = async |app: AppBuilder| app.start().await.unwrap_err().to_string();
    // Which there are goes by the features of `soorma`, which others in this workspace may turn on.
    let known = [
        "`memory:`, `sqlite:` and `nats:`",
        "`memory:` and `sqlite:`; `nats:` is there with the feature `nats` of the crate `soorma`",
        "`memory:` and `nats:`; `sqlite:` is there with the feature `sqlite` of the crate `soorma`",
        "`memory:`; `sqlite:` and `nats:` are there with the features `sqlite` and `nats` of the crate `soorma`",
    ];
    let told = start(app(handlers![one]).broker_url("kafka:x")).await;
    assert!(known.iter().any(|known| told == format!("no broker for `kafka:x`; there is {known}")), "{told}");
    let told = start(app(handlers![one]).store_url("redis:x")).await;
    assert!(known.iter().any(|known| told == format!("no store for `redis:x`; there is {known}")), "{told}");
    assert_eq!(
        start(app(handlers![one]).broker_url("memory:?capacity=none")).await,
        "broker URL `memory:?capacity=none`: `capacity` must be a number from 1 on"
    );
}

#[tokio::test]
async fn a_failing_hook_is_named_with_its_error() {
    let error = TestApp::start(app(handlers![one, fails])).await.unwrap_err();
    assert_eq!(error.to_string(), "start-up hook `start_errors::handlers::fails` failed");
    let cause = error.source().unwrap();
    assert_eq!(cause.to_string(), "the licence server was asked");
    assert_eq!(cause.source().unwrap().to_string(), "no licence");
}
