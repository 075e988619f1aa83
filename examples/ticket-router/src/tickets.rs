//! What a ticket is, and what becomes of it.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, ensure};
use serde_json::Value;
use soorma::prelude::*;

const EXPECTED: &str = r#"{"number": 1, "customer": "..", "text": ".."}"#;

/// The tickets that are used where no file is given.
pub(crate) const SAMPLE: &str = include_str!("../tickets.jsonl");

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ticket {
    pub(crate) number: u32,
    /// Who is logged in. It travels beside the payloads, in the envelopes, where no model writes.
    pub(crate) customer: String,
    pub(crate) text: String,
}

/// A customer wrote to us.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "ticket.opened")]
pub(crate) struct TicketOpened {
    pub(crate) number: u32,
    pub(crate) text: String,
}

/// A ticket has had its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "ticket.handled")]
pub(crate) struct TicketHandled {
    pub(crate) number: u32,
    pub(crate) outcome: Outcome,
    /// What was wrong with each answer of the model that was not taken.
    pub(crate) not_taken: Vec<String>,
}

/// What became of a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// An agent answered.
    Answered { chosen: Chosen, answer: Value },
    /// An agent gave up.
    Failed { chosen: Chosen, reason: String },
    /// The model chose none of the events, or there is none to choose from.
    NoneFits { reason: String },
    /// The model answered as often as it may, and nothing of it could be taken.
    Undecided { reason: String },
    /// The model could not be asked.
    NoAnswer { reason: String },
}

/// What the model chose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Chosen {
    pub(crate) event: String,
    pub(crate) data: Value,
}

/// The tickets of a file, or those of the sample.
pub(crate) fn read(file: Option<&str>) -> anyhow::Result<Vec<Ticket>> {
    let Some(file) = file else { return parse(SAMPLE) };
    let text =
        fs::read_to_string(Path::new(file)).with_context(|| format!("cannot read the tickets in {file}"))?;
    parse(&text).with_context(|| format!("the tickets in {file}"))
}

fn parse(text: &str) -> anyhow::Result<Vec<Ticket>> {
    let (mut tickets, mut numbers) = (Vec::new(), BTreeSet::new());
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    for (line, json) in lines {
        let ticket: Ticket = serde_json::from_str(json)
            .with_context(|| format!("line {line} is no ticket; expected {EXPECTED}"))?;
        ensure!(numbers.insert(ticket.number), "line {line}: there is a ticket {} before", ticket.number);
        tickets.push(ticket);
    }
    ensure!(!tickets.is_empty(), "there are no tickets");
    Ok(tickets)
}
