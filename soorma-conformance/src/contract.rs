//! The broker contract by hand: for cases that look at what lies below an app.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use soorma::{
    Address, EventDraft, EventEnvelope, EventPayload, EventTopic, Timestamp,
    broker::{
        Broker, Delivery, Hears, Kind, Publication, PublishError, Published, Start, Subscription,
        SubscriptionId, SubscriptionSpec,
    },
};

use tokio::task::JoinSet;

use crate::{
    script::Happened,
    tolerance::{LEASE, PATIENCE},
    wait,
};

/// The identity of a handler without a name.
pub(crate) fn id(agent: &str, topic: EventTopic, pattern: &str) -> SubscriptionId {
    SubscriptionId { agent: agent.into(), topic, pattern: pattern.into(), name: String::new() }
}

/// The identity of the handlers of [`Happened`].
pub(crate) fn id_of_happened(agent: &str) -> SubscriptionId {
    id(agent, Happened::CONTRACT.topic, Happened::CONTRACT.event_type)
}

/// A group that hears what is sent to everyone.
pub(crate) fn group(id: SubscriptionId, start: Start) -> anyhow::Result<SubscriptionSpec> {
    Ok(SubscriptionSpec {
        patterns: vec![id.pattern.parse()?],
        id,
        hears: Hears::Everyone,
        kind: Kind::Group { start, ordered: false, was: None },
        lease: LEASE,
    })
}

/// An event out of nothing.
pub(crate) fn event<P: EventPayload>(source: &str, payload: &P) -> anyhow::Result<EventEnvelope> {
    Ok(EventEnvelope::root(source, EventDraft::of(payload)?, Timestamp::now()))
}

/// To everyone, at once, room or not.
pub(crate) fn publication(event: EventEnvelope) -> Publication {
    Publication::new(Arc::new(event), Address::Everyone)
}

/// Publishes one, and gives what the broker says.
pub(crate) async fn publish(
    broker: &dyn Broker,
    publication: Publication,
) -> anyhow::Result<Result<Published, PublishError>> {
    let mut results = wait::ends(PATIENCE, "publishing", broker.publish(vec![publication])).await?;
    match (results.pop(), results.len()) {
        (Some(result), 0) => Ok(result),
        _ => bail!("publishing one event did not give one result"),
    }
}

/// Publishes so many [`Happened`], in batches, all of them stored.
pub(crate) async fn publish_numbers(
    broker: &dyn Broker,
    numbers: std::ops::Range<u32>,
) -> anyhow::Result<()> {
    publish_all(broker, numbers.map(Happened::number)).await
}

/// Publishes these, in batches, all of them stored.
pub(crate) async fn publish_all<P: EventPayload>(
    broker: &dyn Broker,
    payloads: impl IntoIterator<Item = P>,
) -> anyhow::Result<()> {
    let publications: Vec<_> = payloads
        .into_iter()
        .map(|payload| event("publisher", &payload).map(publication))
        .collect::<anyhow::Result<_>>()?;
    for batch in publications.chunks(500) {
        let results = wait::ends(PATIENCE, "publishing", broker.publish(batch.to_vec())).await?;
        for result in results {
            result.context("publishing a batch")?;
        }
    }
    Ok(())
}

/// How much these have still to settle.
pub(crate) async fn backlog(
    broker: &dyn Broker,
    id: &SubscriptionId,
) -> anyhow::Result<soorma::broker::Backlog> {
    Ok(wait::ends(PATIENCE, "backlog", broker.backlog(std::slice::from_ref(id))).await??)
}

/// Waits until this one has settled everything.
pub(crate) async fn settled(broker: &dyn Broker, id: &SubscriptionId) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        let backlog = backlog(broker, id).await?;
        if backlog.total() == 0 {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            bail!("`{id}` has not settled everything within {PATIENCE:?}: {backlog:?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Draws and acknowledges until there are so many, and gives their events.
pub(crate) async fn draw(
    subscription: &mut dyn Subscription,
    count: usize,
) -> anyhow::Result<Vec<Arc<EventEnvelope>>> {
    let mut events = Vec::new();
    while events.len() < count {
        let what = format!("event {} of {count}", events.len() + 1);
        // Side by side: one after the other, the last of them would wait for as many round trips.
        let mut acks = JoinSet::new();
        for delivery in wait::ends(PATIENCE, &what, subscription.next(64)).await?? {
            let Delivery { event, receipt, .. } = delivery;
            acks.spawn(async move { receipt.ack().await });
            events.push(event);
        }
        while let Some(acked) = acks.join_next().await {
            acked?.context("acknowledging")?;
        }
    }
    Ok(events)
}

/// Everything that a topic holds of one event type, without a look at how much that is.
///
/// A marker is published last, and everything before it is read.
pub(crate) async fn everything(
    broker: &dyn Broker,
    topic: EventTopic,
    event_type: &str,
) -> anyhow::Result<Vec<Arc<EventEnvelope>>> {
    let reader = format!("reader-{}", fresh());
    let marker = format!("conformance.marker.{}", fresh());
    let mut spec = group(id(&reader, topic, ">"), Start::Beginning)?;
    spec.patterns = vec![event_type.parse()?, marker.parse()?];
    spec.hears = Hears::All;
    let mut subscription = wait::ends(PATIENCE, "subscribing", broker.subscribe(&spec)).await??;
    let draft = EventDraft::new(topic, marker.clone(), &())?;
    publish(broker, publication(EventEnvelope::root("reader", draft, Timestamp::now()))).await??;
    let mut found = Vec::new();
    loop {
        for event in draw(&mut *subscription, 1).await? {
            if event.event_type == marker {
                drop(subscription);
                broker.remove(&spec.id).await.ok();
                return Ok(found);
            }
            found.push(event);
        }
    }
}

/// A short name that nothing else has.
pub(crate) fn fresh() -> String {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::{SystemTime, UNIX_EPOCH},
    };
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    // Processes of one run start at different times, and within one the count tells.
    format!("{:x}-{:x}", nanos & 0xff_ffff_ffff_ffff, COUNT.fetch_add(1, Ordering::Relaxed))
}
