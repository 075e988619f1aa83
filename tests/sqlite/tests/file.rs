//! What a person finds in the file: the views, and every query of their page.

#![allow(clippy::unwrap_used)]

use std::{collections::HashMap, time::Duration};

use rusqlite::Connection;
use soorma::{
    Address, Clock, EventDraft, EventEnvelope, EventPattern,
    EventTopic::{self, ActionResults, BusinessFacts},
    Timestamp,
    broker::{
        Admission, Broker, DeadLetter, DeadLetterReason, Delivery, Drifted, Hears, Kind, Publication, Start,
        SubscriptionId, SubscriptionSpec,
    },
};
use soorma_sqlite_tests::Place;

const PAGE: &str = include_str!("../../../soorma/src/sqlite/file.md");

fn spec(agent: &str, topic: EventTopic, pattern: &str, hears: Hears) -> SubscriptionSpec {
    SubscriptionSpec {
        id: SubscriptionId { agent: agent.into(), topic, pattern: pattern.into(), name: String::new() },
        patterns: vec![pattern.parse().unwrap()],
        hears,
        kind: Kind::Group { start: Start::Beginning, ordered: false, was: None },
        lease: Duration::from_secs(30),
    }
}

fn event(topic: EventTopic, event_type: &str, order: &str) -> EventEnvelope {
    let data = serde_json::json!({ "order_id": order });
    let draft = EventDraft::new(topic, event_type.to_owned(), &data).unwrap();
    EventEnvelope::root("shop", draft, Timestamp::now())
}

async fn publish(broker: &dyn Broker, event: EventEnvelope, to: Address, delay: Duration) {
    let publication = Publication { event: event.into(), to, admission: Admission::Always, delay };
    broker.publish(vec![publication]).await.remove(0).unwrap();
}

fn letter(of: &SubscriptionSpec, delivery: &Delivery) -> DeadLetter {
    DeadLetter {
        subscription: of.id.clone(),
        sequence: delivery.sequence,
        body: soorma::broker::Body::Event(delivery.event.clone()),
        reason: DeadLetterReason::Rejected,
        first_errors: vec!["no stock".into()],
        errors: vec!["no stock".into(), "0 < 1".into()],
        handler: "orders::reserve".into(),
        attempts: 1,
        first_failure: Timestamp::now(),
        last_failure: Timestamp::now(),
    }
}

/// A file with something in every view.
async fn filled(file: &Place) -> std::sync::Arc<dyn Broker> {
    let broker = soorma::connect::broker(&file.url(), &Clock::system()).await.unwrap();
    let everyone = || Address::Everyone;
    let root = event(BusinessFacts, "order.placed", "o-1");
    let mut child = event(BusinessFacts, "order.shipped", "o-1");
    child.trace_id.clone_from(&root.trace_id);
    child.parent_event_id = Some(root.id.clone());
    let now = Duration::ZERO;
    publish(&*broker, event(BusinessFacts, "order.placed", "o-0"), everyone(), now).await;
    publish(&*broker, root, everyone(), now).await;
    publish(&*broker, child, everyone(), now).await;
    publish(&*broker, event(BusinessFacts, "order.late", "o-2"), everyone(), Duration::from_secs(600)).await;
    let stock = spec("stock", BusinessFacts, "order.*", Hears::Everyone);
    let mut member = broker.subscribe(&stock).await.unwrap();
    let mut held = member.next(2).await.unwrap();
    let failed = held.remove(0);
    failed.receipt.dead_letter(letter(&stock, &failed)).await.unwrap();
    broker
}

fn rows(file: &Connection, query: &str) -> Vec<HashMap<String, rusqlite::types::Value>> {
    let mut statement = file.prepare(query).unwrap_or_else(|error| panic!("{error}: {query}"));
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let row = |row: &rusqlite::Row<'_>| {
        let value = |place: usize| row.get(place);
        names.iter().enumerate().map(|(place, name)| Ok((name.clone(), value(place)?))).collect()
    };
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn every_query_of_the_page_answers() {
    let file = Place::new("queries").unwrap();
    let _broker = filled(&file).await;
    let reader = Connection::open(file.file()).unwrap();
    let queries: Vec<&str> =
        PAGE.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(queries.len(), 6);
    for query in queries {
        assert!(!rows(&reader, query).is_empty(), "nothing came of {query}");
    }
    let tree = queries_last(PAGE);
    let events: Vec<String> = rows(&reader, tree)
        .into_iter()
        .map(|row| match &row["event"] {
            rusqlite::types::Value::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(events, [" order.placed", "   order.shipped"]);
}

fn queries_last(page: &str) -> &str {
    page.rsplit("```sql\n").next().unwrap().split("```").next().unwrap()
}

#[tokio::test]
async fn every_view_has_the_columns_that_the_page_names() {
    let file = Place::new("columns").unwrap();
    let _broker = filled(&file).await;
    let reader = Connection::open(file.file()).unwrap();
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let view = cells[1].trim_matches('`');
        let named = cells[3]
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| !["_", "waiting"].contains(name) || view == "subscriptions");
        let found = rows(&reader, &format!("SELECT * FROM {view}"));
        let first = found.first().unwrap_or_else(|| panic!("`{view}` is empty"));
        for name in named {
            assert!(first.contains_key(name), "`{view}` has no `{name}`, but {:?}", first.keys());
        }
    }
}

/// The views match patterns and addresses in SQL, and the broker in Rust.
#[tokio::test]
async fn the_views_say_what_the_broker_says_of_who_hears_what() {
    let file = Place::new("hearers").unwrap();
    let broker = soorma::connect::broker(&file.url(), &Clock::system()).await.unwrap();
    let patterns = ["a", "a.b", "a.*", "*.b", "a.*.c", "a.>", "a.*.c.>", ">", "*", "a.b.c.d"];
    let types = [
        "a",
        "a.b",
        "b",
        "a.b.c",
        "a.b.c.d",
        "a.b.x.c.d",
        "a.c.c",
        "A.b",
        "a..c",
        "a.",
        "we\"ird.b",
        "a.b'.c",
        "*.b",
    ];
    let mut specs = Vec::new();
    for (place, pattern) in patterns.iter().enumerate() {
        for hears in [Hears::Everyone, Hears::Group, Hears::All] {
            let mut one = spec(&format!("agent-{place}"), ActionResults, pattern, hears);
            one.id.name = format!("{hears:?}").to_lowercase();
            specs.push(one);
        }
    }
    broker.provision(&specs, Drifted::Keep).await.unwrap();
    let addresses = [
        Address::Everyone,
        Address::Group("agent-3".into()),
        Address::Subscription(specs[4].id.durable_name()),
        Address::Inbox("agent-3".into()),
    ];
    let mut published = Vec::new();
    for event_type in types {
        for to in &addresses {
            let mut event = event(ActionResults, "a", "o");
            event.event_type = event_type.to_owned().into();
            publish(&*broker, event.clone(), to.clone(), Duration::ZERO).await;
            published.push((event, to.clone()));
        }
    }
    let reader = Connection::open(file.file()).unwrap();
    for spec in &specs {
        let expected = published.iter().filter(|(event, to)| spec.takes(event, to)).count() as i64;
        let id = &spec.id;
        let counted: (i64, i64) = reader
            .query_row(
                "SELECT (SELECT waiting FROM subscriptions WHERE durable_name = ?1),
                        (SELECT count(*) FROM waiting WHERE agent = ?2 AND pattern = ?3 AND name = ?4)",
                (id.durable_name(), &id.agent, &id.pattern, &id.name),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!(counted, (expected, expected), "`{id}`");
        let backlog = broker.backlog(std::slice::from_ref(id)).await.unwrap();
        assert_eq!(backlog.total() as i64, expected, "`{id}`");
    }
    let everything: EventPattern = ">".parse().unwrap();
    assert!(everything.matches("a..c"));
}
