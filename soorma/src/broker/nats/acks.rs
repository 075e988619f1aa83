//! Acknowledgements. Those of one consumer that are said together share one confirmation: what is said of it over one connection,
//! the server does in its order, so its answer to the last one is the answer to all. Owns that sharing; what is not known to have
//! been heard is said again by itself.

use std::{mem::take, sync::Arc, time::Duration};

use bytes::Bytes;

use super::receipt::{ANSWER, Hold};
use crate::{BoxFuture, at_once::all_at_once, broker::SettleError, nats::Link};

/// What is said.
pub(super) const ACK: Bytes = Bytes::from_static(b"+ACK");

/// Acknowledges deliveries: one result each, in their order.
pub(super) async fn say_all(link: &Link, holds: &[&Hold]) -> Vec<Result<(), SettleError>> {
    let (connection, now) = (link.connections(), link.clock.now());
    let mut within = ANSWER;
    // What is not ours any more is not said.
    let is_ours = |hold: &&Hold| hold.left(now).map(|left| within = within.min(left));
    let mut said: Vec<_> = holds.iter().map(is_ours).collect();
    let mut rest: Vec<usize> = (0..holds.len()).filter(|place| said[*place].is_ok()).collect();
    let mut shared: Vec<BoxFuture<'_, Vec<usize>>> = Vec::new();
    while let Some(last) = rest.last() {
        let part = &holds[*last].part;
        let same = |place: &usize| Arc::ptr_eq(&holds[*place].part, part);
        let (places, others) = take(&mut rest).into_iter().partition(same);
        rest = others;
        shared.push(Box::pin(share(link, connection, holds, places, within)));
    }
    let unheard = all_at_once(usize::MAX, shared).await.concat();
    let again = unheard.iter().map(|place| -> BoxFuture<'_, _> { Box::pin(holds[*place].ack_alone()) });
    for (place, alone) in unheard.iter().zip(all_at_once(usize::MAX, again.collect()).await) {
        said[*place] = alone;
    }
    for (hold, said) in holds.iter().zip(&said) {
        hold.acked(said);
    }
    said
}

/// Says those of one consumer: which of them the server may not have heard. There was this connection before.
async fn share(
    link: &Link,
    connection: u64,
    holds: &[&Hold],
    mut places: Vec<usize>,
    within: Duration,
) -> Vec<usize> {
    let Some((last, before)) = places.split_last() else { return places };
    for place in before {
        link.send(holds[*place].name(), None, ACK).await;
    }
    let is_answered = link.ask(holds[*last].name(), None, ACK, within).await.is_ok();
    // What was said over another connection than that of the answer may have been lost with it.
    match is_answered {
        true if link.connections() == connection => places.clear(),
        true => drop(places.pop()),
        false => {}
    }
    places
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::{task::JoinHandle, time::timeout};

    use super::*;
    use crate::{
        broker::nats::{consumer::Part, receipt::Deliveries, recent::Recent, shared::Shared, subject::Lane},
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

    #[derive(Debug, PartialEq)]
    enum Said {
        Heard,
        Lost,
        Unavailable,
    }

    impl Bench {
        async fn new(clock: &Clock) -> Self {
            let (server, link) = Server::start(clock).await;
            let shared = Arc::new(Shared::new(link.clone()));
            let deliveries = Arc::new(Deliveries { shared, lease: LEASE, recent: Recent::default() });
            let part = |consumer: &str| Arc::new(Part { consumer: consumer.to_owned(), lane: Lane::Any });
            Self { server, link, deliveries, parts: vec![part("a"), part("b")] }
        }

        /// The delivery of this name, whose sequence is the number in it.
        fn hold(&self, name: &str, came: Instant) -> Arc<Hold> {
            let part = self.parts.iter().find(|part| name.starts_with(&part.consumer)).unwrap().clone();
            let (deliveries, sequence) = (self.deliveries.clone(), name[2..].parse().unwrap());
            Arc::new(Hold::new(
                deliveries,
                part,
                (name.into(), sequence),
                came,
                "subject".into(),
                Bytes::new(),
            ))
        }

        fn holds(&self, names: &[&str]) -> Vec<Arc<Hold>> {
            names.iter().map(|name| self.hold(name, self.link.clock.now())).collect()
        }

        /// Says these together.
        fn say(&self, holds: Vec<Arc<Hold>>) -> JoinHandle<Vec<Said>> {
            let link = self.link.clone();
            tokio::spawn(async move {
                let holds: Vec<&Hold> = holds.iter().map(|hold| &**hold).collect();
                let said = say_all(&link, &holds).await;
                let said = said.into_iter().map(|said| match said {
                    Ok(()) => Said::Heard,
                    Err(SettleError::Lost) => Said::Lost,
                    Err(SettleError::Unavailable(_)) => Said::Unavailable,
                });
                said.collect()
            })
        }

        async fn arrived(&mut self, count: usize) -> (Vec<Arrived>, Vec<String>) {
            let arrived = self.server.asked(count).await;
            let subjects = arrived.iter().map(|one| one.subject.clone()).collect();
            (arrived, subjects)
        }
    }

    /// Once it ends, which it does whatever the simulated clock says.
    async fn ended(said: JoinHandle<Vec<Said>>) -> Vec<Said> {
        timeout(Duration::from_secs(10), said).await.expect("it waits for an answer").unwrap()
    }

    fn asked(arrived: &[Arrived]) -> Vec<&Arrived> {
        arrived.iter().filter(|one| !one.reply.is_empty()).collect()
    }

    #[tokio::test]
    async fn those_of_one_consumer_that_are_said_together_share_the_answer_to_the_last() {
        let mut bench = Bench::new(&Clock::system()).await;
        let said = bench.say(bench.holds(&["a.1", "b.2", "a.3", "a.4", "b.5"]));
        let (arrived, mut subjects) = bench.arrived(5).await;
        let asked = asked(&arrived);
        assert_eq!(asked.iter().map(|one| one.subject.as_str()).collect::<Vec<_>>(), ["b.5", "a.4"]);
        for last in asked {
            bench.server.answer(last, "").await;
        }
        assert_eq!(ended(said).await, [const { Said::Heard }; 5]);
        subjects.sort_by_key(|subject| subject.starts_with('a'));
        assert_eq!(subjects, ["b.2", "b.5", "a.1", "a.3", "a.4"], "in their order");
        assert!((1..=5).all(|sequence| bench.deliveries.recent.holds(sequence)));
    }

    #[tokio::test]
    async fn the_answer_to_those_of_one_consumer_says_nothing_of_those_of_another() {
        let clock = Clock::simulated();
        let mut bench = Bench::new(&clock).await;
        let said = bench.say(bench.holds(&["a.1", "b.2", "a.3"]));
        let (arrived, _) = bench.arrived(3).await;
        let of_a = asked(&arrived).into_iter().find(|one| one.subject == "a.3").unwrap();
        bench.server.answer(of_a, "").await;
        clock.advance(ANSWER + Duration::from_secs(1)).await;
        let (again, subjects) = bench.arrived(1).await;
        assert_eq!(subjects, ["b.2"]);
        bench.server.answer(&again[0], "").await;
        assert_eq!(ended(said).await, [const { Said::Heard }; 3]);
    }

    #[tokio::test]
    async fn what_the_server_does_not_answer_is_said_again_once_the_first_has_no_time_left() {
        let clock = Clock::simulated();
        let mut bench = Bench::new(&clock).await;
        let now = clock.now();
        clock.advance(LEASE - Duration::from_millis(50)).await;
        let said = bench.say(vec![bench.hold("a.1", now), bench.hold("a.2", clock.now())]);
        bench.arrived(2).await;
        clock.advance(Duration::from_millis(200)).await;
        let (again, subjects) = bench.arrived(1).await;
        assert_eq!(subjects, ["a.2"]);
        bench.server.answer(&again[0], "").await;
        assert_eq!(ended(said).await, [Said::Lost, Said::Heard]);
        assert!(!bench.deliveries.recent.holds(1), "somebody else may have it");
    }

    #[tokio::test]
    async fn what_is_refused_is_not_taken_for_done_nor_what_was_said_before_it() {
        let mut bench = Bench::new(&Clock::system()).await;
        let said = bench.say(bench.holds(&["a.1", "a.2"]));
        let refusal = "-ERR 'Permissions Violation for Publish to \"a.2\"'";
        bench.arrived(2).await;
        bench.server.say(refusal).await;
        let (again, subjects) = bench.arrived(2).await;
        assert_eq!(subjects, ["a.1", "a.2"]);
        bench.server.answer(&again[0], "").await;
        bench.server.say(refusal).await;
        assert_eq!(ended(said).await, [Said::Heard, Said::Unavailable]);
        assert!(bench.deliveries.recent.holds(2), "it is handled");
    }

    #[tokio::test]
    async fn what_is_not_ours_any_more_is_not_said() {
        let clock = Clock::simulated();
        let mut bench = Bench::new(&clock).await;
        let over = bench.hold("a.2", clock.now());
        clock.advance(LEASE).await;
        let [one, other] = ["a.1", "a.3"].map(|name| bench.hold(name, clock.now()));
        let said = bench.say(vec![one, over, other.clone()]);
        let (arrived, subjects) = bench.arrived(2).await;
        assert_eq!(subjects, ["a.1", "a.3"]);
        bench.server.answer(&arrived[1], "").await;
        assert_eq!(ended(said).await, [Said::Heard, Said::Lost, Said::Heard]);
        assert_eq!(ended(bench.say(vec![other])).await, [Said::Lost], "it is settled");
    }

    #[tokio::test]
    async fn an_answer_over_another_connection_says_nothing_of_what_was_said_before() {
        let mut bench = Bench::new(&Clock::system()).await;
        let (epoch, connection) = (bench.link.epoch(), bench.link.connections());
        bench.server.hang_up().await;
        let (link, holds) = (bench.link.clone(), bench.holds(&["a.1", "a.2", "a.3"]));
        let unheard = tokio::spawn(async move {
            link.reconnected(epoch).await;
            let holds: Vec<&Hold> = holds.iter().map(|hold| &**hold).collect();
            share(&link, connection, &holds, vec![0, 1, 2], LEASE).await
        });
        let (arrived, _) = bench.arrived(3).await;
        bench.server.answer(&arrived[2], "").await;
        assert_eq!(unheard.await.unwrap(), [0, 1]);
    }
}
