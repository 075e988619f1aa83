//! From a publication to a stored message. Owns the window and the waiting; what an error means is `outcome`'s.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::{HeaderMap, header::NATS_MESSAGE_ID};
use futures_util::{StreamExt, stream::FuturesOrdered};
use soorma_common::{EventEnvelope, id};

use super::{outcome::failure, schedule::scheduled, shared::Shared};
use crate::{
    broker::{Admission, Publication, PublishError, Published, lane_of},
    nats::{Message, StoreError},
};

/// How long a publisher without a patience of its own waits for a server that is away.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that is there has so long at least.
const ONE_ANSWER: Duration = Duration::from_secs(5);

/// What a dead letter says besides its body fits in here.
pub(super) const LETTER_ROOM: usize = 64 * 1024;

/// What an event says besides its data fits in here; half of the above, so that the other half is the letter's.
pub(super) const ENVELOPE_ROOM: usize = LETTER_ROOM / 2;

impl Shared {
    pub(super) async fn publish_all(&self, batch: Vec<Publication>) -> Vec<Result<Published, PublishError>> {
        let began = self.link.clock.now();
        if batch.len() == 1 {
            let mut results = Vec::with_capacity(1);
            for publication in batch {
                results.push(self.publish(publication, began).await);
            }
            return results;
        }
        // Polled in their order, so that they line up for their keys and are sent in it. Unconstrained: a lock that
        // finds tokio's budget spent gives no place in its queue, and those whom that hits are woken in reverse.
        let all: FuturesOrdered<_> =
            batch.into_iter().map(|publication| self.publish(publication, began)).collect();
        tokio::task::unconstrained(all.collect()).await
    }

    async fn publish(&self, publication: Publication, began: Instant) -> Result<Published, PublishError> {
        if self.is_closed() {
            return Err(PublishError::Closed);
        }
        let event = &publication.event;
        let turn = self.keys.turn(event.partition_key.as_deref()).await;
        let Ok(_place) = self.window.acquire().await else { return Err(PublishError::Closed) };
        let patience = match publication.admission {
            Admission::Always => PATIENCE,
            Admission::Within(within) => within.max(ONE_ANSWER),
        };
        // A long batch may be late for its own sake.
        let deadline = (began + patience).max(self.link.clock.now() + ONE_ANSWER);
        self.ensure_topic(event.topic).await.map_err(|error| failure(error.into(), event.topic))?;
        let message = self.message(&publication).await?;
        let stored = self.store_in_time(&message, &publication, began, deadline).await;
        drop(turn);
        stored
    }

    async fn store_in_time(
        &self,
        message: &Message,
        publication: &Publication,
        began: Instant,
        deadline: Instant,
    ) -> Result<Published, PublishError> {
        let topic = publication.event.topic;
        let within = match publication.admission {
            // A stream has no room besides the room that it has.
            Admission::Always => Duration::ZERO,
            Admission::Within(within) => within,
        };
        let mut pause = Duration::from_millis(20);
        loop {
            match self.link.store(message, deadline).await {
                Ok(stored) => {
                    return Ok(Published { sequence: stored.sequence, duplicate: stored.duplicate });
                }
                Err(StoreError::Full) => {
                    let left = (began + within).saturating_duration_since(self.link.clock.now());
                    if left.is_zero() {
                        return Err(PublishError::Full { topic, waited: within });
                    }
                    pause = pause.min(left);
                }
                Err(StoreError::TooLarge) => return Err(self.too_large(message.payload.len())),
                Err(StoreError::Api(error)) => return Err(failure(error.into(), topic)),
                Err(error @ StoreError::Conflict) => return Err(PublishError::Unavailable(Box::new(error))),
            }
            self.link.clock.sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    async fn message(&self, publication: &Publication) -> Result<Message, PublishError> {
        let Publication { event, to, delay, .. } = publication;
        let data = event.data.get().len();
        let limit = self.largest_event();
        if data > limit {
            return Err(PublishError::TooLarge { bytes: data, limit });
        }
        let payload = encoded(event)?;
        if payload.len() > limit + ENVELOPE_ROOM {
            return Err(self.too_large(payload.len()));
        }
        let lane = event.partition_key.as_deref().map(lane_of);
        let subject = self.subjects.event(event.topic, to, lane, &event.event_type);
        let mut headers = HeaderMap::new();
        let id = message_id(event);
        headers.insert(NATS_MESSAGE_ID, id.as_str());
        let message = Message { subject: subject.into(), headers, payload: payload.into() };
        if delay.is_zero() {
            return Ok(message);
        }
        scheduled(self, event.topic, message, &hashed(event), *delay).await
    }

    fn too_large(&self, bytes: usize) -> PublishError {
        PublishError::TooLarge { bytes, limit: self.largest_event() + ENVELOPE_ROOM }
    }

    /// The largest event that can be stored, and stored once more as a dead letter.
    pub(super) fn largest_event(&self) -> usize {
        self.link.max_payload().saturating_sub(LETTER_ROOM)
    }
}

fn encoded(event: &Arc<EventEnvelope>) -> Result<Vec<u8>, PublishError> {
    let mut bytes = Vec::with_capacity(event.data.get().len() + 512);
    serde_json::to_writer(&mut bytes, &**event).map_err(|error| PublishError::Unavailable(error.into()))?;
    Ok(bytes)
}

/// The longest message id that is written as it is: the server keeps each for the whole window.
const LONGEST_ID: usize = 96;

/// One id for one `(source, id)`, and never one for two. Both as they are, behind the length of the first; a hash of them
/// where a header could not hold them.
fn message_id(event: &EventEnvelope) -> String {
    let EventEnvelope { source, id, .. } = event;
    let plain = source.bytes().chain(id.bytes()).all(|byte| byte.is_ascii_graphic());
    match plain && source.len() + id.len() <= LONGEST_ID {
        true => format!("{}:{source}{id}", source.len()),
        false => hashed(event),
    }
}

fn hashed(event: &EventEnvelope) -> String {
    id::derived(&[b"message", event.source.as_bytes(), event.id.as_bytes()]).simple().to_string()
}

#[cfg(test)]
mod tests {
    use soorma_common::{EventDraft, EventTopic::BusinessFacts, Timestamp};

    use super::*;

    fn of(source: &str, id: &str) -> String {
        let draft = EventDraft::new(BusinessFacts, "order.placed", &1).unwrap();
        message_id(&EventEnvelope { id: id.into(), ..EventEnvelope::root(source, draft, Timestamp::now()) })
    }

    #[test]
    fn a_message_id_is_of_one_source_and_id_and_fits_into_a_header() {
        assert_eq!(of("shop", "0192-a"), "4:shop0192-a");
        assert_ne!(of("a", "bc"), of("ab", "c"));
        for odd in ["a b", "a\r\nb", "ü", &"x".repeat(LONGEST_ID)] {
            assert_eq!(of("shop", odd).len(), 32, "{odd}");
            assert_ne!(of("shop", odd), of(odd, "shop"));
        }
    }
}
