//! Publishing: one event at a time, and the wait for room. Owns how a publisher waits; must not know who takes
//! what it publishes.

use std::{pin::pin, time::Instant};

use soorma_common::EventTopic;

use super::{
    dedup::Fingerprint,
    room::Seat,
    shared::Shared,
    topic::{Full, Offered},
};
use crate::{
    broker::{Publication, PublishError, Published},
    race::{First, race},
};

impl Shared {
    /// Publishes one event of a batch that began at `began`. Cancel safe: either stored or not.
    pub(super) async fn publish(
        &self,
        publication: Publication,
        began: Instant,
    ) -> Result<Published, PublishError> {
        match self.publish_now(publication, began)? {
            Now::Stored(published) => Ok(published),
            Now::Full(full, fingerprint) => Box::pin(self.publish_later(*full, fingerprint, began)).await,
        }
    }

    /// Apart from what waits: a future is as large as everything that it may hold, and the common case holds nothing.
    fn publish_now(&self, publication: Publication, began: Instant) -> Result<Now, PublishError> {
        let fingerprint = self.fingerprints.of(&publication.event);
        match self.offer(publication, fingerprint, began, None)? {
            Offered::Stored(published, trimmed) => {
                drop(trimmed);
                Ok(Now::Stored(published))
            }
            Offered::Full(full) => Ok(Now::Full(Box::new(full), fingerprint)),
        }
    }

    fn offer(
        &self,
        publication: Publication,
        fingerprint: Fingerprint,
        now: Instant,
        seat: Option<&Seat>,
    ) -> Result<Offered, PublishError> {
        self.check_open()?;
        Ok(self.topic(publication.event.topic).offer(publication, fingerprint, now, seat))
    }

    async fn publish_later(
        &self,
        full: Full,
        fingerprint: Fingerprint,
        began: Instant,
    ) -> Result<Published, PublishError> {
        let Full { mut publication, within, seat } = full;
        let topic = publication.event.topic;
        let full = || PublishError::Full { topic, waited: within };
        let mut place = Place { shared: self, topic, seat: seat.ok_or_else(full)? };
        let spent = self.clock.now().saturating_duration_since(began);
        let mut timer = pin!(self.clock.sleep(within.saturating_sub(spent)));
        loop {
            self.check_open()?;
            let late = matches!(race(&mut timer, place.seat.told.notified()).await, First::Left(()));
            let offered = self.offer(publication, fingerprint, self.clock.now(), Some(&place.seat))?;
            let Full { publication: returned, seat, .. } = match offered {
                Offered::Full(full) => full,
                Offered::Stored(published, trimmed) => {
                    drop(trimmed);
                    return Ok(published);
                }
            };
            if let Some(seat) = seat {
                place = Place { shared: self, topic, seat };
            }
            if late {
                return Err(full());
            }
            publication = returned;
        }
    }
}

/// What became of a publication before anything waits.
enum Now {
    Stored(Published),
    Full(Box<Full>, Fingerprint),
}

/// A seat that is left when its publisher goes, however it goes.
struct Place<'a> {
    shared: &'a Shared,
    topic: EventTopic,
    seat: Seat,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.shared.topic(self.topic).queue(self.seat.index) {
            queue.room.leave(&self.seat);
        }
    }
}
