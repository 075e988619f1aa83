//! What becomes of publications and deliveries on their way, with a fault or without.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};

use soorma::{
    Address, EventTopic, Timestamp,
    broker::{Admission, Broker, Delivery, Kind, Publication, SubscriptionSpec, Unreadable},
};

use super::{Fault, RAW, bench::Bench, lock};

/// More than that is pressure.
const MANY: u64 = 500;

impl Bench {
    /// What is stored besides.
    pub(super) fn copies(&self, publication: &Publication) -> Vec<Publication> {
        let mut copy = publication.clone();
        let event = Arc::make_mut(&mut copy.event);
        match self.world.fault {
            Fault::StoresTwice => event.id = format!("{}-again", event.id).into(),
            Fault::TopicsLeak => {
                let next = (event.topic as usize + 1) % EventTopic::ALL.len();
                event.topic = EventTopic::ALL[next];
            }
            _ => return Vec::new(),
        }
        vec![copy]
    }

    /// What is stored instead.
    pub(super) fn bent(&self, mut publication: Publication) -> Publication {
        match self.world.fault {
            Fault::AdmitsAll => publication.admission = Admission::Always,
            Fault::HandlersWaitForRoom if publication.event.parent_event_id.is_some() => {
                publication.admission = Admission::Within(Duration::from_secs(60));
            }
            Fault::IgnoresAddresses => publication.to = Address::Everyone,
            Fault::IsLate if !publication.delay.is_zero() => publication.delay += Duration::from_secs(7),
            Fault::NeverRecognises => {
                let count = self.published.fetch_add(1, Ordering::SeqCst);
                let event = Arc::make_mut(&mut publication.event);
                event.id = format!("{}-{}-{count}", event.id, self.number).into();
            }
            Fault::OneLane => Arc::make_mut(&mut publication.event).partition_key = Some("one".into()),
            Fault::ChangesData => {
                let event = Arc::make_mut(&mut publication.event);
                if let Ok(data) = event.data_as::<serde_json::Value>()
                    && let Ok(data) = serde_json::value::to_raw_value(&data)
                {
                    event.data = data;
                }
            }
            _ => {}
        }
        publication
    }

    pub(super) fn is_gone(&self, delivery: &Delivery) -> bool {
        let age = SystemTime::from(delivery.event.timestamp).elapsed().unwrap_or_default();
        self.retention.is_some_and(|retention| age > retention)
    }

    /// What the bytes are that somebody put there past soorma.
    pub(super) async fn read(&self, of: &SubscriptionSpec, mut delivery: Delivery) -> Option<Delivery> {
        if !delivery.event.extensions.contains_key(RAW) {
            return Some(delivery);
        }
        let bytes: Vec<u8> = delivery.event.data_as().unwrap_or_default();
        match Unreadable::read(&bytes, delivery.event.topic, &delivery.event.event_type) {
            Ok(event) => {
                delivery.event = Arc::new(event);
                Some(delivery)
            }
            Err(unreadable) => {
                let letter =
                    unreadable.into_letter(of.id.clone(), delivery.sequence, bytes.into(), Timestamp::now());
                let _ = match self.world.fault {
                    Fault::SkipsUnreadable => delivery.receipt.ack().await,
                    _ => delivery.receipt.dead_letter(letter).await,
                };
                None
            }
        }
    }

    /// Whether nothing was drawn for two heartbeats.
    pub(super) fn was_silent(&self) -> bool {
        let mut last = lock(&self.last_drawn);
        let silence = last.elapsed();
        *last = Instant::now();
        silence > Duration::from_millis(150)
    }

    /// Whether the fault takes this delivery away.
    pub(super) async fn swallows(
        &self,
        good: &Arc<dyn Broker>,
        of: &SubscriptionSpec,
        delivery: &Delivery,
    ) -> bool {
        let takes = match self.world.fault {
            Fault::DropsTheOldest => {
                let waiting =
                    good.backlog(std::slice::from_ref(&of.id)).await.map_or(0, |backlog| backlog.waiting);
                delivery.delivered == 1 && waiting > MANY
            }
            Fault::CountsHandBacks => delivery.delivered > 2,
            Fault::OrderWithinProcess => {
                matches!(of.kind, Kind::Group { ordered: true, .. })
                    && delivery.sequence % 2 != self.number % 2
            }
            _ => false,
        };
        takes && delivery.receipt.ack().await.is_ok()
    }
}
