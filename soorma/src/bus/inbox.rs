//! The inbox of a process: where the answers to its questions arrive.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use soorma_common::{Address, EventEnvelope, EventPattern, EventTopic, id};
use tokio::{
    sync::{OnceCell, oneshot},
    task::AbortHandle,
};

use crate::{
    broker::{BrokerError, Hears, Kind, Subscription, SubscriptionId, SubscriptionSpec},
    services::Services,
};

/// How many answers are drawn at once.
const BATCH: usize = 64;

/// The inbox of a process. Made on the first question, before its request is published.
#[derive(Debug)]
pub(crate) struct Inbox {
    name: String,
    waiting: Arc<Waiting>,
    reader: OnceCell<AbortHandle>,
}

/// Who waits for the answer to which request. Bounded by the number of callers.
#[derive(Debug, Default)]
struct Waiting(Mutex<Option<HashMap<String, oneshot::Sender<Arc<EventEnvelope>>>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Option<HashMap<String, oneshot::Sender<Arc<EventEnvelope>>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an answer to whoever waits for it. A late one finds nobody.
    fn resolve(&self, answer: &Arc<EventEnvelope>) {
        let mut waiting = self.lock();
        let Some(callers) = waiting.as_mut() else { return };
        // By the request that it descends from; by conversation for workers that know no more.
        let caller = answer
            .parent_event_id
            .as_deref()
            .and_then(|request| callers.remove(request))
            .or_else(|| callers.remove(&*answer.correlation_id));
        if let Some(caller) = caller {
            // The caller may have just given up; then there is nobody to tell.
            let _ = caller.send(answer.clone());
        } else {
            tracing::debug!(
                id = &*answer.id,
                event_type = &*answer.event_type,
                "an answer that nobody waits for"
            );
        }
    }
}

/// One caller's place; gives it up when it is dropped.
#[derive(Debug)]
pub(super) struct Expected {
    request: String,
    waiting: Arc<Waiting>,
    answer: oneshot::Receiver<Arc<EventEnvelope>>,
}

impl Expected {
    /// The answer; `None` when the inbox was closed.
    pub(super) async fn wait(&mut self) -> Option<Arc<EventEnvelope>> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        if let Some(callers) = self.waiting.lock().as_mut() {
            callers.remove(&self.request);
        }
    }
}

impl Inbox {
    pub(crate) fn new(agent: &str) -> Self {
        let waiting = Waiting(Mutex::new(Some(HashMap::new())));
        let name = format!("{agent}.{}", id::fresh());
        Self { name, waiting: Arc::new(waiting), reader: OnceCell::new() }
    }

    /// Makes the inbox, unless it is there, and gives its address.
    pub(super) async fn open(&self, services: &Services) -> Result<Address, BrokerError> {
        self.reader
            .get_or_try_init(|| async {
                let spec = self.spec(services)?;
                let subscription = services.broker.subscribe(&spec).await?;
                let reader = tokio::spawn(services.clock.task(read(subscription, self.waiting.clone())));
                Ok::<_, BrokerError>(reader.abort_handle())
            })
            .await?;
        Ok(Address::Inbox(self.name.clone()))
    }

    fn spec(&self, services: &Services) -> Result<SubscriptionSpec, BrokerError> {
        let all: EventPattern = ">".parse().map_err(|_| BrokerError::Refused("pattern `>`".to_owned()))?;
        Ok(SubscriptionSpec {
            id: SubscriptionId {
                agent: self.name.clone(),
                topic: EventTopic::ActionResults,
                pattern: ">".to_owned(),
                name: String::new(),
            },
            patterns: vec![all],
            hears: Hears::All,
            kind: Kind::Inbox(self.name.clone()),
            lease: services.settings.lease,
        })
    }

    /// Takes a place for the answer to a request.
    pub(super) fn expect(&self, request: &str) -> Expected {
        let (sender, answer) = oneshot::channel();
        if let Some(callers) = self.waiting.lock().as_mut() {
            callers.insert(request.to_owned(), sender);
        }
        Expected { request: request.to_owned(), waiting: self.waiting.clone(), answer }
    }

    /// Ends all waiting, now and later.
    pub(crate) fn close(&self) {
        *self.waiting.lock() = None;
        if let Some(reader) = self.reader.get() {
            reader.abort();
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.close();
    }
}

async fn read(mut subscription: Box<dyn Subscription>, waiting: Arc<Waiting>) {
    while let Ok(deliveries) = subscription.next(BATCH).await {
        for delivery in deliveries {
            waiting.resolve(&delivery.event);
            if let Err(error) = delivery.receipt.ack().await {
                tracing::debug!(%error, "the inbox could not acknowledge an answer");
            }
        }
    }
    // The broker is closed: nobody shall wait for what cannot come.
    *waiting.lock() = None;
}
