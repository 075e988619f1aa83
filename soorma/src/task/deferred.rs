//! `Deferred`: what a task returns that does not answer yet.

use std::{
    marker::PhantomData,
    sync::{Arc, atomic::Ordering},
};

use serde_json::value::RawValue;
use soorma_common::{EventPayload, Request};

use super::{TaskRun, deferral::Deferrals, error::TaskError, id};
use crate::{
    Bus, RequestCall,
    broker::PublishError,
    error::BusError,
    handler::Scope,
    outputs::{IntoOutputs, Outputs, Produces},
    store::StoreError,
};

/// A task that answers later: from an `#[on_result]`, by way of [`TaskResult::task`](crate::TaskResult::task). Made by
/// [`Task::defer`](crate::Task::defer).
///
/// Made for as many as some hundred requests: each change of the state writes all of it, with 20 bytes for each change that
/// was made.
///
/// ```
/// use soorma::{Deferred, handlers, prelude::*, testing::TestApp};
///
/// /// Pack an order.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionRequests, event_type = "order.pack", response = OrderPacked)]
/// struct PackOrder { items: Vec<String> }
///
/// /// An order is packed.
/// #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionResults, event_type = "order.packed")]
/// struct OrderPacked { items: usize }
///
/// /// Fetch an item.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionRequests, event_type = "item.fetch", response = ItemFetched)]
/// struct FetchItem { item: String }
///
/// /// An item was fetched.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionResults, event_type = "item.fetched")]
/// struct ItemFetched { item: String }
///
/// #[on_task]
/// async fn pack(task: Task<PackOrder>) -> anyhow::Result<Deferred<OrderPacked>> {
///     let packed: Vec<String> = Vec::new();
///     let deferred = task.defer(&packed).await?;
///     for item in &task.items {
///         deferred.request(FetchItem { item: item.clone() }).await?;
///     }
///     Ok(deferred)
/// }
///
/// #[on_result]
/// async fn fetched(result: TaskResult<ItemFetched>) -> anyhow::Result<()> {
///     // `None` where it is over already.
///     let Some(order) = result.task::<PackOrder>().await? else { return Ok(()) };
///     match result.as_result() {
///         Ok(fetched) => {
///             let packed = order.update(|packed: &mut Vec<String>| packed.push(fetched.item.clone())).await?;
///             if packed.len() == order.items.len() {
///                 order.complete(OrderPacked { items: packed.len() }).await?;
///             }
///         }
///         Err(failed) => drop(order.fail(&failed.reason).await?),
///     }
///     Ok(())
/// }
///
/// #[on_task(agent = "store")]
/// async fn fetch(task: Task<FetchItem>) -> ItemFetched {
///     ItemFetched { item: task.into_payload().item }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let app = TestApp::start(App::builder("packer").handlers(handlers![pack, fetched, fetch])).await?;
/// let packed = app.ask(PackOrder { items: vec!["a pen".into(), "a book".into()] }).await?;
/// assert_eq!(packed, OrderPacked { items: 2 });
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "return it from the task"]
pub struct Deferred<R> {
    bus: Bus,
    task: String,
    response: PhantomData<fn() -> R>,
}

impl<R> Deferred<R> {
    /// Asks another agent; the answer is heard by this agent's `#[on_result]`, and leads back to the task.
    ///
    /// `.await` it as it is, or set [`RequestCall::response_event`] first. A task that runs again sends the same request again
    /// and not another one, within the broker's dedup window.
    pub fn request<P: Request>(&self, payload: P) -> RequestCall {
        RequestCall::new(self.bus.clone(), &payload, Some(self.task.clone()))
    }
}

/// Nothing is published now; the signature says what will be.
impl<R: EventPayload> IntoOutputs for Deferred<R> {
    const PRODUCES: Produces = Produces::One(R::CONTRACT);

    fn into_outputs(self, outputs: &mut Outputs) -> anyhow::Result<()> {
        outputs.defer();
        Ok(())
    }
}

/// Keeps the state of a task, and gives what it returns.
pub(crate) async fn defer<R>(run: &TaskRun, state: &RawValue) -> Result<Deferred<R>, TaskError> {
    if run.is_over() {
        return Err(TaskError::TakenOver);
    }
    let scope = run.defers().clone();
    let round = run.deferrals().open(run.task(), run.request(), &run.subscription, state).await?;
    if let Some(until) = run.request().expires_at {
        match run.set_timer(id::end(run.task(), &round), until).await {
            // Then the record ends, and nobody is told.
            Err(TaskError::Bus(BusError::Publish { source: PublishError::Unsupported(_), .. })) => {}
            set => set?,
        }
    }
    Ok(Deferred {
        bus: Bus::new(run.services.clone(), run.agent.clone(), Some(scope)),
        task: id::round(run.task(), &round),
        response: PhantomData,
    })
}

impl TaskRun {
    /// Whether its answer is left to others.
    pub(crate) fn is_deferred(&self) -> bool {
        self.deferred.get().is_some()
    }

    /// Whether something was published past the depth that a workflow may have.
    pub(crate) fn is_too_deep(&self) -> bool {
        self.deferred.get().is_some_and(|scope| scope.too_deep.load(Ordering::Relaxed))
    }

    /// Whether the task was deferred by an earlier run, and is answered.
    pub(super) async fn is_answered(&self) -> Result<bool, StoreError> {
        let found = self.deferrals().is_answered(self.task()).await?;
        if found.is_some() {
            self.defers();
        }
        Ok(found.unwrap_or_default())
    }

    /// Says that the request of a task that was deferred does not come again.
    pub(crate) async fn settle_deferral(&self) -> Result<(), StoreError> {
        if self.is_deferred() {
            self.deferrals().settle(self.task(), self.request()).await?;
        }
        Ok(())
    }

    /// Ends a task that fails for good; false where it was deferred, and somebody has answered.
    pub(crate) async fn end_deferral(&self) -> Result<bool, StoreError> {
        self.deferrals().give_up(self.task()).await
    }

    fn defers(&self) -> &Arc<Scope> {
        let scope = || Arc::new(Scope::new(self.request().clone(), self.subscription.clone()));
        self.deferred.get_or_init(scope)
    }

    fn deferrals(&self) -> Deferrals<'_> {
        Deferrals::new(&self.services, &self.agent)
    }
}
