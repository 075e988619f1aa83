//! The actions that an answer may name: as they are shown to a model, and as they are read.
//!
//! Names of actions and fields are those of the Python project that this one follows, without its wrapper: the answer is the
//! action. A topic is not among the fields, and the reason is called `reasoning` everywhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{decision::PlannerAction, form::Form, inquiry::reason};
use crate::toolkit::{Offer, ValidatedPayload};

const HOUR: u64 = 3600;
const LONGEST: u64 = 30 * 24 * HOUR;

/// What may be decided: fixed before the model is asked.
pub(super) struct Allowed<'a> {
    pub(super) offer: &'a Offer,
    /// The events that may be waited for.
    pub(super) waits: &'a BTreeSet<String>,
    /// The agents that may be delegated to, and the offered events that each takes.
    pub(super) delegates: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Answer {
    Publish {
        event_type: String,
        #[serde(default)]
        data: Value,
        reasoning: String,
    },
    Complete {
        result: Map<String, Value>,
        reasoning: String,
    },
    Wait {
        expected_event: String,
        timeout_seconds: Option<u64>,
        reasoning: String,
    },
    Delegate {
        target_planner: String,
        goal_event: String,
        #[serde(default)]
        goal_data: Value,
        reasoning: String,
    },
}

impl Allowed<'_> {
    /// What the model is told to do: only actions that it may choose.
    pub(super) fn task(&self) -> String {
        let mut task = "\
You decide what an agent does next towards its goal.

Answer with one JSON object and nothing else, of one of these forms, where \"reasoning\" says why, in one or two sentences:
{\"action\": \"publish\", \"event_type\": <the name of one of the offered events>, \"data\": <its data, as its schema says>, \
\"reasoning\": <text>}
{\"action\": \"complete\", \"result\": <an object: what has come of the goal>, \"reasoning\": <text>}"
            .to_owned();
        if !self.waits.is_empty() {
            task += &format!(
                "\n{{\"action\": \"wait\", \"expected_event\": <one of the events to wait for>, \"timeout_seconds\": <1 to {LONGEST}; \
                 {HOUR} where left out>, \"reasoning\": <text>}}"
            );
        }
        if !self.delegates.is_empty() {
            task += "\n{\"action\": \"delegate\", \"target_planner\": <one of the agents to delegate to>, \"goal_event\": <one \
                     of the events that it takes>, \"goal_data\": <the data of that event, as its schema says>, \
                     \"reasoning\": <text>}";
        }
        task
    }

    /// What the model is given beside the offered events.
    pub(super) fn data(&self) -> Vec<(&'static str, String)> {
        let mut data = Vec::new();
        if !self.waits.is_empty() {
            data.push(("Events to wait for", json!(self.waits).to_string()));
        }
        if !self.delegates.is_empty() {
            data.push((
                "Agents to delegate to, and the events that each takes",
                json!(self.delegates).to_string(),
            ));
        }
        data
    }

    /// The shape of the answers that are allowed.
    pub(super) fn form(&self) -> Form {
        let text = json!({ "type": "string" });
        let form = |action: &str, fields: Value, required: &[&str]| {
            let mut properties = json!({ "action": { "const": action }, "reasoning": text });
            if let (Some(properties), Value::Object(fields)) = (properties.as_object_mut(), fields) {
                properties.extend(fields);
            }
            let required: Vec<_> = ["action", "reasoning"].iter().chain(required).collect();
            json!({ "type": "object", "properties": properties, "required": required })
        };
        let mut forms = vec![
            form("publish", json!({ "event_type": text, "data": {} }), &["event_type"]),
            form(
                "complete",
                json!({ "result": { "type": "object", "additionalProperties": true } }),
                &["result"],
            ),
        ];
        if !self.waits.is_empty() {
            let timeout = json!({ "type": ["integer", "null"], "minimum": 1, "maximum": LONGEST });
            let names: Vec<_> = self.waits.iter().collect();
            let fields = json!({ "expected_event": { "enum": names }, "timeout_seconds": timeout });
            forms.push(form("wait", fields, &["expected_event"]));
        }
        if !self.delegates.is_empty() {
            let names: Vec<_> = self.delegates.keys().collect();
            let fields = json!({ "target_planner": { "enum": names }, "goal_event": text, "goal_data": {} });
            forms.push(form("delegate", fields, &["target_planner", "goal_event"]));
        }
        Form::new(&json!({ "oneOf": forms }))
    }

    /// What an answer of that shape says, if it may be taken.
    pub(super) fn read(&self, form: &Form, answer: &Value) -> Result<(PlannerAction, String), String> {
        form.check(answer)?;
        let answer = Answer::deserialize(answer).map_err(|error| format!("the answer: {error}"))?;
        Ok(match answer {
            Answer::Publish { event_type, data, reasoning } => {
                (PlannerAction::Publish { payload: self.payload(&event_type, data)? }, reason(&reasoning))
            }
            Answer::Complete { result, reasoning } => {
                (PlannerAction::Complete { result }, reason(&reasoning))
            }
            Answer::Wait { expected_event, timeout_seconds, reasoning } => {
                let timeout = Duration::from_secs(timeout_seconds.unwrap_or(HOUR));
                (PlannerAction::Wait { expected_event, timeout }, reason(&reasoning))
            }
            Answer::Delegate { target_planner: agent, goal_event, goal_data, reasoning } => {
                let payload = self.payload(&goal_event, goal_data)?;
                if !self.delegates.get(&agent).is_some_and(|takes| takes.contains(&goal_event)) {
                    return Err(format!("the agent `{agent}` does not take `{goal_event}`"));
                }
                (PlannerAction::Delegate { agent, payload }, reason(&reasoning))
            }
        })
    }

    fn payload(&self, event_type: &str, data: Value) -> Result<ValidatedPayload, String> {
        self.offer.validate(event_type, data).map_err(|error| error.to_string())
    }
}
