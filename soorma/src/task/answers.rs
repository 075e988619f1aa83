//! Where answers and timers of an agent's tasks arrive: they are recorded, and whoever waits for them is told or woken.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use soorma_common::{Address, EventDraft, EventEnvelope, EventPattern, lineage};
use tokio::{sync::Notify, task::JoinHandle};

use super::{
    Wake,
    deferral::Deferrals,
    id,
    journal::Journal,
    record::{Outcome, Recorded, State},
};
use crate::{
    BoxFuture,
    at_once::at_once,
    broker::{
        BrokerError, Delivery, Hears, Kind, Publication, SettleError, Start, Subscription, SubscriptionId,
        SubscriptionSpec,
    },
    guard::caught,
    services::Services,
};

/// How many are drawn, and recorded side by side.
const BATCH: usize = 64;

/// How long one that cannot be recorded is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// Which calls of tasks wait in this process. Bounded by the number of those.
#[derive(Debug, Default)]
pub(crate) struct Answers(Arc<Mutex<Waiting>>);

/// One call that waits; gives up its place when it is dropped.
pub(super) struct Arrives {
    answers: Arc<Mutex<Waiting>>,
    call: (String, u32),
    told: Arc<Notify>,
}

type Waiting = HashMap<(String, u32), Arc<Notify>>;

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Answers {
    /// Takes a place for what comes of a call.
    pub(super) fn expect(&self, task: &str, number: u32) -> Arrives {
        let call = (task.to_owned(), number);
        let told = Arc::<Notify>::default();
        lock(&self.0).insert(call.clone(), told.clone());
        Arrives { answers: self.0.clone(), call, told }
    }

    fn tell(&self, task: &str, number: u32) {
        if let Some(told) = lock(&self.0).get(&(task.to_owned(), number)) {
            told.notify_one();
        }
    }

    /// The subscription of an agent that has tasks.
    pub(crate) fn spec(agent: &str, lease: Duration) -> SubscriptionSpec {
        let id = id::answers_of(agent);
        let patterns: Vec<EventPattern> = id.pattern.parse().into_iter().collect();
        let kind = Kind::Group { start: Start::Beginning, ordered: false, was: None };
        SubscriptionSpec { id, patterns, hears: Hears::Group, kind, lease }
    }

    pub(crate) fn is_spec_of(agent: &str, id: &SubscriptionId) -> bool {
        *id == id::answers_of(agent)
    }

    /// The agent that a subscription belongs to, also that of its tasks.
    pub(crate) fn agent_of(id: &SubscriptionId) -> &str {
        id::agent_of(&id.agent).unwrap_or(&id.agent)
    }

    /// Records what arrives, until what is given is aborted.
    pub(crate) fn serve(
        services: Arc<Services>,
        agent: Arc<str>,
        subscription: Box<dyn Subscription>,
    ) -> JoinHandle<()> {
        tokio::spawn(services.clock.clone().task(serve(services, agent, subscription)))
    }
}

impl Arrives {
    pub(super) async fn told(&self) {
        self.told.notified().await;
    }
}

impl Drop for Arrives {
    fn drop(&mut self) {
        let mut waiting = lock(&self.answers);
        // Another run of the task may wait for the same call by now.
        if waiting.get(&self.call).is_some_and(|told| Arc::ptr_eq(told, &self.told)) {
            waiting.remove(&self.call);
        }
    }
}

async fn serve(services: Arc<Services>, agent: Arc<str>, mut subscription: Box<dyn Subscription>) {
    loop {
        let deliveries = match subscription.next(BATCH).await {
            Ok(deliveries) => deliveries,
            Err(BrokerError::Closed) => return,
            Err(error) => {
                tracing::error!(%agent, %error, "no more answers to delegations");
                services.stop.send_replace(true);
                return;
            }
        };
        let mut all: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(deliveries.len());
        for delivery in &deliveries {
            let (services, agent) = (&services, &agent);
            all.push(Box::pin(async move {
                // A panic in somebody's broker or store must not take along those beside it.
                if let Err(error) = caught(pin!(take(services, agent, delivery))).await {
                    tracing::error!(%agent, %error, "an answer was not recorded; it will come again");
                }
            }));
        }
        at_once(BATCH, all).await;
        drop(deliveries);
        services.settled();
    }
}

/// One delivery: what it says is recorded before it is acknowledged.
async fn take(services: &Services, agent: &str, delivery: &Delivery) {
    let event = &delivery.event;
    match record(services, agent, event).await {
        Ok(()) => settled(delivery.receipt.ack().await),
        Err(error) => {
            tracing::warn!(%agent, event = &*event.id, error = format!("{error:#}"), "an answer could not be recorded yet");
            settled(delivery.receipt.hand_back(PAUSE).await);
        }
    }
}

fn settled(result: Result<(), SettleError>) {
    if let Err(error) = result {
        tracing::debug!(%error, "an answer will come again");
    }
}

async fn record(services: &Services, agent: &str, event: &Arc<EventEnvelope>) -> anyhow::Result<()> {
    let is_timer = event.payload_schema_name.as_deref() == Some(id::TIMER_SCHEMA);
    if is_timer && let Some((task, round)) = id::end_of(&event.id) {
        return Ok(Deferrals::new(services, agent).expire(task, round).await?);
    }
    let answered = [event.parent_event_id.as_deref(), Some(&*event.correlation_id)];
    let named = if is_timer { vec![&*event.id] } else { answered.into_iter().flatten().collect() };
    let Some((task, number)) = named.into_iter().find_map(id::call_of) else { return Ok(()) };
    let journal = Journal::new(services.store.clone(), agent, task);
    // A task that has answered waits for nothing more.
    if journal.head().await?.is_none_or(|head| head.value.is_done()) {
        return Ok(());
    }
    let outcome = if is_timer { Outcome::Elapsed } else { Outcome::Answer(Box::new((**event).clone())) };
    let stands = journal.record(number, Recorded { what: String::new(), outcome }).await?;
    let is_this = match &stands.outcome {
        Outcome::Answer(answer) => answer.id == event.id,
        Outcome::Elapsed => is_timer,
        Outcome::Given(_) => false,
    };
    // Whoever recorded what stands there wakes the task, or comes again.
    if !is_this {
        return Ok(());
    }
    services.answers.tell(task, number);
    // Looked at after it is recorded: whoever suspends the task looks at the records after it has said so.
    let head = match journal.head().await? {
        Some(head) if !head.value.is_done() => head,
        _ => return Ok(journal.erase(number).await?),
    };
    if matches!(head.value.state, State::Suspended { .. }) {
        let wake = Wake { task: task.to_owned(), epoch: head.value.epoch };
        let request = &head.value.request;
        let mut draft = EventDraft::new(request.topic, request.event_type.clone(), &wake)?;
        draft.payload_schema_name = Some(Wake::SCHEMA.into());
        let event = lineage::response(request, agent, wake.id(), draft, services.clock.timestamp());
        let to = Address::Subscription(head.value.subscription);
        for published in services.broker.publish(vec![Publication::new(Arc::new(event), to)]).await {
            published?;
        }
    }
    Ok(())
}
