//! From a publication to a stored message. Owns the window and the waiting; what an error means is `outcome`'s.

use std::time::{Duration, Instant};

use async_nats::header::NATS_MESSAGE_ID;
use futures_util::{StreamExt, stream::FuturesOrdered};
use soorma_common::{Address, EventEnvelope, EventTopic, id};
use tokio::sync::TryAcquireError;

use super::{outcome::failure, schedule::scheduled, shared::Shared};
use crate::{
    broker::{Admission, Publication, PublishError, Published, lane_of},
    nats::{Headers, Message, StoreError},
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

    pub(super) async fn publish(
        &self,
        publication: Publication,
        began: Instant,
    ) -> Result<Published, PublishError> {
        if self.is_closed() {
            return Err(PublishError::Closed);
        }
        let turn = self.keys.turn(publication.event.partition_key.as_deref()).await;
        let _place = match self.window.try_acquire() {
            Ok(place) => place,
            Err(TryAcquireError::NoPermits) => {
                self.window.acquire().await.map_err(|_| PublishError::Closed)?
            }
            Err(TryAcquireError::Closed) => return Err(PublishError::Closed),
        };
        let topic = publication.event.topic;
        // What is seldom is on the heap: a future is there for each event that is under way.
        if !self.knows(topic) {
            let known = Box::pin(self.ensure_topic(topic)).await;
            known.map_err(|error| failure(error.into(), topic))?;
        }
        let mut message = self.message(&publication.event, &publication.to)?;
        if !publication.delay.is_zero() {
            let id = hashed(&publication.event);
            message = Box::pin(scheduled(self, topic, message, &id, publication.delay)).await?;
        }
        // It is in the message now.
        drop(publication.event);
        let stored = self.store_in_time(&message, topic, publication.admission, began).await;
        drop(turn);
        stored
    }

    async fn store_in_time(
        &self,
        message: &Message,
        topic: EventTopic,
        admission: Admission,
        began: Instant,
    ) -> Result<Published, PublishError> {
        let (within, patience) = match admission {
            // A stream has no room besides the room that it has.
            Admission::Always => (Duration::ZERO, PATIENCE),
            Admission::Within(within) => (within, within.max(ONE_ANSWER)),
        };
        // A long batch may be late for its own sake.
        let mut now = self.link.clock.now();
        let deadline = (began + patience).max(now + ONE_ANSWER);
        let mut pause = Duration::from_millis(20);
        loop {
            match self.link.store(message, now, deadline).await {
                Ok(stored) => {
                    return Ok(Published { sequence: stored.sequence, duplicate: stored.duplicate });
                }
                Err(StoreError::Full) => {
                    now = self.link.clock.now();
                    let left = (began + within).saturating_duration_since(now);
                    if left.is_zero() {
                        return Err(PublishError::Full { topic, waited: within });
                    }
                    pause = pause.min(left);
                }
                Err(StoreError::TooLarge) => return Err(self.too_large(message.payload.len())),
                Err(StoreError::Api(error)) => return Err(failure(error.into(), topic)),
                Err(error @ StoreError::Conflict) => return Err(PublishError::Unavailable(Box::new(error))),
            }
            now += pause;
            self.link.clock.sleep_until(now).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    fn message(&self, event: &EventEnvelope, to: &Address) -> Result<Message, PublishError> {
        let data = event.data.get().len();
        let limit = self.largest_event();
        if data > limit {
            return Err(PublishError::TooLarge { bytes: data, limit });
        }
        let payload = event.to_json().map_err(|error| PublishError::Unavailable(error.into()))?;
        if payload.len() > limit + ENVELOPE_ROOM {
            return Err(self.too_large(payload.len()));
        }
        let lane = event.partition_key.as_deref().map(lane_of);
        let subject = self.subjects.event(event.topic, to, lane, &event.event_type);
        let mut headers = Headers::default();
        headers.insert(NATS_MESSAGE_ID, message_id(event));
        Ok(Message { subject: subject.into(), headers, payload: payload.into() })
    }

    fn too_large(&self, bytes: usize) -> PublishError {
        PublishError::TooLarge { bytes, limit: self.largest_event() + ENVELOPE_ROOM }
    }

    /// The largest event that can be stored, and stored once more as a dead letter.
    pub(super) fn largest_event(&self) -> usize {
        self.link.max_payload().saturating_sub(LETTER_ROOM)
    }
}

/// The longest message id that is written as it is: the server keeps each for the whole window.
const LONGEST_ID: usize = 96;

/// One id for one `(source, id)`, and never one for two. Both as they are, with a space between, which is in neither; a hash
/// of them where a header could not hold them.
fn message_id(event: &EventEnvelope) -> String {
    let EventEnvelope { source, id, .. } = event;
    let plain =
        |text: &str| !text.is_empty() && text.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic());
    match plain(source) && plain(id) && source.len() + id.len() <= LONGEST_ID {
        // Made for each event, so without the machinery of `format!`.
        true => [source, " ", id].concat(),
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
    use crate::{clock::Clock, nats::scripted::Server};

    fn of(source: &str, id: &str) -> String {
        let draft = EventDraft::new(BusinessFacts, "order.placed", &1).unwrap();
        message_id(&EventEnvelope { id: id.into(), ..EventEnvelope::root(source, draft, Timestamp::now()) })
    }

    #[test]
    fn a_message_id_is_of_one_source_and_id_and_fits_into_a_header() {
        assert_eq!(of("shop", "0192-a"), "shop 0192-a");
        assert_ne!(of("a", "bc"), of("ab", "c"));
        assert_ne!(of("", "a"), of("a", ""));
        for odd in ["", "a b", "a\r\nb", "ü", &"x".repeat(LONGEST_ID)] {
            assert_eq!(of("shop", odd).len(), 32, "{odd}");
            assert_ne!(of("shop", odd), of(odd, "shop"));
        }
    }

    #[tokio::test]
    async fn what_waits_for_its_confirmation_is_no_larger_than_what_the_allocator_keeps_at_hand() {
        let (_server, link) = Server::start(&Clock::system()).await;
        let shared = Shared::new(link);
        let draft = EventDraft::new(BusinessFacts, "order.placed", &1).unwrap();
        let event = EventEnvelope::root("shop", draft, Timestamp::now());
        let future = shared.publish(Publication::new(event.into(), Address::Everyone), Instant::now());
        // glibc keeps up to 1,032 bytes.
        let size = size_of_val(&future);
        assert!(size <= 1_032, "{size}");
    }
}
