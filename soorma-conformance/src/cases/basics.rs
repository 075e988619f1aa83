//! C01 to C04, C42, C51: what is published arrives where it belongs, and as it was.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use soorma::{Address, EventEnvelope, EventTopic, handlers, prelude::*};

use super::{
    handlers::{any_fact, plain},
    support::letters,
};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{self, id_of_happened, publication, settled},
    journal::Journal,
    script::{Call, Happened, Script},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C01", "publish, subscribe", publish_subscribe),
    case!("C02", "topic isolation", topic_isolation),
    case!("C03", "routing by event type", routing),
    case!("C04", "many publishers, many members", many_to_many),
    case!("C42", "unicode, empty, long attributes", attributes),
    case!("C51", "two namespaces on one server", two_namespaces),
];

/// What handlers were given.
type Given = Arc<Mutex<Vec<Arc<EventEnvelope>>>>;

fn given(given: &Given) -> Vec<Arc<EventEnvelope>> {
    given.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn keep(who: &str, journal: &Journal, given: &Given) -> Script {
    let given = given.clone();
    Script::new(who, journal, move |call: Call| {
        given.lock().unwrap_or_else(PoisonError::into_inner).push(call.event);
        async { Ok(()) }
    })
}

/// An event with something in every field.
fn full(number: u32) -> anyhow::Result<EventEnvelope> {
    let text = |what: &str| Some(format!("{what}-{number}"));
    let mut event = contract::event("the-source", &Happened::keyed(number, "key"))?;
    // Byte by byte: neither the order of the members nor the spaces are the broker's.
    event.data =
        serde_json::value::RawValue::from_string(format!(r#"{{"z" : 1.50, "number":{number},"a":[ ]}}"#))?;
    event.subject = text("subject");
    event.partition_key = text("key");
    event.correlation_id = format!("correlation-{number}").into();
    event.origin_correlation_id = text("origin").map(Into::into);
    event.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736".into();
    event.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into());
    event.parent_event_id = text("parent").map(Into::into);
    event.response_event = text("response.event");
    event.response_topic = Some(EventTopic::PlanEvents);
    event.response_to = Some(Address::Group("asker".into()));
    event.expires_at =
        Some("2999-12-31T23:59:59.123456789Z".parse().or_else(|_| "2999-12-31T23:59:59Z".parse())?);
    event.response_schema_name = text("ResponseSchema");
    event.payload_schema_name = text("PayloadSchema").map(Into::into);
    event.tenant_id = text("tenant");
    event.user_id = text("user");
    event.session_id = text("session");
    event.goal_id = text("goal");
    event.plan_id = text("plan");
    event.depth = number;
    event.extensions.insert("vendor_thing".into(), serde_json::json!({"kept": [1, null, "two"]}));
    Ok(event)
}

async fn publish_subscribe(bed: Bed) -> anyhow::Result<()> {
    let (journal, heard) = (Journal::default(), Given::default());
    let process = bed.start("reader", handlers![plain], keep("reader", &journal, &heard)).await?;
    let publisher = bed.broker().await?;
    let events: Vec<_> = (0..100).map(full).collect::<anyhow::Result<_>>()?;
    for event in &events {
        contract::publish(&*publisher, publication(event.clone())).await??;
    }
    journal.reaches(100).await?;
    settled(process.broker(), &id_of_happened("reader")).await?;
    same(&events, &given(&heard))
}

/// Each event arrived once, and as it was.
fn same(sent: &[EventEnvelope], came: &[Arc<EventEnvelope>]) -> anyhow::Result<()> {
    ensure!(sent.len() == came.len(), "{} events were published, and {} arrived", sent.len(), came.len());
    for event in sent {
        let arrived = came.iter().find(|other| other.id == event.id).context("an event did not arrive")?;
        ensure!(arrived.data.get() == event.data.get(), "the data changed: {}", arrived.data);
        ensure!(**arrived == *event, "an attribute changed:\n{event:?}\n{arrived:?}");
    }
    Ok(())
}

macro_rules! every_topic {
    ($($handler:ident $topic:ident)*) => {
        $(
            #[on_event(topic = $topic, event_type = ">")]
            async fn $handler(call: Call) -> anyhow::Result<()> {
                call.run_as(EventTopic::$topic.as_str()).await
            }
        )*

        fn every_topic() -> soorma::Handlers {
            handlers![$($handler),*]
        }
    };
}

every_topic! {
    on_action_requests ActionRequests
    on_action_results ActionResults
    on_business_facts BusinessFacts
    on_system_events SystemEvents
    on_notification_events NotificationEvents
    on_plan_events PlanEvents
    on_task_events TaskEvents
    on_billing_events BillingEvents
}

async fn topic_isolation(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let process = bed.start("listener", every_topic(), Script::note("", &journal)).await?;
    let mut publishers = tokio::task::JoinSet::new();
    for (place, topic) in (0_u32..).zip(EventTopic::ALL) {
        let client = bed.client("publisher").await?;
        publishers.spawn(async move {
            for n in 0..20 {
                let data = serde_json::json!({"number": place * 100 + n});
                client.event(topic, "conformance.said").data(data).publish().await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = publishers.join_next().await {
        done??;
    }
    journal.reaches(160).await?;
    for (place, topic) in (0_u32..).zip(EventTopic::ALL) {
        settled(process.broker(), &contract::id("listener", topic, ">")).await?;
        let numbers = journal.numbers_of(topic.as_str());
        let expected: Vec<_> = (place * 100..place * 100 + 20).collect();
        ensure!(numbers == expected, "the handler of {topic} had {numbers:?}");
    }
    Ok(())
}

#[on_event(topic = BusinessFacts, event_type = "kind.a")]
async fn exact(call: Call) -> anyhow::Result<()> {
    call.run_as("exact").await
}

#[on_event(topic = BusinessFacts, event_type = "kind.*")]
async fn one_segment(call: Call) -> anyhow::Result<()> {
    call.run_as("one segment").await
}

#[on_event(topic = BusinessFacts, event_type = "kind.>", retry(max = 1))]
async fn all_below(call: Call) -> anyhow::Result<()> {
    call.run_as("all below").await?;
    // It settles on its own: its failure is nobody else's.
    Err(Reject::new("not my kind").into())
}

async fn routing(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let all = handlers![exact, one_segment, all_below];
    let process = bed.start("router", all, Script::note("", &journal)).await?;
    let client = bed.client("publisher").await?;
    for (number, kind) in (0_u32..).zip(["kind.a", "kind.b", "kind.b.c", "kind.b.c.d", "other.a"]) {
        let data = serde_json::json!({"number": number});
        client.event(BusinessFacts, kind).data(data).publish().await?;
    }
    for pattern in ["kind.a", "kind.*", "kind.>"] {
        settled(process.broker(), &contract::id("router", BusinessFacts, pattern)).await?;
    }
    for (who, expected) in [("exact", vec![0]), ("one segment", vec![0, 1]), ("all below", vec![0, 1, 2, 3])]
    {
        let numbers = journal.numbers_of(who);
        ensure!(numbers == expected, "`{who}` ran with {numbers:?}, and not with {expected:?}");
    }
    let letters = letters(process.broker(), "router").await?;
    ensure!(letters.len() == 4, "{} dead letters of one handler, and not 4", letters.len());
    ensure!(letters.iter().all(|letter| letter.subscription.pattern == "kind.>"), "another handler's letter");
    Ok(())
}

async fn many_to_many(bed: Bed) -> anyhow::Result<()> {
    let count = bed.size(1_000, 5_000);
    let journal = Journal::default();
    let mut members = Vec::new();
    for n in 0..10 {
        let script = Script::note(format!("member {n}"), &journal);
        members.push(bed.start("crowd", handlers![plain], script).await?);
    }
    let mut publishers = tokio::task::JoinSet::new();
    for n in 0..50 {
        let broker = bed.broker().await?;
        let numbers = n * (count / 50)..(n + 1) * (count / 50);
        publishers.spawn(async move { contract::publish_numbers(&*broker, numbers).await });
    }
    while let Some(done) = publishers.join_next().await {
        done??;
    }
    journal.covers(0..count).await?;
    settled(members[0].broker(), &id_of_happened("crowd")).await?;
    // Nobody died and no lease was lost, so there is nothing that would explain a second run.
    let twice = journal.counts().values().filter(|count| **count > 1).count();
    ensure!(twice == 0, "{twice} events were handled more than once");
    Ok(())
}

async fn attributes(bed: Bed) -> anyhow::Result<()> {
    let (journal, heard) = (Journal::default(), Given::default());
    let process = bed.start("reader", handlers![any_fact], keep("reader", &journal, &heard)).await?;
    let publisher = bed.broker().await?;
    let types = [
        "com.Example.Order/Bestellung #7 für Zoë 🦀".to_owned(),
        "dots..and.".to_owned(),
        "*.>".to_owned(),
        "%2e$\u{0301}".to_owned(),
        "x".repeat(255),
    ];
    let mut events = Vec::new();
    for (number, event_type) in (0..).zip(types) {
        let mut event = full(number)?;
        event.event_type = event_type.into();
        event.id = format!("идентификатор {number} / 🦀").into();
        event.source = "urn:source:Zürich?a=b&c".into();
        event.subject = Some("Zoë \"quoted\" \\ \u{2028} ".into());
        event.partition_key = Some("ключ.*.>".into());
        event.tenant_id = Some(String::new());
        event.user_id = Some(" ".into());
        event.session_id = Some("s".repeat(8_000));
        event.extensions.insert("länge".into(), serde_json::json!("ü".repeat(4_000)));
        events.push(event);
    }
    for event in &events {
        contract::publish(&*publisher, publication(event.clone())).await??;
    }
    journal.reaches(events.len()).await?;
    settled(process.broker(), &contract::id("reader", BusinessFacts, ">")).await?;
    // What is empty is absent once it has been on a wire.
    let present = |event: &EventEnvelope| {
        let tenant_id = event.tenant_id.clone().filter(|tenant| !tenant.is_empty());
        EventEnvelope { tenant_id, ..event.clone() }
    };
    let sent: Vec<_> = events.iter().map(present).collect();
    let came: Vec<_> = given(&heard).iter().map(|event| Arc::new(present(event))).collect();
    same(&sent, &came)?;
    let traces = given(&heard).iter().all(|event| {
        event.traceparent.as_deref() == Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    });
    ensure!(traces, "`traceparent` changed");
    Ok(())
}

async fn two_namespaces(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let other = bed.elsewhere(|_| ());
    let reject = |call: Call| async move {
        match call.who() {
            "here" => Err(Reject::new("into the letters of this one").into()),
            _ => Ok(()),
        }
    };
    let here = bed.start("agent", handlers![plain], Script::new("here", &journal, reject)).await?;
    let there = other.start("agent", handlers![plain], Script::new("there", &journal, reject)).await?;
    contract::publish_numbers(here.broker(), 0..10).await?;
    contract::publish_numbers(there.broker(), 100..110).await?;
    wait::until("both handle theirs", || journal.len() >= 20).await?;
    for process in [&here, &there] {
        settled(process.broker(), &id_of_happened("agent")).await?;
    }
    for (who, numbers) in [("here", 0..10), ("there", 100..110)] {
        let had = journal.numbers_of(who);
        ensure!(had == numbers.collect::<Vec<_>>(), "`{who}` had {had:?}");
    }
    ensure!(letters(here.broker(), "agent").await?.len() == 10, "its own dead letters");
    ensure!(letters(there.broker(), "agent").await?.is_empty(), "dead letters of another namespace");
    let durables = there.broker().durables().await?;
    ensure!(durables == [id_of_happened("agent")], "the durables of another namespace: {durables:?}");
    Ok(())
}
