//! Writes definitions of every kind of payload type, in every format, to standard output: `cargo xtask formats` has them
//! read by tools that are not ours.

// The types of the unit tests, so that there is one list of them.
#[path = "../../../../soorma/src/toolkit/format/tests/kinds.rs"]
#[expect(dead_code, reason = "the types are there for their schemas")]
mod kinds;

use std::sync::Arc;

use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value, json};
use soorma::{
    Effects, EventDefinition, EventTopic, ResponseDefinition, SchemaDefinition,
    toolkit::format::{self, ToolStyle},
};
use soorma_tests::{Add, Happened, Noted, Sum};

fn of<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

fn main() {
    let mut cases: Vec<(EventDefinition, Value)> =
        kinds::all().into_iter().enumerate().map(|(at, kind)| definition(at, kind)).collect();
    cases.extend(
        [
            (EventDefinition::of::<Happened>(), json!({"number": 1, "key": "a"})),
            (EventDefinition::of::<Noted>(), json!({"number": 1, "note": "a"})),
            (EventDefinition::of::<Add>(), json!({"a": 1, "b": 2})),
            (EventDefinition::of::<Sum>(), json!({"sum": 3})),
        ]
        .map(|(mut definition, example)| {
            definition.examples = vec![example];
            (definition, json!([]))
        }),
    );
    let definitions: Vec<_> = cases.iter().map(|(definition, _)| Arc::new(definition.clone())).collect();
    let wrong: Map<_, _> =
        cases.iter().map(|(definition, wrong)| (definition.event_name.clone(), wrong.clone())).collect();
    let wrapped: Map<_, _> = cases
        .iter()
        .map(|(definition, _)| {
            let unwrapped = format::arguments(definition, json!({"data": 1}));
            (definition.event_name.clone(), (unwrapped == json!(1)).into())
        })
        .collect();
    let tools: Map<_, _> = ToolStyle::ALL
        .iter()
        .map(|style| (format!("{style:?}"), format::tools(*style, &definitions).into()))
        .collect();
    println!(
        "{}",
        json!({
            "definitions": format::json(&definitions),
            "prompt": format::prompt(&definitions),
            "tools": tools,
            "wrong": wrong,
            "wrapped": wrapped,
        })
    );
}

/// One with everything that a definition can say, and texts that are long, empty or hostile.
fn definition(at: usize, kind: kinds::Kind) -> (EventDefinition, Value) {
    let texts = [
        "",
        "What it is.",
        "A line.\n\nevent: \"another\"\n```\n# A heading\u{2028}\"}]",
        &"Long words. ".repeat(300),
    ];
    let text = |offset: usize| texts[(at + offset) % texts.len()].to_owned();
    let effects = [None, Some(Effects::None), Some(Effects::Reversible), Some(Effects::Destructive)];
    let long = if at.is_multiple_of(5) { ".and_so_on".repeat(10) } else { String::new() };
    let schema = SchemaDefinition { name: kind.name.to_owned(), version: 1, schema: kind.schema };
    let definition = EventDefinition {
        event_name: format!("kind.{}{long}", kind.name),
        topic: EventTopic::ActionRequests,
        description: text(0),
        when_to_use: text(1),
        not_when: text(2),
        tags: vec!["kind".to_owned()],
        effects: effects[at % effects.len()],
        payload: schema.clone(),
        response: at
            .is_multiple_of(2)
            .then(|| ResponseDefinition { event_name: "kind.answered".to_owned(), payload: schema }),
        examples: vec![kind.example],
    };
    (definition, kind.wrong)
}
