//! Acknowledgements of one member. Those that are said in one turn share one confirmation: what is said of one consumer over one
//! connection, the server does in its order, so its answer to the last one is the answer to all. Owns that sharing; whoever is
//! not told so says it again by itself.

use std::{
    future::poll_fn,
    mem::replace,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::mpsc;

use super::receipt::{ANSWER, Hold};
use crate::{
    nats::Link,
    race::{First, race},
};

/// So many are said together at the most.
const TOGETHER: usize = 1024;

/// What is said.
pub(super) const ACK: Bytes = Bytes::from_static(b"+ACK");

/// Where the acknowledgements of one member are said.
pub(super) struct Acks(mpsc::Sender<Ack>);

/// One that is to be said. Once it is gone, nobody waits for it any more.
struct Ack(Arc<Hold>);

impl Drop for Ack {
    fn drop(&mut self) {
        self.0.said.end(false);
    }
}

/// What is known of the acknowledgement of one delivery. It lies with the delivery: there is nothing else to be made for it.
#[derive(Default)]
pub(super) struct Said(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Unsaid,
    Waits(Waker),
    Ended {
        heard: bool,
    },
}

impl Said {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server has heard it; what is known already stays so.
    fn end(&self, heard: bool) {
        let mut state = self.lock();
        if !matches!(*state, State::Waits(_)) {
            return;
        }
        let was = replace(&mut *state, State::Ended { heard });
        drop(state);
        if let State::Waits(waker) = was {
            waker.wake();
        }
    }
}

impl Acks {
    pub(super) fn start(link: &Arc<Link>) -> Self {
        let (said, acks) = mpsc::channel(TOGETHER);
        tokio::spawn(run(link.clone(), acks));
        Self(said)
    }

    /// Acknowledges a delivery; false where it is not known whether the server has heard it.
    pub(super) async fn say(&self, hold: &Arc<Hold>) -> bool {
        let mut is_mine = false;
        poll_fn(|cx| {
            let mut state = hold.said.lock();
            match &mut *state {
                State::Unsaid => {
                    *state = State::Waits(cx.waker().clone());
                    drop(state);
                    is_mine = true;
                    // Where there is no room for it, it is gone at once.
                    drop(self.0.try_send(Ack(hold.clone())));
                    Poll::Pending
                }
                State::Waits(waker) if is_mine => {
                    waker.clone_from(cx.waker());
                    Poll::Pending
                }
                // For somebody who is told of it, or who is gone.
                State::Waits(_) => Poll::Ready(false),
                State::Ended { heard } => Poll::Ready(*heard),
            }
        })
        .await
    }
}

/// Until nobody is left who could acknowledge anything.
async fn run(link: Arc<Link>, mut acks: mpsc::Receiver<Ack>) {
    let mut together = Vec::new();
    let mut unconfirmed = FuturesUnordered::new();
    loop {
        let ended = async {
            if unconfirmed.next().await.is_none() {
                std::future::pending::<()>().await;
            }
        };
        match race(ended, acks.recv_many(&mut together, TOGETHER)).await {
            First::Left(()) => {}
            First::Right(0) => return,
            First::Right(_) => {
                let connection = link.connections();
                while let Some(last) = together.pop() {
                    let same = |ack: &mut Ack| Arc::ptr_eq(&ack.0.part, &last.0.part);
                    let mut acks: Vec<Ack> = together.extract_if(.., same).collect();
                    acks.push(last);
                    unconfirmed.push(say_all(&link, connection, acks));
                }
            }
        }
    }
}

/// Says those of one consumer. There was this connection before the first of them is said.
async fn say_all(link: &Link, connection: u64, mut acks: Vec<Ack>) {
    let (now, mut within) = (link.clock.now(), ANSWER);
    // What is not ours any more is not said; whoever waits for it sees that, too.
    acks.retain(|Ack(hold)| {
        hold.left(now).is_ok_and(|left| {
            within = within.min(left);
            true
        })
    });
    let Some(last) = acks.pop() else { return };
    for Ack(hold) in &acks {
        link.send(hold.name(), None, ACK).await;
    }
    if link.ask(last.0.name(), None, ACK, within).await.is_err() {
        return;
    }
    // What was said over another connection than that of the answer may have been lost with it.
    if link.connections() == connection {
        for Ack(hold) in &acks {
            hold.said.end(true);
        }
    }
    last.0.said.end(true);
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use futures_util::{
        FutureExt,
        future::{join, join_all},
    };
    use tokio::task::JoinHandle;

    use super::*;
    use crate::{
        broker::{
            SettleError,
            nats::{consumer::Part, receipt::Deliveries, recent::Recent, shared::Shared, subject::Lane},
        },
        clock::Clock,
        nats::scripted::{Arrived, Server},
    };

    const LEASE: Duration = Duration::from_secs(20);

    /// Deliveries of consumers whose names are one letter, the first one of the delivery's name.
    struct Bench {
        server: Server,
        link: Arc<Link>,
        deliveries: Arc<Deliveries>,
        parts: Vec<Arc<Part>>,
    }

    impl Bench {
        async fn new(clock: &Clock) -> Self {
            let (server, link) = Server::start(clock).await;
            let acks = Acks::start(&link);
            Self::of(server, link, acks)
        }

        fn of(server: Server, link: Arc<Link>, acks: Acks) -> Self {
            let shared = Arc::new(Shared::new(link.clone()));
            let deliveries = Arc::new(Deliveries { shared, lease: LEASE, recent: Recent::default(), acks });
            let part = |consumer: &str| Arc::new(Part { consumer: consumer.to_owned(), lane: Lane::Any });
            Self { server, link, deliveries, parts: vec![part("a"), part("b")] }
        }

        fn hold(&self, name: &str, came: Instant) -> Arc<Hold> {
            let part = self.parts.iter().find(|part| name.starts_with(&part.consumer)).unwrap().clone();
            let deliveries = self.deliveries.clone();
            Arc::new(Hold::new(deliveries, part, (name.into(), 1), came, "subject".into(), Bytes::new()))
        }

        fn holds(&self, names: &[&str]) -> Vec<Arc<Hold>> {
            names.iter().map(|name| self.hold(name, self.link.clock.now())).collect()
        }

        /// Says these in one turn: which of them the server is known to have heard.
        fn say(&self, holds: Vec<Arc<Hold>>) -> JoinHandle<Vec<bool>> {
            let deliveries = self.deliveries.clone();
            tokio::spawn(async move { join_all(holds.iter().map(|hold| deliveries.acks.say(hold))).await })
        }
    }

    fn asked(arrived: &[Arrived]) -> Vec<&Arrived> {
        arrived.iter().filter(|one| !one.reply.is_empty()).collect()
    }

    #[tokio::test]
    async fn those_of_one_consumer_that_are_said_together_share_the_answer_to_the_last() {
        let mut bench = Bench::new(&Clock::system()).await;
        let said = bench.say(bench.holds(&["a.1", "b.1", "a.2", "a.3", "b.2"]));
        let arrived = bench.server.asked(5).await;
        let asked = asked(&arrived);
        let subjects: Vec<_> = asked.iter().map(|one| one.subject.as_str()).collect();
        assert_eq!(subjects, ["b.2", "a.3"]);
        for last in asked {
            let before = |one: &_| arrived.iter().position(|other| std::ptr::eq(other, one));
            let same = arrived.iter().filter(|one| one.subject[..1] == last.subject[..1]);
            assert!(same.map(before).all(|place| place <= before(last)), "{arrived:?}");
            bench.server.answer(last, "").await;
        }
        assert_eq!(said.await.unwrap(), [true; 5]);
    }

    #[tokio::test]
    async fn the_answer_to_those_of_one_consumer_says_nothing_of_those_of_another() {
        let mut bench = Bench::new(&Clock::system()).await;
        let holds = bench.holds(&["a.1", "b.1", "a.2"]);
        let said = bench.say(holds.clone());
        let arrived = bench.server.asked(3).await;
        let of_a = asked(&arrived).into_iter().find(|one| one.subject == "a.2").unwrap();
        bench.server.answer(of_a, "").await;
        let ended = |hold: &Arc<Hold>| matches!(*hold.said.lock(), State::Ended { heard: true });
        while !(ended(&holds[0]) && ended(&holds[2])) {
            tokio::task::yield_now().await;
        }
        assert!(!ended(&holds[1]) && !said.is_finished());
        bench.server.answer(asked(&arrived)[0], "").await;
        bench.server.answer(asked(&arrived)[1], "").await;
        assert_eq!(said.await.unwrap(), [true; 3]);
    }

    #[tokio::test]
    async fn what_the_server_does_not_answer_is_not_confirmed_once_the_first_has_no_time_left() {
        let clock = Clock::simulated();
        let mut bench = Bench::new(&clock).await;
        let now = clock.now();
        clock.advance(LEASE - Duration::from_millis(50)).await;
        let said = bench.say(vec![bench.hold("a.1", now), bench.hold("a.2", clock.now())]);
        let answered = async {
            bench.server.asked(2).await;
            clock.advance(Duration::from_millis(200)).await;
        };
        assert_eq!(join(said, answered).await.0.unwrap(), [false, false]);
    }

    #[tokio::test]
    async fn what_is_refused_is_not_taken_for_done_nor_what_was_said_before_it() {
        let mut bench = Bench::new(&Clock::system()).await;
        let said = bench.say(bench.holds(&["a.1", "a.2"]));
        bench.server.asked(2).await;
        bench.server.say("-ERR 'Permissions Violation for Publish to \"a.2\"'").await;
        assert_eq!(said.await.unwrap(), [false, false]);
    }

    #[tokio::test]
    async fn what_is_not_ours_any_more_is_not_said() {
        let clock = Clock::simulated();
        let mut bench = Bench::new(&clock).await;
        let over = bench.hold("a.2", clock.now());
        clock.advance(LEASE).await;
        let [one, other] = ["a.1", "a.3"].map(|name| bench.hold(name, clock.now()));
        let said = bench.say(vec![one, over.clone(), other]);
        let arrived = bench.server.asked(2).await;
        let subjects: Vec<_> = arrived.iter().map(|one| one.subject.as_str()).collect();
        assert_eq!(subjects, ["a.1", "a.3"]);
        bench.server.answer(&arrived[1], "").await;
        assert_eq!(said.await.unwrap(), [true, false, true]);
        assert!(matches!(over.ack().await, Err(SettleError::Lost)));
    }

    #[tokio::test]
    async fn one_that_is_said_twice_is_not_waited_for_by_two() {
        let mut bench = Bench::new(&Clock::system()).await;
        let hold = bench.holds(&["a.1"]).remove(0);
        let acks = &bench.deliveries.acks;
        let mut first = Box::pin(acks.say(&hold));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(!acks.say(&hold).await, "it has to be said in another way");
        drop(first);
        assert!(!acks.say(&hold).await);
        let arrived = bench.server.asked(1).await;
        bench.server.answer(&arrived[0], "").await;
        while !bench.deliveries.acks.say(&hold).await {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_nobody_says_any_more_is_not_waited_for() {
        let (server, link) = Server::start(&Clock::system()).await;
        let (said, mut unsaid) = mpsc::channel(1);
        let bench = Bench::of(server, link, Acks(said));
        let said = bench.say(bench.holds(&["a.1", "a.2"]));
        drop(unsaid.recv().await.unwrap());
        assert_eq!(said.await.unwrap(), [false, false]);
        drop(unsaid);
        assert_eq!(bench.say(bench.holds(&["a.3"])).await.unwrap(), [false]);
    }

    #[tokio::test]
    async fn an_answer_over_another_connection_says_nothing_of_what_was_said_before() {
        let (server, link) = Server::start(&Clock::system()).await;
        let (said, mut unsaid) = mpsc::channel(2);
        let mut bench = Bench::of(server, link.clone(), Acks(said));
        let said = bench.say(bench.holds(&["a.1", "a.2"]));
        let acks = vec![unsaid.recv().await.unwrap(), unsaid.recv().await.unwrap()];
        let (epoch, connection) = (link.epoch(), link.connections());
        bench.server.hang_up().await;
        tokio::spawn(async move {
            link.reconnected(epoch).await;
            say_all(&link, connection, acks).await;
        });
        let last = bench.server.asked(2).await.remove(1);
        bench.server.answer(&last, "").await;
        assert_eq!(said.await.unwrap(), [false, true]);
    }
}
