//! A dead letter as a message: the bytes as they were found, and a header that says what became of them. Of what
//! somebody else stored, and is too large to be stored with that header, the beginning.

use std::{sync::Arc, time::Instant};

use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use soorma_common::{EventTopic, Timestamp};

use super::{
    publish::{ENVELOPE_ROOM, LETTER_ROOM},
    shared::Shared,
    subject::found,
};
use crate::{
    broker::{Body, BrokerError, DeadLetter, DeadLetterReason, SubscriptionId, Unreadable},
    nats::{Headers, Message, Read, StoreError},
};

const HEADER: &str = "Soorma-Dead-Letter";

/// What the header holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Note {
    agent: String,
    topic: EventTopic,
    pattern: String,
    name: String,
    sequence: u64,
    /// Where it was found.
    pub(super) subject: String,
    reason: DeadLetterReason,
    first_errors: Vec<String>,
    errors: Vec<String>,
    handler: String,
    attempts: u32,
    first_failure: Timestamp,
    last_failure: Timestamp,
}

impl Note {
    pub(super) fn of(letter: &DeadLetter, subject: &str) -> Self {
        let id = &letter.subscription;
        let mut note = Self {
            agent: id.agent.clone(),
            topic: id.topic,
            pattern: id.pattern.clone(),
            name: id.name.clone(),
            sequence: letter.sequence,
            subject: subject.to_owned(),
            reason: letter.reason,
            first_errors: letter.first_errors.clone(),
            errors: letter.errors.clone(),
            handler: letter.handler.clone(),
            attempts: letter.attempts,
            first_failure: letter.first_failure,
            last_failure: letter.last_failure,
        };
        note.shorten();
        note
    }

    /// Says that the whole is not there.
    fn cut(&mut self, whole: usize, kept: usize) {
        self.errors.push(format!(
            "of its {whole} bytes the first {kept} are kept here: it leaves no room for a letter"
        ));
    }

    /// Keeps the errors within the room that every event leaves: the outermost say most.
    fn shorten(&mut self) {
        for errors in [&mut self.first_errors, &mut self.errors] {
            let mut room = LETTER_ROOM / 32;
            for error in &mut *errors {
                let mut end = error.len().min(room);
                while !error.is_char_boundary(end) {
                    end -= 1;
                }
                error.truncate(end);
                room -= end;
            }
            errors.retain(|error| !error.is_empty());
        }
    }

    pub(super) fn subscription(&self) -> SubscriptionId {
        SubscriptionId {
            agent: self.agent.clone(),
            topic: self.topic,
            pattern: self.pattern.clone(),
            name: self.name.clone(),
        }
    }
}

/// Stores a letter; where it is there already, nothing is added.
pub(super) async fn store(
    shared: &Shared,
    letter: &DeadLetter,
    subject: &str,
    payload: &Bytes,
    deadline: Instant,
) -> Result<(), BrokerError> {
    shared.ensure_letters().await?;
    let mut note = Note::of(letter, subject);
    // What soorma publishes is no larger.
    let most = shared.largest_event() + ENVELOPE_ROOM;
    if payload.len() > most {
        note.cut(payload.len(), most);
    }
    let note = serde_json::to_string(&note).map_err(|error| BrokerError::Unavailable(error.into()))?;
    let mut headers = Headers::default();
    headers.insert(HEADER, note.as_str());
    headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, "0");
    let at = shared.subjects.letter(&letter.subscription.durable_name(), &letter.sequence.to_string());
    let message = Message { subject: at.into(), headers, payload: payload.slice(..payload.len().min(most)) };
    match shared.link.store(&message, shared.link.clock.now(), deadline).await {
        Ok(_) | Err(StoreError::Conflict) => Ok(()),
        Err(StoreError::Api(error)) => Err(error.into()),
        Err(error) => Err(BrokerError::Unavailable(Box::new(error))),
    }
}

pub(super) fn note(stored: &Read) -> Option<Note> {
    serde_json::from_str(stored.headers.get(HEADER)?.as_str()).ok()
}

/// The letter that a message of the dead letters' stream is.
pub(super) fn read(stored: &Read) -> Option<DeadLetter> {
    let note = note(stored)?;
    let event_type = found(&note.subject).event_type.unwrap_or_default();
    let body = match Unreadable::read(&stored.payload, note.topic, &event_type) {
        Ok(event) => Body::Event(Arc::new(event)),
        Err(_) => Body::Raw(Arc::from(&*stored.payload)),
    };
    Some(DeadLetter {
        subscription: note.subscription(),
        sequence: note.sequence,
        body,
        reason: note.reason,
        first_errors: note.first_errors,
        errors: note.errors,
        handler: note.handler,
        attempts: note.attempts,
        first_failure: note.first_failure,
        last_failure: note.last_failure,
    })
}
