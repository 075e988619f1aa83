//! Choosing one event for a situation.

use std::{fmt, sync::LazyLock, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    DecideError, Model,
    form::Form,
    inquiry::{Inquirer, json_of, reason},
    text,
};
use crate::{
    BoxFuture, EventToolkit,
    toolkit::{Offer, ValidatedPayload},
};

const TASK: &str = "\
You choose the event that an agent publishes next, and write its data.

Answer with one JSON object and nothing else:
{\"event_type\": <the name of one of the offered events, or null if none of them fits>, \"data\": <the data of that event, as its \
schema says; left out for null>, \"reasoning\": <why, in one or two sentences>}";

static FORM: LazyLock<Form> = LazyLock::new(|| {
    Form::new(&json!({
        "type": "object",
        "properties": {
            "event_type": { "type": ["string", "null"] },
            "data": {},
            "reasoning": { "type": "string" },
        },
        "required": ["event_type", "reasoning"],
    }))
});

/// Has a model choose one event of an [`Offer`] for a situation, and write its data.
///
/// The model is asked at most [`max_calls`](Self::max_calls) times: what is wrong with an answer is told to it, and it
/// may answer again. What is taken is an event of the offer, with data that follows its schema, on its topic. See the
/// [module](crate::planner) for what is recorded, and for what this does not protect from.
///
/// ```
/// use soorma::{handlers, planner::{EventSelector, ScriptedModel}, prelude::*, testing::TestApp};
///
/// /// A customer wrote to us.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = BusinessFacts, event_type = "ticket.opened")]
/// struct TicketOpened { text: String }
///
/// /// Have somebody from billing look at a ticket.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = ActionRequests, event_type = "ticket.to-billing")]
/// struct ToBilling { summary: String }
///
/// #[on_event]
/// async fn route(ticket: Event<TicketOpened>, toolkit: EventToolkit, model: State<ScriptedModel>) -> anyhow::Result<()> {
///     let offer = toolkit.offer(toolkit.discover_actionable_events(ActionRequests).await?);
///     let selection = EventSelector::new(&toolkit, &*model).select("route", &offer, &*ticket).await?;
///     if let Some(payload) = selection.payload {
///         toolkit.publish(payload).await?;
///     }
///     Ok(())
/// }
///
/// #[on_event(agent = "billing")]
/// async fn bill(request: Event<ToBilling>) {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let model = ScriptedModel::answers([
///     r#"{"event_type": "ticket.to-billing", "data": {"summery": "charged twice"}, "reasoning": "It is about money."}"#,
///     r#"{"event_type": "ticket.to-billing", "data": {"summary": "charged twice"}, "reasoning": "It is about money."}"#,
/// ]);
/// let app = App::builder("router").handlers(handlers![route, bill]).state(model.clone());
/// let app = TestApp::start(app).await?;
/// app.publish(TicketOpened { text: "You have charged me twice!".into() }).await?;
/// app.settle().await?;
/// assert_eq!(app.published::<ToBilling>()[0].summary, "charged twice");
/// assert_eq!(model.prompts().len(), 2, "the first answer had a misspelt key");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct EventSelector<'a>(Inquirer<'a>);

/// What a model chose.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The decision: under this id its [record](super::DecisionRecord) is kept.
    pub id: String,
    /// The event, ready for [`EventToolkit::publish`] or [`EventToolkit::request`]; `None` where none of the offered ones
    /// fits.
    pub payload: Option<ValidatedPayload>,
    /// Why, in the model's words, cut to 2,000 characters: for people, not to act on.
    pub reason: String,
}

impl<'a> EventSelector<'a> {
    /// A selector that asks this model, in the name of the toolkit's agent.
    #[must_use]
    pub fn new(toolkit: &EventToolkit, model: &'a dyn Model) -> Self {
        Self(Inquirer::new(toolkit, model))
    }

    /// What the model is told beside the rules of answering: text of the program, never of an event.
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.0.instructions = instructions.into();
        self
    }

    /// How many calls of the model one decision may cost, over all restarts: 1 to 10 (what lies outside is taken as the
    /// nearest of them), 3 where nothing is said. A call that the model [has not taken](super::ModelError::NotTaken)
    /// does not count.
    #[must_use]
    pub fn max_calls(mut self, calls: u32) -> Self {
        self.0.max_calls(calls);
        self
    }

    /// For how long the record is kept after its last change, 30 days where nothing is said. Once it is gone, the same
    /// event handled again costs calls again.
    #[must_use]
    pub fn keep_records(mut self, duration: Duration) -> Self {
        self.0.keep(duration);
        self
    }

    /// Chooses one of the offered events, or none.
    ///
    /// `name` tells apart the decisions of one handler, and the same name the second time is another decision: when the
    /// event is handled again, each finds its record and the model is not asked again. Calls are numbered when this
    /// method is called. Outside of handlers (in a start-up hook, or with the bus of a program) `name` is the id of the
    /// decision, among all of the agent's: a decision of that id that is recorded is given back, whatever the situation is.
    ///
    /// `situation` is anything that can be written as JSON: a text, a payload, an envelope.
    ///
    /// Cancelling leaves a call that was begun counted, and its answer lost.
    ///
    /// # Errors
    /// [`DecideError`].
    pub fn select<'s>(
        &'s self,
        name: &'s str,
        offer: &'s Offer,
        situation: impl Serialize,
    ) -> BoxFuture<'s, Result<Selection, DecideError>> {
        let situation = json_of(&situation);
        let id = self.0.id("select", name);
        Box::pin(async move {
            let prompt = text::prompt(TASK, &self.0.instructions, offer, &[("Situation", situation?)]);
            let decided = self.0.ask((id, name), offer, &prompt, |answer| choice(offer, answer)).await?;
            let (payload, reason) = decided.value;
            Ok(Selection { id: decided.id, payload, reason })
        })
    }
}

/// What an answer says, if it may be taken.
fn choice(offer: &Offer, answer: &Value) -> Result<(Option<ValidatedPayload>, String), String> {
    FORM.check(answer)?;
    let reason = reason(answer["reasoning"].as_str().unwrap_or_default());
    let data = &answer["data"];
    match answer["event_type"].as_str() {
        Some(event) => {
            let payload = offer.validate(event, data.clone()).map_err(|error| error.to_string())?;
            Ok((Some(payload), reason))
        }
        None if data.is_null() => Ok((None, reason)),
        None => {
            Err("`event_type` is null, and yet there is `data`: name its event, or leave it out".to_owned())
        }
    }
}

impl fmt::Debug for EventSelector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSelector").field("model", &self.0.model.name()).finish_non_exhaustive()
    }
}
