//! What a member's task mends: a consumer that is gone, a position that is behind.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    consumer::Part,
    shared::Shared,
    task::{KEEP, PAUSE, Task},
};
use crate::{
    broker::{BrokerError, Drifted, Kind, SubscriptionSpec},
    race::{First, race},
};

/// How long the server has to say whether a consumer is there: the other consumers of the task wait meanwhile.
const ANSWER: Duration = Duration::from_secs(1);

impl Task {
    /// Sees whether the consumer is there, and makes it again where it is not.
    pub(super) async fn look(&mut self, index: usize) {
        let topic = self.spec.id.topic;
        let Some(part) = self.asking.parts().get(index).cloned() else { return };
        let consumer = &part.consumer;
        let clock = self.shared.link.clock.clone();
        let mended = match race(self.shared.consumer_info(topic, consumer), clock.sleep(ANSWER)).await {
            // Without an answer there may be no leader now: to ask for deliveries again tells.
            First::Left(Ok(Some(_))) | First::Right(()) => Ok(()),
            First::Left(Ok(None)) => self.mend().await,
            First::Left(Err(error)) => Err(error.into()),
        };
        let now = clock.now();
        let pause = match mended {
            Ok(()) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, consumer, "the consumer is out of reach; trying again");
                PAUSE * 10
            }
        };
        if let Some(pulls) = self.asking.lock().pulls.get_mut(index) {
            pulls.pause(now + pause);
        }
    }

    async fn mend(&mut self) -> Result<(), BrokerError> {
        tracing::warn!(subscription = %self.spec.id, "its consumer is gone; making it again");
        self.shared.restore_topic(self.spec.id.topic).await?;
        if self.shared.stream_info(self.spec.id.topic).await?.state.last_seq < self.last {
            // The stream is another one.
            self.deliveries.recent.clear();
            self.last = 0;
        }
        if !matches!(self.spec.kind, Kind::Group { .. }) {
            for part in self.asking.parts() {
                self.shared.make_ephemeral(&self.spec, &part, Some(self.last)).await?;
            }
            return Ok(());
        }
        let parts = self.shared.provision(&self.spec, Drifted::Keep).await?.parts;
        let same = self.asking.parts().iter().map(|part| &**part).eq(&parts);
        if !same {
            // The handler was renamed by a newer version: this one goes on under the new name.
            self.asking.replace(parts);
        }
        Ok(())
    }

    /// Keeps the positions of what is busy, beside the drawing.
    pub(super) fn keep_positions(&mut self, now: Instant) {
        // Every delivery that is still in hand has its part in it: once more when the last is settled.
        let in_hand = Arc::strong_count(&self.deliveries) > 1;
        self.keep = in_hand.then(|| now + KEEP);
        if self.keeping.swap(true, Ordering::AcqRel) {
            self.keep = Some(now + KEEP);
            return;
        }
        let (shared, spec, keeping) = (self.shared.clone(), self.spec.clone(), self.keeping.clone());
        let parts = self.asking.parts();
        tokio::spawn(async move {
            for part in parts {
                let kept = keep_position(&shared, &spec, &part).await;
                if let Err(error) = kept {
                    tracing::debug!(%error, consumer = part.consumer, "the position was not kept");
                }
            }
            keeping.store(false, Ordering::Release);
        });
    }
}

async fn keep_position(shared: &Shared, spec: &SubscriptionSpec, part: &Part) -> Result<(), BrokerError> {
    let Some(info) = shared.consumer_info(spec.id.topic, &part.consumer).await? else { return Ok(()) };
    if info.has_shorter_lease(spec) {
        // Somebody made it shorter: an older version, or by hand.
        shared.compare(spec, part, &info, Drifted::Keep).await?;
    }
    shared.keep_floor(&part.consumer, info.ack_floor.stream_seq).await
}
