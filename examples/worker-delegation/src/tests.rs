//! Each order has one answer, whoever dies on the way, and the same in both forms.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use soorma::{
    Clock,
    broker::memory::MemoryBroker,
    handlers,
    prelude::*,
    store::Key,
    testing::{TestApp, TestBed},
};
use soorma_tests::brokers::{Fault, Faulty};

use crate::{
    form::Form,
    inventory::{ReserveStock, StockAnswer},
    ledger::Ledger,
    order::{Order, OrderProcessed, ProcessOrder, Refusal},
    payments::{self, Bank, RefundCard},
    shop,
};

/// How long a charge takes here.
const BANK: Duration = Duration::from_secs(3600);

/// A ledger of its own.
struct World(PathBuf);

impl World {
    fn new() -> Self {
        static WORLDS: AtomicU32 = AtomicU32::new(0);
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("worker-delegation-{}-{number}", std::process::id())))
    }

    fn app(&self, form: Form, agents: &[&str]) -> AppBuilder {
        let app = App::builder("orders").handlers(form.handlers()).agents(agents.iter().copied());
        app.state(Bank { takes: BANK }).state(Ledger::new(&self.0))
    }

    /// What was done, without the keys, in no order.
    fn done(&self) -> Vec<String> {
        let lines = fs::read_to_string(&self.0).unwrap_or_default();
        let mut done: Vec<_> = lines.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
        done.sort();
        done
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = if self.0.is_dir() { fs::remove_dir_all(&self.0) } else { fs::remove_file(&self.0) };
    }
}

const ALL: [&str; 3] = ["orders", "inventory", "payments"];

async fn send(app: &TestApp, orders: impl IntoIterator<Item = Order>) {
    for order in orders {
        app.bus().request(ProcessOrder { order }).await.unwrap();
    }
    app.settle().await.unwrap();
}

/// Lets the bank come to its end.
async fn confirm(app: &TestApp) {
    app.advance(BANK).await;
    app.settle().await.unwrap();
}

/// The answer to the order of each id, in the order of the ids.
fn answers(app: &TestApp) -> Vec<(String, OrderProcessed)> {
    let events = app.events();
    let mut answers = Vec::new();
    for (answer, outcome) in
        events.iter().filter(|event| event.event_type == "order.processed").zip(app.published())
    {
        let asked = events.iter().find(|event| Some(&event.id) == answer.parent_event_id.as_ref()).unwrap();
        let asked: ProcessOrder = serde_json::from_str(asked.data.get()).unwrap();
        answers.push((asked.order.order_id, outcome));
    }
    answers.sort_by(|(one, _), (other, _)| one.cmp(other));
    answers
}

/// Nothing is left of the tasks, and nothing was given up.
async fn assert_tidy(app: &TestApp) {
    assert_eq!(app.store().list(&Key::from(["tasks"])).await.unwrap(), []);
    assert!(app.dead_letters().await.unwrap().is_empty());
}

fn refused(reason: Refusal) -> OrderProcessed {
    OrderProcessed::Refused { reason }
}

#[tokio::test]
async fn an_order_is_sent_or_refused_and_what_only_one_could_do_is_undone() {
    for form in Form::ALL {
        let world = World::new();
        let app = TestApp::start(world.app(form, &ALL)).await.unwrap();
        send(&app, shop::sample(4)).await;
        confirm(&app).await;
        let answers = answers(&app);
        let outcome = |order_id: &str| {
            answers.iter().filter(|(id, _)| id == order_id).map(|(_, o)| o).collect::<Vec<_>>()
        };
        assert!(matches!(outcome("o-1")[..], [OrderProcessed::Sent { .. }]), "{form:?} {answers:?}");
        assert_eq!(outcome("o-2"), [&refused(Refusal::OutOfStock)], "{form:?}");
        assert_eq!(outcome("o-3"), [&refused(Refusal::CardDeclined)], "{form:?}");
        assert_eq!(outcome("o-4"), [&refused(Refusal::OutOfStock)], "{form:?}");
        let done = ["charge o-1 19.00", "charge o-2 320.00", "parcel o-1 2 x mug", "refund o-2 320.00"];
        assert_eq!(world.done(), done, "{form:?}");
        assert_tidy(&app).await;
    }
}

#[tokio::test]
async fn what_was_set_aside_for_a_card_that_is_declined_can_be_sold_to_somebody_else() {
    let order = |order_id: &str, cents| Order {
        order_id: order_id.into(),
        article: "chair".into(),
        pieces: 25,
        cents,
    };
    for form in Form::ALL {
        let world = World::new();
        let app = TestApp::start(world.app(form, &ALL)).await.unwrap();
        send(&app, [order("dear", 50_001)]).await;
        send(&app, [order("cheap", 50_000)]).await;
        confirm(&app).await;
        send(&app, [order("late", 1)]).await;
        confirm(&app).await;
        let outcomes: Vec<_> = answers(&app).into_iter().map(|(_, outcome)| outcome).collect();
        let sent = OrderProcessed::Sent { receipt: 1, parcel: 2 };
        assert_eq!(
            outcomes,
            [sent, refused(Refusal::CardDeclined), refused(Refusal::OutOfStock)],
            "{form:?}: cheap, dear, late"
        );
    }
}

#[tokio::test]
async fn a_worker_that_is_killed_midway_is_followed_by_another_one_and_nothing_is_done_twice() {
    for form in Form::ALL {
        let (world, bed) = (World::new(), TestBed::new());
        let others = bed.start(world.app(form, &["inventory", "payments"])).await.unwrap();
        let worker = bed.start(world.app(form, &["orders"])).await.unwrap();
        send(&worker, shop::sample(4)).await;
        assert_eq!(others.published::<StockAnswer>().len(), 4, "{form:?}: stock is set aside");
        worker.kill();
        // The charges are done while there is no worker.
        others.advance(BANK).await;
        let worker = bed.start(world.app(form, &["orders"])).await.unwrap();
        bed.settle().await.unwrap();
        assert_eq!(answers(&worker).len(), 4, "{form:?}");
        assert_eq!(worker.published::<ReserveStock>().len(), 4, "{form:?}: asked for once");
        let done = ["charge o-1 19.00", "charge o-2 320.00", "parcel o-1 2 x mug", "refund o-2 320.00"];
        assert_eq!(world.done(), done, "{form:?}");
        assert_tidy(&worker).await;
    }
}

#[tokio::test]
async fn a_charge_whose_process_is_killed_while_the_bank_takes_its_time_is_made_once() {
    for form in Form::ALL {
        let (world, bed) = (World::new(), TestBed::new());
        let worker = bed.start(world.app(form, &["orders", "inventory"])).await.unwrap();
        let payments = bed.start(world.app(form, &["payments"])).await.unwrap();
        send(&worker, shop::sample(1)).await;
        worker.advance(BANK / 2).await;
        payments.kill();
        let _payments = bed.start(world.app(form, &["payments"])).await.unwrap();
        worker.advance(BANK / 2 - Duration::from_secs(1)).await;
        assert!(world.done().is_empty(), "{form:?}: too early");
        worker.advance(Duration::from_secs(1)).await;
        bed.settle().await.unwrap();
        assert_eq!(worker.published::<OrderProcessed>(), [OrderProcessed::Sent { receipt: 1, parcel: 2 }]);
        assert_tidy(&worker).await;
    }
}

#[on_task(agent = "inventory", retry(max = 1))]
async fn collapse(_task: Task<ReserveStock>) -> anyhow::Result<StockAnswer> {
    anyhow::bail!("the shelf has collapsed")
}

#[tokio::test]
async fn whoever_asked_is_told_that_another_agent_has_given_up() {
    for form in Form::ALL {
        let (world, bed) = (World::new(), TestBed::new());
        let _inventory = bed.start(App::builder("inventory").handlers(handlers![collapse])).await.unwrap();
        let app = bed.start(world.app(form, &["orders", "payments"])).await.unwrap();
        let asked = tokio::spawn(
            app.bus().ask(ProcessOrder { order: shop::sample(1).next().unwrap() }).into_future(),
        );
        tokio::task::yield_now().await;
        app.settle().await.unwrap();
        let told = asked.await.unwrap().unwrap_err().to_string();
        assert!(told.contains("the shelf has collapsed"), "{form:?}: {told}");
    }
}

#[tokio::test]
async fn whoever_asked_is_told_what_the_world_outside_has_refused() {
    for form in Form::ALL {
        let mut world = World::new();
        world.0.push("no/such/folder");
        let app = TestApp::start(world.app(form, &ALL)).await.unwrap();
        let order = shop::sample(1).next().unwrap();
        let asked = app.bus().ask(ProcessOrder { order }).timeout(2 * BANK);
        let asked = tokio::spawn(asked.into_future());
        tokio::task::yield_now().await;
        app.settle().await.unwrap();
        confirm(&app).await;
        let told = asked.await.unwrap().unwrap_err().to_string();
        assert!(told.contains("cannot write the ledger"), "{form:?}: {told}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_again_when_the_other_one_is_known_decides_nothing() {
    for form in Form::ALL {
        let (world, clock) = (World::new(), Clock::simulated());
        let broker = Faulty::new(Arc::new(MemoryBroker::new(clock.clone())), Fault::LoseAcks(20));
        let bed = TestBed::on(Arc::new(broker), clock);
        // The card is charged before the lease of the answer about stock ends, and nobody pays back.
        let bank = Bank { takes: Duration::from_secs(10) };
        let charges = App::builder("payments").handlers(handlers![payments::charge]).state(bank);
        let _charges = bed.start(charges.state(Ledger::new(&world.0))).await.unwrap();
        let app = bed.start(world.app(form, &["orders", "inventory"])).await.unwrap();
        app.bus().request(ProcessOrder { order: shop::sample(2).nth(1).unwrap() }).await.unwrap();
        app.advance(Duration::from_secs(60)).await;
        assert_eq!(world.done(), ["charge o-2 320.00"], "{form:?}");

        let refunds = App::builder("payments").handlers(handlers![payments::refund]);
        let _refunds = bed.start(refunds.state(Ledger::new(&world.0))).await.unwrap();
        app.advance(Duration::from_secs(60)).await;
        assert_eq!(app.published::<RefundCard>().len(), 1, "{form:?}");
        assert_eq!(world.done(), ["charge o-2 320.00", "refund o-2 320.00"], "{form:?}");
        assert_eq!(answers(&app), [("o-2".to_owned(), refused(Refusal::OutOfStock))], "{form:?}");
    }
}

#[tokio::test]
async fn an_order_that_was_given_up_goes_on_where_it_was_when_its_dead_letter_is_replayed() {
    for form in Form::ALL {
        let (world, courier, bed) = (World::new(), World::new(), TestBed::new());
        let _payments = bed.start(world.app(form, &["payments"])).await.unwrap();
        // The courier's ledger is in a folder that is not there.
        let ledger = courier.0.join("ledger");
        let app = world.app(form, &["orders", "inventory"]).state(Ledger::new(&ledger));
        let app = bed.start(app).await.unwrap();
        send(&app, shop::sample(1)).await;
        confirm(&app).await;
        assert!(app.published::<OrderProcessed>().is_empty(), "{form:?}");
        let letter = app.dead_letters().await.unwrap().remove(0);
        assert!(letter.errors.concat().contains("cannot write the ledger"), "{form:?}: {letter:?}");

        fs::create_dir(&courier.0).unwrap();
        assert!(app.broker().dead_letters().replay(&letter.id()).await.unwrap());
        app.settle().await.unwrap();
        let sent = OrderProcessed::Sent { receipt: 1, parcel: 1 };
        assert_eq!(app.published::<OrderProcessed>(), [sent], "{form:?}");
        assert_eq!(world.done(), ["charge o-1 19.00"], "{form:?}: charged once");
        assert_tidy(&app).await;
    }
}

#[tokio::test]
async fn without_steps_the_courier_is_asked_under_the_key_of_the_order_itself() {
    let world = World::new();
    let app = TestApp::start(world.app(Form::Split, &ALL)).await.unwrap();
    send(&app, shop::sample(1)).await;
    confirm(&app).await;
    let asked = app.events().into_iter().find(|event| event.event_type == "order.process").unwrap();
    let ledger = fs::read_to_string(&world.0).unwrap();
    assert!(ledger.contains(&format!("{} parcel o-1", asked.id)), "{ledger}");
}
