//! Deciding what an agent does next, and doing it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use super::{
    DecideError, Model, PlannerAction, PlannerDecision,
    actions::Allowed,
    inquiry::{Inquirer, json_of},
    text,
};
use crate::{
    BoxFuture, EventToolkit,
    broker::Published,
    error::BusError,
    store::StoreError,
    toolkit::{Offer, ValidatedPayload},
};
use serde::Serialize;

/// Has a model decide what an agent does next: publish an event, complete, wait, or delegate.
///
/// It chooses among what is allowed, and nothing else: events of the [`Offer`], events that it
/// [may wait for](Self::may_wait_for), agents that it [may delegate to](Self::may_delegate_to). An action of which nothing is
/// allowed is not shown to it. Calls are counted and decisions recorded as by the [`EventSelector`](super::EventSelector).
///
/// ```
/// use soorma::{handlers, planner::{Planner, PlannerAction, ScriptedModel}, prelude::*, testing::TestApp};
///
/// /// Somebody wants to know something.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = BusinessFacts, event_type = "question.raised")]
/// struct QuestionRaised { question: String }
///
/// /// Search the web.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionRequests, event_type = "web.search", response = Found)]
/// struct Search { query: String }
///
/// /// What the search found.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionResults, event_type = "web.found")]
/// struct Found { pages: Vec<String> }
///
/// #[on_event]
/// async fn begin(question: Event<QuestionRaised>, toolkit: EventToolkit, model: State<ScriptedModel>) -> anyhow::Result<()> {
///     let offer = toolkit.offer(toolkit.discover_actionable_events(ActionRequests).await?);
///     let planner = Planner::new(&toolkit, &*model).may_wait_for(["approval.granted"]);
///     let decision = planner.decide("begin", &offer, &*question).await?;
///     match &decision.action {
///         PlannerAction::Publish { .. } | PlannerAction::Delegate { .. } => drop(planner.act(&decision).await?),
///         PlannerAction::Complete { result } => println!("{result:?}: {}", decision.reason),
///         PlannerAction::Wait { expected_event, timeout } => println!("{expected_event} within {timeout:?}"),
///     }
///     Ok(())
/// }
///
/// #[on_task(agent = "searcher")]
/// async fn search(task: Task<Search>) -> Found {
///     Found { pages: vec![format!("all about {}", task.query)] }
/// }
///
/// #[on_result]
/// async fn found(result: TaskResult<Found>) {
///     // Ask the planner again, with what was found.
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let model = ScriptedModel::answers([
///     r#"{"action": "publish", "event_type": "web.search", "data": {"query": "crabs"}, "reasoning": "Nothing is known yet."}"#,
/// ]);
/// let app = App::builder("asker").handlers(handlers![begin, search, found]).state(model);
/// let app = TestApp::start(app).await?;
/// app.publish(QuestionRaised { question: "What do crabs eat?".into() }).await?;
/// app.settle().await?;
/// assert_eq!(app.published::<Found>()[0].pages, ["all about crabs"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Planner<'a> {
    inquirer: Inquirer<'a>,
    waits: BTreeSet<String>,
    delegates: BTreeSet<String>,
}

/// What [`Planner::act`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    /// It published an event that asks for no answer.
    Published(Published),
    /// It sent a request of this id; the answer comes to this agent's `#[on_result]`.
    Requested(String),
    /// It did nothing: to complete and to wait is up to the caller.
    Nothing,
}

impl<'a> Planner<'a> {
    /// A planner that asks this model, in the name of the toolkit's agent.
    #[must_use]
    pub fn new(toolkit: &EventToolkit, model: &'a dyn Model) -> Self {
        Self { inquirer: Inquirer::new(toolkit, model), waits: BTreeSet::new(), delegates: BTreeSet::new() }
    }

    /// [`EventSelector::instructions`](super::EventSelector::instructions)
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.inquirer.instructions = instructions.into();
        self
    }

    /// [`EventSelector::max_calls`](super::EventSelector::max_calls)
    #[must_use]
    pub fn max_calls(mut self, calls: u32) -> Self {
        self.inquirer.max_calls(calls);
        self
    }

    /// [`EventSelector::keep_records`](super::EventSelector::keep_records)
    #[must_use]
    pub fn keep_records(mut self, duration: Duration) -> Self {
        self.inquirer.keep(duration);
        self
    }

    /// The events that the model may decide to wait for; none where nothing is said.
    #[must_use]
    pub fn may_wait_for<E: Into<String>>(mut self, events: impl IntoIterator<Item = E>) -> Self {
        self.waits = events.into_iter().map(Into::into).collect();
        self
    }

    /// The agents that the model may delegate to; none where nothing is said. Of these it is shown those that live when
    /// it is asked and take an event of the offer.
    #[must_use]
    pub fn may_delegate_to<A: Into<String>>(mut self, agents: impl IntoIterator<Item = A>) -> Self {
        self.delegates = agents.into_iter().map(Into::into).collect();
        self
    }

    /// Decides what is done next.
    ///
    /// `name`, `situation` and cancelling are as for [`EventSelector::select`](super::EventSelector::select); a goal, and what has
    /// been done for it so far, belong into the situation.
    ///
    /// # Errors
    /// [`DecideError`].
    pub fn decide<'s>(
        &'s self,
        name: &'s str,
        offer: &'s Offer,
        situation: impl Serialize,
    ) -> BoxFuture<'s, Result<PlannerDecision, DecideError>> {
        let situation = json_of(&situation);
        let id = self.inquirer.id("plan", name);
        Box::pin(async move {
            let allowed = Allowed { offer, waits: &self.waits, delegates: self.delegates_for(offer).await? };
            let mut data = allowed.data();
            data.push(("Situation", situation?));
            let prompt = text::prompt(&allowed.task(), &self.inquirer.instructions, offer, &data);
            let form = allowed.form();
            let judge = |answer: &_| allowed.read(&form, answer);
            let decided = self.inquirer.ask((id, name), offer, &prompt, judge).await?;
            let (action, reason) = decided.value;
            Ok(PlannerDecision { id: decided.id, action, reason })
        })
    }

    /// Does what was decided, where that is to publish: an event that declares a response is sent as a request, whose answer
    /// this agent's `#[on_result]` hears. What is delegated is heard by no agent but the one that was chosen.
    ///
    /// Inside a handler the id of the event is derived, so that it is published once also where the handler runs again
    /// (within the broker's dedup window). Outside of handlers each call publishes.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn act(&self, decision: &PlannerDecision) -> Result<Acted, BusError> {
        match &decision.action {
            PlannerAction::Publish { payload } => self.send(payload, None).await,
            PlannerAction::Delegate { agent, payload } => self.send(payload, Some(agent)).await,
            PlannerAction::Complete { .. } | PlannerAction::Wait { .. } => Ok(Acted::Nothing),
        }
    }

    async fn send(&self, payload: &ValidatedPayload, to: Option<&str>) -> Result<Acted, BusError> {
        let mut draft = self.inquirer.toolkit.draft(payload);
        if let Some(agent) = to {
            draft = draft.assigned_to(agent);
        }
        Ok(match payload.definition().response {
            Some(_) => Acted::Requested(draft.request().await?),
            None => Acted::Published(draft.publish().await?),
        })
    }

    /// The agents that may be delegated to now, and the offered events that each takes.
    async fn delegates_for(&self, offer: &Offer) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
        let mut found = BTreeMap::new();
        if self.delegates.is_empty() {
            return Ok(found);
        }
        let catalogue = self.inquirer.toolkit.registry().catalogue().await?;
        for agent in &self.delegates {
            let instances = || catalogue.agents().filter(|instance| instance.name == *agent);
            let taken =
                offer.definitions().filter(|event| instances().any(|instance| instance.consumes(event)));
            let taken: BTreeSet<_> = taken.map(|event| event.event_name.clone()).collect();
            if !taken.is_empty() {
                found.insert(agent.clone(), taken);
            }
        }
        Ok(found)
    }
}

impl fmt::Debug for Planner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planner")
            .field("model", &self.inquirer.model.name())
            .field("may_wait_for", &self.waits)
            .field("may_delegate_to", &self.delegates)
            .finish_non_exhaustive()
    }
}
