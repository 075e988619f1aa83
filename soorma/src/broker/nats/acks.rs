//! Acknowledgements of one member. Those that are said in one turn share one confirmation: what is said of one consumer over one
//! connection, the server does in its order, so its answer to the last one is the answer to all. Owns that sharing; whoever is
//! not told so says it again by itself.

use std::{sync::Arc, time::Duration};

use async_nats::Subject;
use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::{mpsc, oneshot};

use super::consumer::Part;
use crate::{
    nats::Link,
    race::{First, race},
};

/// So many are said together at the most.
const TOGETHER: usize = 1024;

/// What is said.
pub(super) const ACK: Bytes = Bytes::from_static(b"+ACK");

/// Where the acknowledgements of one member are said.
pub(super) struct Acks {
    link: Arc<Link>,
    said: mpsc::Sender<Ack>,
}

/// One that waits to be confirmed.
struct Ack {
    /// Under which name the server knows the delivery.
    name: Subject,
    part: Arc<Part>,
    within: Duration,
    /// Which connection there was when it was said.
    connection: u64,
    confirmed: oneshot::Sender<()>,
}

impl Acks {
    pub(super) fn start(link: &Arc<Link>) -> Self {
        let (said, acks) = mpsc::channel(TOGETHER);
        tokio::spawn(run(link.clone(), acks));
        Self { link: link.clone(), said }
    }

    /// Acknowledges a delivery; false where it is not known within this time whether the server has heard it.
    pub(super) async fn say(&self, name: Subject, part: Arc<Part>, within: Duration) -> bool {
        let (confirmed, answer) = oneshot::channel();
        let ack = Ack { name, part, within, connection: self.link.connections(), confirmed };
        self.said.try_send(ack).is_ok() && answer.await.is_ok()
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
                while let Some(last) = together.pop() {
                    let before = together.extract_if(.., |ack| ack.part.consumer == last.part.consumer);
                    unconfirmed.push(say_all(&link, before.collect(), last));
                }
            }
        }
    }
}

/// Says those of one consumer.
async fn say_all(link: &Link, before: Vec<Ack>, last: Ack) {
    for ack in &before {
        link.send(ack.name.clone(), None, ACK).await;
    }
    let within = before.iter().map(|ack| ack.within).fold(last.within, Duration::min);
    let answer = link.ask(last.name, None, ACK, within).await;
    if answer.is_err() {
        return;
    }
    let connection = link.connections();
    // What was said over another connection than that of the answer may have been lost with it.
    for ack in before.into_iter().filter(|ack| ack.connection == connection) {
        // Whoever waited may be gone.
        let _ = ack.confirmed.send(());
    }
    let _ = last.confirmed.send(());
}

#[cfg(test)]
mod tests {
    use futures_util::{
        FutureExt,
        future::{join, join_all},
    };
    use tokio::task::JoinHandle;

    use super::*;
    use crate::{broker::nats::subject::Lane, clock::Clock, nats::scripted::Server};

    const LONG: Duration = Duration::from_secs(20);

    fn part(consumer: &str) -> Arc<Part> {
        Arc::new(Part { consumer: consumer.to_owned(), lane: Lane::Any })
    }

    /// Says these in one turn: which of them were confirmed.
    fn say(acks: &Arc<Acks>, names: &[&str], within: Duration) -> JoinHandle<Vec<bool>> {
        let acks = acks.clone();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        tokio::spawn(async move {
            let one = |name: &String| acks.say(name.as_str().into(), part(&name[..1]), within);
            join_all(names.iter().map(one)).await
        })
    }

    #[tokio::test]
    async fn those_of_one_consumer_that_are_said_together_share_the_answer_to_the_last() {
        let (mut server, link) = Server::start(&Clock::system()).await;
        let acks = Arc::new(Acks::start(&link));
        let said = say(&acks, &["a.1", "b.1", "a.2", "a.3", "b.2"], LONG);
        let arrived = server.asked(5).await;
        let asked: Vec<_> = arrived.iter().filter(|one| !one.reply.is_empty()).collect();
        let subjects: Vec<_> = asked.iter().map(|one| one.subject.as_str()).collect();
        assert_eq!(subjects, ["b.2", "a.3"]);
        for last in asked {
            let before = |one: &_| arrived.iter().position(|other| std::ptr::eq(other, one));
            let same = arrived.iter().filter(|one| one.subject[..1] == last.subject[..1]);
            assert!(same.map(before).all(|place| place <= before(last)), "{arrived:?}");
            server.answer(last, "").await;
        }
        assert_eq!(said.await.unwrap(), [true; 5]);
    }

    #[tokio::test]
    async fn what_the_server_does_not_answer_is_not_confirmed_once_the_first_has_no_time_left() {
        let clock = Clock::simulated();
        let (mut server, link) = Server::start(&clock).await;
        let acks = Arc::new(Acks::start(&link));
        let short = acks.say("a.1".into(), part("a"), Duration::from_millis(50));
        let long = acks.say("a.2".into(), part("a"), LONG);
        let both = join(short, long);
        let answered = async {
            server.asked(2).await;
            clock.advance(Duration::from_millis(200)).await;
        };
        assert_eq!(join(both, answered).await.0, (false, false));
    }

    #[tokio::test]
    async fn an_answer_over_another_connection_says_nothing_of_what_was_said_before() {
        let (mut server, link) = Server::start(&Clock::system()).await;
        let (said, unsent) = mpsc::channel(2);
        let acks = Acks { link: link.clone(), said };
        let mut all: Vec<_> =
            ["a.1", "a.2"].map(|name| Box::pin(acks.say(name.into(), part("a"), LONG))).into();
        assert!(all.iter_mut().all(|one| one.now_or_never().is_none()));
        let epoch = link.epoch();
        server.hang_up().await;
        tokio::spawn(async move {
            link.reconnected(epoch).await;
            run(link, unsent).await;
        });
        let last = server.asked(2).await.remove(1);
        server.answer(&last, "").await;
        assert_eq!(join_all(all).await, [false, true]);
    }
}
