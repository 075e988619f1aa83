//! How questions and answers lie in messages that are written by hand: as they are, or in the envelope of soorma, of which
//! every attribute is written and read. The ids that match them are headers in either form.

use std::time::Duration;

use soorma::{
    Address, EventDraft, EventEnvelope, EventPayload, Timestamp,
    lineage::{self, Expectation},
};

use super::contract::{Answer, Question};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Bare,
    Envelope,
}

impl Form {
    /// Of the streams and subjects.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Envelope => "envelope",
        }
    }

    pub(super) fn question(
        self,
        question: &Question,
        asker: &str,
        within: Duration,
    ) -> anyhow::Result<Vec<u8>> {
        if self == Self::Bare {
            return Ok(serde_json::to_vec(question)?);
        }
        let now = Timestamp::now();
        let declared = Answer::CONTRACT;
        let expectation = Expectation {
            event: declared.event_type.to_owned(),
            topic: declared.topic,
            to: Address::Inbox(asker.to_owned()),
            expires_at: Some(now.after(within)),
            schema_name: Some(declared.type_name.to_owned()),
        };
        let event = EventEnvelope::root("asker", EventDraft::of(question)?, now);
        Ok(serde_json::to_vec(&lineage::request(event, expectation))?)
    }

    /// Reads a question, and answers it.
    pub(super) fn answer(self, request: &[u8]) -> anyhow::Result<Vec<u8>> {
        let answer = |question: Question| {
            question.order.check()?;
            anyhow::Ok(Answer { order: question.order })
        };
        if self == Self::Bare {
            return Ok(serde_json::to_vec(&answer(serde_json::from_slice(request)?)?)?);
        }
        let request: EventEnvelope = serde_json::from_slice(request)?;
        let draft = EventDraft::of(&answer(request.data_as()?)?)?;
        Ok(serde_json::to_vec(&lineage::create_response(&request, "clerk", draft))?)
    }

    pub(super) fn read(self, answer: &[u8]) -> anyhow::Result<Answer> {
        match self {
            Self::Bare => Ok(serde_json::from_slice(answer)?),
            Self::Envelope => Ok(serde_json::from_slice::<EventEnvelope>(answer)?.data_as()?),
        }
    }
}
