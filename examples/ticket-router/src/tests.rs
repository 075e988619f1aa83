//! Every ticket has one outcome, and nothing is requested but what is offered and somebody answers, whatever tickets and models say.

use std::time::Duration;

use soorma::{
    Handlers, Identity, handlers,
    planner::{Message, Model, ModelError, ScriptedModel},
    prelude::*,
    testing::{TestApp, TestBed},
};

use crate::{
    accounts::{self, DeleteAccount, PasswordCodeSent, ResetPassword},
    billing::{self, RefundAnswered},
    router, script, shipping,
    tickets::{self, Outcome, Ticket, TicketHandled, TicketOpened},
};

fn rules() -> ScriptedModel {
    ScriptedModel::with(|prompt| Ok(script::answer(prompt)))
}

fn app(name: &str, handlers: Handlers, model: &ScriptedModel) -> AppBuilder {
    let model: Box<dyn Model> = Box::new(model.clone());
    App::builder(name).handlers(handlers).state(model)
}

fn everybody() -> Handlers {
    handlers![
        router::route,
        router::answered,
        billing::refund,
        accounts::reset_password,
        accounts::delete,
        shipping::trace
    ]
}

fn sample() -> Vec<Ticket> {
    tickets::read(None).unwrap()
}

async fn open(app: &TestApp, tickets: &[Ticket]) {
    for Ticket { number, customer, text } in tickets.iter().cloned() {
        let customer = Identity { user_id: Some(customer), ..Identity::default() };
        app.bus().on_behalf_of(customer).publish(TicketOpened { number, text }).await.unwrap();
    }
}

/// Settles, and gives the one outcome of each ticket, in their order.
async fn outcomes(app: &TestApp, tickets: &[Ticket]) -> Vec<TicketHandled> {
    app.settle().await.unwrap();
    let mut handled = app.published::<TicketHandled>();
    handled.sort_by_key(|handled| handled.number);
    let numbers: Vec<_> = handled.iter().map(|handled| handled.number).collect();
    assert_eq!(numbers, tickets.iter().map(|ticket| ticket.number).collect::<Vec<_>>());
    assert!(
        app.dead_letters()
            .await
            .unwrap()
            .iter()
            .all(|letter| letter.body.event().unwrap().topic != BusinessFacts)
    );
    handled
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered { .. } => "answered",
        Outcome::Failed { .. } => "failed",
        Outcome::NoneFits { .. } => "none fits",
        Outcome::Undecided { .. } => "undecided",
        Outcome::NoAnswer { .. } => "no answer",
    }
}

/// The first prompt that a model was asked.
fn asked(model: &ScriptedModel) -> String {
    let prompts = model.prompts();
    let Message::User(text) = &prompts[0].messages[0] else { panic!("{prompts:?}") };
    text.clone()
}

#[tokio::test]
async fn every_ticket_of_the_sample_has_one_outcome() {
    let tickets = sample();
    let app = TestApp::start(app("router", everybody(), &rules())).await.unwrap();
    open(&app, &tickets).await;
    let handled = outcomes(&app, &tickets).await;
    let kinds: Vec<_> = handled.iter().map(|handled| kind(&handled.outcome)).collect();
    let (a, n, u) = ("answered", "none fits", "undecided");
    assert_eq!(kinds, [a, a, a, a, n, a, a, n, a, u, a, n]);
}

#[tokio::test]
async fn a_wrong_choice_is_repaired_and_an_invented_event_is_not_published() {
    let tickets = sample();
    let app = TestApp::start(app("router", everybody(), &rules())).await.unwrap();
    open(&app, &tickets).await;
    let handled = outcomes(&app, &tickets).await;
    let [violations] = &handled[0].not_taken[..] else { panic!("{handled:?}") };
    assert!(violations.contains("/reason: \"double-charge\"; expected one of"), "{violations}");
    assert!(
        violations.contains("/ordr: an unknown key") && violations.contains("did you mean `order`?"),
        "{violations}"
    );
    assert_eq!(handled[5].not_taken, ["no event `refund.pay` is offered"]);
    let refunds = app.published::<RefundAnswered>();
    let paid: u32 = refunds
        .iter()
        .map(|answer| if let RefundAnswered::Refunded { cents } = answer { *cents } else { 0 })
        .sum();
    assert_eq!(paid, 1890 + 4200 + 999, "and not what was asked for somebody else's order");
}

#[tokio::test]
async fn nothing_outside_the_offer_is_published_though_tickets_demand_it_and_the_model_obeys() {
    let obedient = ScriptedModel::with(|_| {
        Ok(r#"{"event_type": "account.delete", "data": {}, "reasoning": "The ticket says so."}"#.to_owned())
    });
    let tickets = sample();
    for model in [rules(), obedient] {
        let app = TestApp::start(app("router", everybody(), &model)).await.unwrap();
        open(&app, &tickets).await;
        outcomes(&app, &tickets).await;
        assert!(app.published::<DeleteAccount>().is_empty());
        let offered = ["refund.request", "password.reset", "parcel.trace"];
        let events = app.events();
        let requests: Vec<_> = events.iter().filter(|event| event.topic == ActionRequests).collect();
        assert!(requests.iter().all(|event| offered.contains(&&*event.event_type)), "{requests:?}");
        let lines: Vec<_> = asked(&model)
            .lines()
            .filter_map(|line| serde_json::from_str::<String>(line.strip_prefix("event: ")?).ok())
            .collect();
        assert_eq!(lines, ["parcel.trace", "password.reset", "refund.request"]);
    }
}

#[tokio::test]
async fn the_customer_is_whoever_is_logged_in_and_nobody_that_a_model_names() {
    let tickets = &sample()[1..2];
    let app = TestApp::start(app("router", everybody(), &rules())).await.unwrap();
    open(&app, tickets).await;
    outcomes(&app, tickets).await;
    assert_eq!(app.published::<PasswordCodeSent>()[0].to, "c-12");
}

#[tokio::test]
async fn the_events_of_an_agent_that_was_killed_are_offered_no_more() {
    let bed = TestBed::new();
    let model = rules();
    let router = bed.start(app("router", handlers![router::route, router::answered], &model)).await.unwrap();
    let billing = bed.start(app("billing", handlers![billing::refund], &model)).await.unwrap();
    let shipping = bed.start(app("shipping", handlers![shipping::trace], &model)).await.unwrap();
    shipping.kill();
    router.advance(Duration::from_secs(60)).await;
    let tickets = &sample()[2..3];
    open(&router, tickets).await;
    let handled = outcomes(&router, tickets).await;
    assert_eq!(kind(&handled[0].outcome), "none fits");
    let asked = asked(&model);
    assert!(asked.contains("refund.request") && !asked.contains("parcel.trace"), "{asked}");

    billing.kill();
    router.advance(Duration::from_secs(60)).await;
    open(&router, &sample()[3..4]).await;
    let handled = outcomes(&router, &sample()[2..4]).await;
    assert_eq!(kind(&handled[1].outcome), "none fits");
    assert_eq!(model.prompts().len(), 1, "nothing is offered, so nobody is asked");
}

#[on_task(agent = "accounts")]
async fn reset_never(_task: Task<ResetPassword>) -> anyhow::Result<PasswordCodeSent> {
    anyhow::bail!("the gateway is closed")
}

#[tokio::test]
async fn an_agent_that_gives_up_is_an_outcome() {
    let tickets = &sample()[1..2];
    let handlers = handlers![router::route, router::answered, reset_never];
    let app = TestApp::start(app("router", handlers, &rules())).await.unwrap();
    open(&app, tickets).await;
    let handled = outcomes(&app, tickets).await;
    let Outcome::Failed { reason, chosen } = &handled[0].outcome else { panic!("{handled:?}") };
    assert_eq!((&**reason, &*chosen.event), ("the gateway is closed", "password.reset"));
}

#[tokio::test]
async fn a_model_that_cannot_be_asked_is_tried_again_and_then_an_outcome() {
    let tickets = &sample()[..1];
    let errors: [fn() -> ModelError; 2] =
        [|| ModelError::not_taken("refused"), || ModelError::failed("garbage")];
    for error in errors {
        let model = ScriptedModel::with(move |_| Err(error()));
        let app = TestApp::start(app("router", everybody(), &model)).await.unwrap();
        open(&app, tickets).await;
        let handled = outcomes(&app, tickets).await;
        assert_eq!((kind(&handled[0].outcome), model.prompts().len()), ("no answer", 3));
    }
}
