//! Where each group stands, kept beside the server's own record: a consumer that somebody deleted is made again
//! from here, and not as a new group that has seen nothing.

use std::time::Duration;

use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::shared::Shared;
use crate::{
    broker::BrokerError,
    nats::{ApiError, Code, Headers, Message, StoreError},
};

/// Where the group of one consumer stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Everything up to here is settled.
    pub(super) floor: u64,
    /// Whether it is one part of an ordered subscription.
    #[serde(default)]
    pub(super) ordered: bool,
    /// The durable that took the position over, when the handler was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved: Option<String>,
}

impl Shared {
    /// The record of a consumer; `None` where there is none.
    pub(super) async fn position(&self, consumer: &str) -> Result<Option<Position>, ApiError> {
        Ok(self.written_position(consumer).await?.map(|(position, _)| position))
    }

    /// The same, and the number of the record.
    async fn written_position(&self, consumer: &str) -> Result<Option<(Position, u64)>, ApiError> {
        let subject = self.subjects.position(consumer);
        match self.link.last_of(&self.subjects.positions(), &subject).await {
            Ok(Some(found)) => {
                let position = serde_json::from_slice(&found.payload).ok();
                Ok(position.map(|position| (position, found.sequence)))
            }
            Ok(None) => Ok(None),
            Err(error) if error.code() == Some(Code::STREAM_NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps the floor of a consumer that still has its own name. Where somebody else writes in between, that stays.
    pub(super) async fn keep_floor(&self, consumer: &str, floor: u64) -> Result<(), BrokerError> {
        let Some((position, written)) = self.written_position(consumer).await? else { return Ok(()) };
        if position.moved.is_some() || position.floor >= floor {
            return Ok(());
        }
        self.write_position(consumer, &Position { floor, ..position }, Some(written)).await
    }

    pub(super) async fn save_position(&self, consumer: &str, position: &Position) -> Result<(), BrokerError> {
        self.write_position(consumer, position, None).await
    }

    async fn write_position(
        &self,
        consumer: &str,
        position: &Position,
        after: Option<u64>,
    ) -> Result<(), BrokerError> {
        let payload = serde_json::to_vec(position).map_err(|error| BrokerError::Unavailable(error.into()))?;
        let subject = self.subjects.position(consumer);
        let mut headers = Headers::default();
        if let Some(after) = after {
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, after.to_string().as_str());
        }
        let message = Message { subject: subject.into(), headers, payload: payload.into() };
        let now = self.link.clock.now();
        match self.link.store(&message, now, now + Duration::from_secs(5)).await {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(StoreError::Api(error)) => Err(error.into()),
            Err(error) => Err(BrokerError::Unavailable(Box::new(error))),
        }
    }

    pub(super) async fn forget_position(&self, consumer: &str) -> Result<(), ApiError> {
        let endpoint = format!("STREAM.PURGE.{}", self.subjects.positions());
        let body = json!({ "filter": self.subjects.position(consumer) });
        match self.link.api::<serde_json::Value>(&endpoint, &body).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some(Code::STREAM_NOT_FOUND) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The durable under which a subscription is found now, whatever it was called.
    pub(super) async fn current_name(&self, durable: String) -> Result<String, ApiError> {
        let mut name = durable;
        // A name that was given back would lead in a circle.
        for _ in 0..8 {
            match self.position(&name).await? {
                Some(Position { moved: Some(next), .. }) => name = next,
                _ => break,
            }
        }
        Ok(name)
    }
}
