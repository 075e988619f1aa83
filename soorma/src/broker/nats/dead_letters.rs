//! The dead letters: listed, delivered again, removed.

use std::time::Duration;

use async_nats::header::NATS_MESSAGE_ID;
use soorma_common::{Address, id};

use super::{letter, shared::Shared, subject::found};
use crate::{
    BoxFuture,
    broker::{BrokerError, DeadLetter, DeadLetters},
    nats::{Code, Headers, Message, Read, StoreError},
};

impl Shared {
    async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        self.check_open()?;
        let mut letters = Vec::new();
        let mut from = 1;
        while letters.len() < limit {
            let next = self.link.next_of(&self.subjects.letters(), &self.subjects.of_letters(), from).await;
            let stored = match next {
                Ok(Some(stored)) => stored,
                Ok(None) => break,
                Err(error) if error.code() == Some(Code::STREAM_NOT_FOUND) => break,
                Err(error) => return Err(error.into()),
            };
            from = stored.sequence + 1;
            match letter::read(&stored) {
                Some(letter) => letters.push(letter),
                None => tracing::warn!(subject = stored.subject, "no dead letter of ours"),
            }
        }
        Ok(letters)
    }

    /// The letter of this id as it is stored.
    async fn stored_letter(&self, id: &str) -> Result<Option<Read>, BrokerError> {
        self.check_open()?;
        let Some((durable, sequence)) = id.split_once('.') else { return Ok(None) };
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !plain(durable) || !plain(sequence) || durable.is_empty() || sequence.is_empty() {
            return Ok(None);
        }
        let subject = self.subjects.letter(durable, sequence);
        match self.link.last_of(&self.subjects.letters(), &subject).await {
            Ok(found) => Ok(found),
            Err(error) if error.code() == Some(Code::STREAM_NOT_FOUND) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn replay(&self, id: &str) -> Result<bool, BrokerError> {
        let Some(stored) = self.stored_letter(id).await? else { return Ok(false) };
        let Some(note) = letter::note(&stored) else { return Ok(false) };
        let subscription = note.subscription();
        let durable = self.current_name(subscription.durable_name()).await?;
        if self.consumer_info(subscription.topic, &durable).await?.is_none() {
            return Err(BrokerError::Refused(format!("`{subscription}` does not exist")));
        }
        let place = found(&note.subject);
        let lane = place.lane.parse().ok();
        let to = Address::Subscription(durable);
        let mut subject = self.subjects.event(subscription.topic, &to, lane, "");
        subject.truncate(subject.len() - ".%".len());
        subject.push_str(&place.tail);
        let mut headers = Headers::default();
        // A replay that was interrupted, and is begun again, delivers once.
        let once = id::derived(&[b"replay", id.as_bytes(), &stored.sequence.to_le_bytes()]);
        headers.insert(NATS_MESSAGE_ID, once.simple().to_string().as_str());
        let message = Message { subject: subject.into(), headers, payload: stored.payload };
        let now = self.link.clock.now();
        match self.link.store(&message, now, now + Duration::from_secs(10)).await {
            Ok(_) => {}
            Err(StoreError::Api(error)) => return Err(error.into()),
            Err(error) => return Err(BrokerError::Refused(error.to_string())),
        }
        Ok(self.link.remove(&self.subjects.letters(), stored.sequence).await?)
    }

    async fn purge(&self, id: &str) -> Result<bool, BrokerError> {
        let Some(stored) = self.stored_letter(id).await? else { return Ok(false) };
        Ok(self.link.remove(&self.subjects.letters(), stored.sequence).await?)
    }
}

impl DeadLetters for Shared {
    fn list(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>, BrokerError>> {
        Box::pin(Shared::list(self, limit))
    }

    fn replay<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(Shared::replay(self, id))
    }

    fn purge<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, BrokerError>> {
        Box::pin(Shared::purge(self, id))
    }
}
