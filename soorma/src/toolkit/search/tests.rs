//! What is found, and in which order.

use std::sync::Arc;

use serde_json::json;
use soorma_common::{EventDefinition, EventTopic, SchemaDefinition};

use super::Index;

fn definition(name: &str, description: &str) -> EventDefinition {
    let schema = json!({"type": "object", "properties": {"order_id": {"type": "string", "description": "The basket"}}});
    EventDefinition {
        event_name: name.to_owned(),
        topic: EventTopic::BusinessFacts,
        description: description.to_owned(),
        when_to_use: String::new(),
        not_when: String::new(),
        tags: Vec::new(),
        effects: None,
        payload: SchemaDefinition { name: "P".to_owned(), version: 1, schema },
        response: None,
        examples: Vec::new(),
    }
}

fn search(definitions: &[EventDefinition], text: &str) -> Vec<String> {
    let index = Index::new(definitions.iter().cloned().map(Arc::new));
    index.search(text, 10).iter().map(|found| found.event_name.clone()).collect()
}

#[test]
fn what_is_said_of_an_event_finds_it_and_what_it_is_not_for_does_not() {
    let mut refund = definition("payment.refund.requested", "Asks for money to be sent back.");
    refund.when_to_use = "The customer returned the goods.".to_owned();
    refund.not_when = "The parcel was lost.".to_owned();
    refund.tags = vec!["finance".to_owned()];
    refund.payload.schema["$defs"] =
        json!({"Bank": {"properties": {"ibanNumber": {"description": "Its account"}}}});
    let all = [refund, definition("parcel.sent", "A parcel is on its way.")];
    for word in ["refunds", "money", "goods", "FINANCE", "iban", "account", "return the good"] {
        assert_eq!(search(&all, word), ["payment.refund.requested"], "{word}");
    }
    assert_eq!(search(&all, "lost parcels"), ["parcel.sent"]);
    assert_eq!(search(&all, "baskets"), ["parcel.sent", "payment.refund.requested"], "by a field of both");
    for nothing in ["", "...", "unheard of"] {
        assert!(search(&all, nothing).is_empty(), "{nothing}");
    }
}

#[test]
fn the_best_comes_first_and_equals_by_name() {
    let all = [
        definition("b.same", "x"),
        definition("stock.reserved", "Stock was set aside."),
        definition("a.same", "x"),
        definition(
            "order.placed",
            "An order was placed. Stock is set aside later, by somebody else, for each of its lines.",
        ),
    ];
    assert_eq!(search(&all, "reserve stock"), ["stock.reserved", "order.placed"]);
    assert_eq!(search(&all, "same"), ["a.same", "b.same"]);
    let index = Index::new(all.iter().cloned().map(Arc::new));
    assert_eq!(index.search("same", 1).len(), 1);
    assert!(index.search("same", 0).is_empty() && Index::default().search("same", 1).is_empty());
}

#[test]
fn a_rare_word_counts_more_than_a_frequent_one() {
    let mut all: Vec<_> =
        (0..20).map(|at| definition(&format!("order.n{at}"), "An order changed.")).collect();
    all.push(definition("shipment.delayed", "A storm."));
    assert_eq!(search(&all, "order storm")[0], "shipment.delayed");
}
