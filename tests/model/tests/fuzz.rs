//! Fuzzed answers: whatever a model says, nothing invalid is published, and it is never asked more often than it may be.
//!
//! 5,000 answers; `SOORMA_FUZZ=100000 cargo test -p soorma-model-tests --test fuzz -- --nocapture` for more, and
//! `SOORMA_SEED` for others. The seed is printed.

#![allow(clippy::unwrap_used)]

#[path = "fuzz/answers.rs"]
mod answers;
#[path = "fuzz/random.rs"]
mod random;

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;
use soorma::{
    App, BoxFuture, EventEnvelope, handlers,
    planner::{
        Acted, DecideError, DecisionRecord, EventSelector, Model, ModelError, Planner, PlannerAction, Prompt,
    },
    prelude::*,
    testing::TestApp,
};
use soorma_model_tests::{CustomerTold, DeleteAccount, ToBilling, ToTechnician, offered};

use self::{answers::Answers, random::Random};

/// How often the model may be asked for one decision.
const CALLS: u32 = 3;

#[on_event(agent = "billing")]
async fn bill(_request: Event<ToBilling>) {}

#[on_event(agent = "accounts")]
async fn delete(_request: Event<DeleteAccount>) {}

/// A model that says anything.
struct Babbler(Mutex<Babble>);

struct Babble {
    answers: Answers,
    random: Random,
    /// How many answers there were to one decision.
    calls: u32,
    /// How many answers there were of each kind.
    kinds: BTreeMap<&'static str, usize>,
}

impl Babbler {
    fn with<R>(&self, look: impl FnOnce(&mut Babble) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Model for Babbler {
    fn name(&self) -> &str {
        "babbler"
    }

    fn complete<'a>(&'a self, prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>> {
        Box::pin(async move {
            Ok(self.with(|babble| {
                babble.calls += 1;
                let plans = prompt.system.contains("\"action\"");
                let (kind, answer) = babble.answers.next(&mut babble.random, plans);
                *babble.kinds.entry(kind).or_default() += 1;
                answer
            }))
        })
    }
}

/// What is published must be one of the three, on its topic, valid by another validator, and of its type.
fn is_valid(event: &EventEnvelope, validators: &BTreeMap<String, (EventTopic, jsonschema::Validator)>) {
    let name = &event.event_type;
    let Some((topic, validator)) = validators.get(&**name) else { panic!("`{name}` was published") };
    assert_eq!(event.topic, *topic, "`{name}` was published on another topic");
    let data: Value = event.data_as().unwrap();
    assert!(validator.is_valid(&data), "`{name}` was published with {data}");
    match &**name {
        "ticket.to-billing" => drop(event.data_as::<ToBilling>().unwrap()),
        "ticket.to-technician" => drop(event.data_as::<ToTechnician>().unwrap()),
        _ => drop(event.data_as::<CustomerTold>().unwrap()),
    }
}

#[tokio::test]
async fn whatever_a_model_answers_nothing_invalid_is_published_and_no_call_is_made_too_often() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (seed, total) = (number("SOORMA_SEED").unwrap_or(20_26), number("SOORMA_FUZZ").unwrap_or(5_000));
    println!("seed {seed}, {total} answers");
    let total = usize::try_from(total).unwrap();

    let validators: BTreeMap<_, _> = offered()
        .iter()
        .map(|event| {
            let validator = jsonschema::draft202012::new(&event.payload.schema).unwrap();
            (event.event_name.clone(), (event.topic, validator))
        })
        .collect();
    let app = App::builder("desk").handlers(handlers![bill, delete]);
    let app = TestApp::start(app).await.unwrap();
    let own = app.events().len();
    let toolkit = EventToolkit::new(app.bus());
    let offer = toolkit.offer(offered());
    let records = DecisionRecord::of(&toolkit);
    let model = Babbler(Mutex::new(Babble {
        answers: Answers::default(),
        random: Random::new(seed),
        calls: 0,
        kinds: BTreeMap::new(),
    }));
    let selector = EventSelector::new(&toolkit, &model).max_calls(CALLS);
    let planner = Planner::new(&toolkit, &model)
        .max_calls(CALLS)
        .may_wait_for(["approval.granted"])
        .may_delegate_to(["billing"]);

    let (mut taken, mut published, mut exhausted) = (0, 0, 0);
    let mut asked = 0;
    let mut decision = 0_u32;
    while asked < total {
        decision += 1;
        let id = decision.to_string();
        model.with(|babble| babble.calls = 0);
        let error = if decision.is_multiple_of(2) {
            match selector.select(&id, &offer, "a ticket").await {
                Ok(selection) => {
                    if let Some(payload) = selection.payload {
                        toolkit.publish(payload).await.unwrap();
                        published += 1;
                    }
                    None
                }
                Err(error) => Some(error),
            }
        } else {
            match planner.decide(&id, &offer, "a ticket").await {
                Ok(decision) => {
                    match &decision.action {
                        PlannerAction::Wait { expected_event, .. } => {
                            assert_eq!(expected_event, "approval.granted");
                        }
                        PlannerAction::Delegate { agent, .. } => assert_eq!(agent, "billing"),
                        PlannerAction::Publish { .. } | PlannerAction::Complete { .. } => {}
                    }
                    published += usize::from(planner.act(&decision).await.unwrap() != Acted::Nothing);
                    None
                }
                Err(error) => Some(error),
            }
        };
        match error {
            None => taken += 1,
            Some(DecideError::Exhausted { calls, last_violations: Some(_), .. }) => {
                assert_eq!(calls, CALLS as usize);
                exhausted += 1;
            }
            Some(error) => panic!("{error}"),
        }
        let calls = model.with(|babble| babble.calls);
        assert!((1..=CALLS).contains(&calls), "{calls} calls for one decision");
        assert!(records.delete(&id).await.unwrap());
        asked += calls as usize;
    }

    let events = app.events();
    let events = &events[own..];
    for event in events {
        is_valid(event, &validators);
    }
    assert_eq!(events.len(), published);
    println!(
        "{asked} answers, {decision} decisions: {taken} taken, {exhausted} exhausted; {published} published"
    );
    model.with(|babble| println!("{:?}", babble.kinds));
    assert!(
        taken > decision as usize / 10 && exhausted > decision as usize / 10,
        "the answers are of no use"
    );
}
