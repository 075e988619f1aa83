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
pub(super) struct Acks(mpsc::Sender<Ack>);

/// One that waits to be confirmed.
struct Ack {
    /// Under which name the server knows the delivery.
    name: Subject,
    part: Arc<Part>,
    within: Duration,
    confirmed: oneshot::Sender<()>,
}

impl Acks {
    pub(super) fn start(link: &Arc<Link>) -> Self {
        let (said, acks) = mpsc::channel(TOGETHER);
        tokio::spawn(run(link.clone(), acks));
        Self(said)
    }

    /// Acknowledges a delivery; false where it is not known within this time whether the server has heard it.
    pub(super) async fn say(&self, name: Subject, part: Arc<Part>, within: Duration) -> bool {
        let (confirmed, answer) = oneshot::channel();
        let ack = Ack { name, part, within, confirmed };
        self.0.try_send(ack).is_ok() && answer.await.is_ok()
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
    let connection = link.connections();
    for ack in &before {
        link.send(ack.name.clone(), None, ACK).await;
    }
    let within = before.iter().map(|ack| ack.within).fold(last.within, Duration::min);
    let answer = link.ask(last.name, None, ACK, within).await;
    // What was said before may have been lost with a connection that is not the one of the answer.
    if answer.is_err() || (!before.is_empty() && link.connections() != connection) {
        return;
    }
    for confirmed in before.into_iter().map(|ack| ack.confirmed).chain([last.confirmed]) {
        // Whoever waited may be gone.
        let _ = confirmed.send(());
    }
}
