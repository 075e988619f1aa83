//! Stock and money add up, and every order has one outcome, whatever happens to the processes.

use std::{
    collections::HashMap,
    io::{BufRead, Cursor},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{bail, ensure};
use soorma::{
    FromDelivery, Incoming, NoPayload, handlers,
    prelude::*,
    testing::{TestApp, TestBed},
};

use crate::{
    books::Books,
    inventory::{self, ReleaseStock, ReserveStock, StockAnswer, StockReleased},
    orders::{Order, OrderCompleted, OrderPlaced, OrderRefused, Refusal},
    payments::{self, CardAnswer, ChargeCard},
};

/// Which attempt this is.
struct Attempt(u32);

impl FromDelivery for Attempt {
    type Payload = NoPayload;

    fn from_delivery(incoming: &mut Incoming) -> anyhow::Result<Self> {
        Ok(Self(incoming.attempt()))
    }
}

impl Attempt {
    /// A process that dies when its work is done and before its answer is out.
    fn survive(&self) -> anyhow::Result<()> {
        ensure!(self.0 > 1, "killed after the work, before the answer");
        Ok(())
    }
}

#[on_task(agent = "inventory")]
async fn reserve_again(
    task: Task<ReserveStock>,
    context: Context,
    attempt: Attempt,
) -> anyhow::Result<StockAnswer> {
    let answer = inventory::reserve(task, context).await?;
    attempt.survive().map(|()| answer)
}

#[on_task(agent = "inventory")]
async fn release_again(
    task: Task<ReleaseStock>,
    context: Context,
    attempt: Attempt,
) -> anyhow::Result<StockReleased> {
    let answer = inventory::release(task, context).await?;
    attempt.survive().map(|()| answer)
}

#[on_task(agent = "payments")]
async fn charge_again(
    task: Task<ChargeCard>,
    context: Context,
    attempt: Attempt,
) -> anyhow::Result<CardAnswer> {
    let answer = payments::charge(task, context).await?;
    attempt.survive().map(|()| answer)
}

#[on_task(agent = "payments")]
async fn charge_never(task: Task<ChargeCard>) -> anyhow::Result<CardAnswer> {
    bail!("the bank does not know {}", task.order.customer)
}

/// Takes a while before and after its work, so that it can be killed there.
#[on_task(agent = "inventory")]
async fn reserve_slowly(task: Task<ReserveStock>, context: Context) -> anyhow::Result<StockAnswer> {
    turns(2).await;
    let answer = inventory::reserve(task, context).await;
    turns(2).await;
    answer
}

#[on_task(agent = "inventory")]
async fn release_slowly(task: Task<ReleaseStock>, context: Context) -> anyhow::Result<StockReleased> {
    let answer = inventory::release(task, context).await;
    turns(2).await;
    answer
}

#[on_task(agent = "payments")]
async fn charge_slowly(task: Task<ChargeCard>, context: Context) -> anyhow::Result<CardAnswer> {
    let answer = payments::charge(task, context).await;
    turns(2).await;
    answer
}

/// Lets all others run, so many times.
async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

type Closing = Arc<Mutex<Books>>;

#[on_shutdown]
async fn close_books(context: Context, closing: State<Closing>) -> anyhow::Result<()> {
    let books = Books::read(&context).await?;
    *closing.lock().unwrap() = books;
    Ok(())
}

/// The agents of the program, with these workers.
macro_rules! app {
    ($closing:expr, $($worker:path),*) => {{
        use crate::orders::{card_answered, placed, stock_answered, stock_released};
        let handlers = handlers![placed, stock_answered, card_answered, stock_released, close_books, $($worker),*];
        App::builder("orders").handlers(handlers).state(Closing::clone($closing))
    }};
}

/// The first orders of the sample.
fn sample(count: usize) -> Vec<Order> {
    let lines = Cursor::new(include_str!("../orders.jsonl")).lines().take(count);
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

async fn place(app: &TestApp, orders: &[Order]) {
    for order in orders {
        app.publish(OrderPlaced { order: order.clone() }).await.unwrap();
    }
}

/// How often an order ended in each way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ended {
    completed: usize,
    out_of_stock: usize,
    card_declined: usize,
}

/// Ends the app, and checks that every order has one outcome and that stock and money add up.
async fn check(app: TestApp, orders: &[Order], closing: &Closing) -> Ended {
    let completed = app.published::<OrderCompleted>();
    let refused = app.published::<OrderRefused>();
    let mut outcomes: HashMap<&str, u32> = HashMap::new();
    let ids = completed.iter().map(|event| &event.order).chain(refused.iter().map(|event| &event.order));
    ids.for_each(|order| *outcomes.entry(&order.order_id).or_default() += 1);
    for order in orders {
        assert_eq!(outcomes.get(order.order_id.as_str()), Some(&1), "outcomes of {}", order.order_id);
    }
    assert_eq!(outcomes.len(), orders.len());
    assert!(app.dead_letters().await.unwrap().is_empty());

    app.shutdown().await;
    let books = *closing.lock().unwrap();
    assert_eq!(books.stock.pending + books.balances.pending, 0);
    assert_eq!(books.stock.taken(), completed.iter().map(|event| event.order.units()).sum::<u64>());
    assert_eq!(books.balances.taken(), completed.iter().map(|event| event.order.total_cents()).sum::<u64>());
    assert_eq!(books.balances.taken(), completed.iter().map(|event| event.charged_cents).sum::<u64>());
    let because = |reason| refused.iter().filter(|event| event.reason == reason).count();
    Ended {
        completed: completed.len(),
        out_of_stock: because(Refusal::OutOfStock),
        card_declined: because(Refusal::CardDeclined),
    }
}

#[tokio::test]
async fn the_sample_holds_all_three_outcomes() {
    let (orders, closing) = (sample(1000), Closing::default());
    let app = TestApp::start(app!(&closing, inventory::reserve, inventory::release, payments::charge))
        .await
        .unwrap();
    place(&app, &orders).await;
    app.settle().await.unwrap();
    let ended = check(app, &orders, &closing).await;
    assert!(ended.completed > 700 && ended.out_of_stock > 100 && ended.card_declined > 30, "{ended:?}");
}

#[tokio::test]
async fn work_that_is_done_twice_is_done_once() {
    let (orders, closing) = (sample(300), Closing::default());
    let app = TestApp::start(app!(&closing, reserve_again, release_again, charge_again)).await.unwrap();
    place(&app, &orders).await;
    app.settle().await.unwrap();
    let ended = check(app, &orders, &closing).await;
    assert!(ended.completed > 200 && ended.card_declined > 0, "{ended:?}");
}

#[tokio::test]
async fn processes_that_are_killed_again_and_again_lose_nothing() {
    let (orders, closing) = (sample(300), Closing::default());
    let bed = TestBed::new();
    let mut app = bed.start(app!(&closing, reserve_slowly, release_slowly, charge_slowly)).await.unwrap();
    let mut kills = 0;
    for (alive, some) in orders.chunks(6).enumerate() {
        place(&app, some).await;
        turns(alive % 12).await;
        kills += u32::from(app.backlog().await.unwrap().in_flight > 0);
        app.kill();
        app = bed.start(app!(&closing, reserve_slowly, release_slowly, charge_slowly)).await.unwrap();
    }
    assert!(kills > 20, "only {kills} were killed with events in hand");
    // What the dead had in hand comes back when its lease ends.
    app.advance(Duration::from_secs(31)).await;
    app.settle().await.unwrap();
    check(app, &orders, &closing).await;
}

#[tokio::test]
async fn an_order_that_nobody_can_charge_for_is_left_to_people() {
    let (orders, closing) = (sample(1), Closing::default());
    let app =
        TestApp::start(app!(&closing, inventory::reserve, inventory::release, charge_never)).await.unwrap();
    place(&app, &orders).await;
    app.settle().await.unwrap();
    assert!(app.published::<OrderCompleted>().is_empty() && app.published::<OrderRefused>().is_empty());
    let letters = app.dead_letters().await.unwrap();
    let kept: Vec<_> =
        letters.iter().map(|letter| letter.body.event().unwrap().event_type.as_ref()).collect();
    assert_eq!(kept, ["payment.charge", "payment.answered.failed"]);
}
