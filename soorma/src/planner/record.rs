//! What is kept of a decision: every call of the model, and what came of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use soorma_common::{Timestamp, id};

use crate::{
    EventToolkit,
    store::{Key, Records},
};

/// How much is kept of an answer, in bytes.
const KEPT: usize = 8 * 1024;

/// What is kept of one decision, below `["decisions", agent, id]` in the store.
///
/// The answers of the model are in it, with whatever they say: a field that is sensitive in an event is in its record
/// too. The situation is not, only a hash of the whole prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The name that the caller gave.
    pub name: String,
    /// Every call of the model that counts, oldest first.
    pub calls: Vec<ModelCall>,
    /// What was decided; `None` as long as no answer was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// One call of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCall {
    /// Tells apart the calls of all decisions.
    pub id: String,
    /// [`Model::name`](super::Model::name).
    pub model: String,
    /// [`Prompt::hash`](super::Prompt::hash).
    pub prompt_hash: String,
    /// [`Offer::hash`](crate::toolkit::Offer::hash).
    pub catalogue_hash: String,
    /// When it began: written before the model is called.
    pub started_at: Timestamp,
    /// When it ended; `None` for one that runs, or whose process died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<RawAnswer>,
    /// What was wrong with it, in the words that the model is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violations: Option<String>,
    /// Why nothing came: the text of what the [`ModelError`](super::ModelError) holds, without its causes, cut to 8 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawAnswer {
    /// The text, cut to 8 KiB.
    pub text: String,
    /// How long it was, in bytes.
    pub bytes: usize,
    /// A hash of the whole: 32 hex digits.
    pub hash: String,
}

/// An answer that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The id of the call that gave it.
    pub call: String,
    /// The answer, whole.
    pub answer: Value,
    /// When it was taken.
    pub at: Timestamp,
}

impl DecisionRecord {
    /// The records of the toolkit's agent, by the id of the decision: to read them, or to delete one so that the model
    /// is asked anew.
    #[must_use]
    pub fn of(toolkit: &EventToolkit) -> Records<Self> {
        let bus = toolkit.bus();
        Records::new(bus.services().store.clone(), Key::from(["decisions", bus.agent()]))
    }
}

impl RawAnswer {
    pub(super) fn of(answer: &str) -> Self {
        let mut end = answer.len().min(KEPT);
        while !answer.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            text: answer[..end].to_owned(),
            bytes: answer.len(),
            hash: id::derived(&[answer.as_bytes()]).simple().to_string(),
        }
    }
}
