//! A member of a subscription. A task of its own (`task`) talks with the server, so that `next` can be dropped at any time;
//! between the two lies a `buffer`. What needs no waiting, `next` asks for itself: to wake the task would wake another thread.

use std::{cell::LazyCell, future::poll_fn, sync::Arc, task::Poll};

use super::{asking::Asking, buffer::Buffer, item::Item, shared::Shared, task::Task};
use crate::{
    BoxFuture,
    broker::{BrokerError, Delivery, Drifted, Kind, Subscription, SubscriptionSpec},
};

pub(super) struct Member {
    shared: Arc<Shared>,
    buffer: Arc<Buffer<Item>>,
    asking: Arc<Asking>,
    /// What was gone when it joined.
    missed: u64,
}

impl Member {
    pub(super) async fn join(shared: &Arc<Shared>, spec: &SubscriptionSpec) -> Result<Self, BrokerError> {
        let buffer = Arc::new(Buffer::new());
        let mut missed = 0;
        let task = match &spec.kind {
            Kind::Group { .. } => {
                let parts = shared.provision(spec, Drifted::Keep).await?.parts;
                missed = shared.missed(spec, &parts).await?;
                Task::new(shared, spec, &buffer, parts, 0).await?
            }
            Kind::Broadcast | Kind::Inbox(_) => {
                let part = shared.add_ephemeral(spec);
                let after = match shared.make_ephemeral(spec, &part, None).await {
                    Ok(after) => after,
                    Err(error) => {
                        shared.drop_ephemeral(&part.consumer);
                        return Err(error);
                    }
                };
                Task::new(shared, spec, &buffer, vec![part], after).await?
            }
        };
        let asking = task.asking.clone();
        tokio::spawn(task.run());
        Ok(Self { shared: shared.clone(), buffer, asking, missed })
    }

    async fn next(&self, max: usize) -> Result<Vec<Delivery>, BrokerError> {
        let max = max.max(1);
        poll_fn(|cx| {
            if self.shared.is_closed() {
                return Poll::Ready(Err(BrokerError::Closed));
            }
            // Looked at once for all of them.
            let now = LazyCell::new(|| self.shared.link.clock.now());
            let take = |item: Item| item.into_delivery(*now);
            let drawn = self.buffer.poll_draw(max, take, |room| self.asking.ask_at_once(room), cx);
            drawn.map(|drawn| drawn.ok_or(BrokerError::Closed))
        })
        .await
    }
}

impl Subscription for Member {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Delivery>, BrokerError>> {
        Box::pin(Member::next(self, max))
    }

    fn missed(&self) -> u64 {
        self.missed
    }

    fn stop(&mut self) {
        self.buffer.stop();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.buffer.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, task::Context, time::Duration};

    use bytes::Bytes;
    use futures_util::{FutureExt, future::join};
    use soorma_common::{EventDraft, EventEnvelope, EventTopic::BusinessFacts, Timestamp};
    use tokio::{
        task::{unconstrained, yield_now},
        time::timeout,
    };

    use super::*;
    use crate::{
        broker::{
            Hears, Start, SubscriptionId,
            nats::{consumer::Part, subject::Lane},
        },
        clock::Clock,
        nats::scripted::{Arrived, Server},
        race::race,
    };

    const NEXT: &str = "$JS.API.CONSUMER.MSG.NEXT.";

    /// A member of a group, and its task, which does not run yet. On a clock that stands still nothing is mended by time.
    struct Bench {
        server: Server,
        shared: Arc<Shared>,
        member: Member,
        task: Option<Task>,
    }

    impl Bench {
        async fn new(clock: &Clock, lanes: &[Lane]) -> Self {
            let (server, link) = Server::start(clock).await;
            let (shared, buffer) = (Arc::new(Shared::new(link)), Arc::new(Buffer::new()));
            let id = SubscriptionId {
                agent: "shop".into(),
                topic: BusinessFacts,
                pattern: ">".into(),
                name: String::new(),
            };
            let spec = SubscriptionSpec {
                id,
                patterns: vec![">".parse().unwrap()],
                hears: Hears::All,
                kind: Kind::Group { start: Start::Now, ordered: lanes.len() > 1, was: None },
                lease: Duration::from_secs(30),
            };
            let parts = lanes.iter().enumerate();
            let parts =
                parts.map(|(index, lane)| Part { consumer: format!("c{index}"), lane: *lane }).collect();
            let task = Task::new(&shared, &spec, &buffer, parts, 0).await.unwrap();
            let member = Member { shared: shared.clone(), buffer, asking: task.asking.clone(), missed: 0 };
            Self { server, shared, member, task: Some(task) }
        }

        /// The task runs, and waits by now.
        async fn run(&mut self) {
            tokio::spawn(self.task.take().unwrap().run());
            for _ in 0..3 {
                yield_now().await;
            }
        }

        /// Draws, as often as a member does that is woken for nothing.
        fn draw_in_vain(&self, max: usize) {
            for _ in 0..3 {
                assert!(self.member.next(max).now_or_never().is_none());
            }
        }

        /// Whether the task is called.
        fn calls(&self) -> bool {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            self.member.buffer.poll_demand(&mut cx) == Poll::Ready(true)
        }

        /// What was asked for until now.
        async fn asked(&mut self) -> Vec<Arrived> {
            self.shared.link.send("now", None, Bytes::new()).await;
            let mut all = Vec::new();
            while all.last().is_none_or(|last: &Arrived| last.subject != "now") {
                all.extend(self.server.one_read().await);
            }
            all.retain(|one| one.subject.starts_with(NEXT));
            all
        }

        /// What arrives as the first of these.
        async fn first(&mut self, of: &str) -> Arrived {
            // The client says that it is there all the while.
            let found = timeout(Duration::from_secs(10), async {
                loop {
                    let mut all = self.server.one_read().await.into_iter();
                    if let Some(found) = all.find(|one| one.subject.starts_with(of)) {
                        return found;
                    }
                }
            });
            found.await.expect(of)
        }
    }

    #[tokio::test]
    async fn a_member_that_has_room_asks_the_server_without_its_task_and_once() {
        let mut bench = Bench::new(&Clock::system(), &[Lane::Any]).await;
        bench.draw_in_vain(8);
        assert!(!bench.calls());
        let asked = bench.asked().await;
        assert_eq!(asked.len(), 1, "{asked:?}");
        let stream = bench.shared.subjects.stream(BusinessFacts);
        assert_eq!(asked[0].subject, format!("{NEXT}{stream}.c0"));
        assert_eq!(asked[0].reply, format!("{}.0.0", bench.member.asking.inbox));
    }

    #[tokio::test]
    async fn a_member_that_has_done_much_in_its_turn_asks_all_the_same() {
        let mut bench = Bench::new(&Clock::system(), &[Lane::Any]).await;
        while tokio::task::consume_budget().now_or_never().is_some() {}
        bench.draw_in_vain(8);
        assert!(!bench.calls());
        assert_eq!(bench.asked().await.len(), 1);
    }

    #[tokio::test]
    async fn lanes_are_left_to_the_task() {
        let mut bench = Bench::new(&Clock::simulated(), &[Lane::Keyless, Lane::Number(0)]).await;
        bench.draw_in_vain(8);
        assert!(bench.calls());
        assert_eq!(bench.asked().await.len(), 0);
        bench.run().await;
        let asked = bench.asked().await;
        let consumers: BTreeSet<_> = asked.iter().map(|one| &one.subject[one.subject.len() - 2..]).collect();
        assert_eq!((asked.len(), consumers), (2, ["c0", "c1"].into()));
    }

    #[tokio::test]
    async fn what_cannot_be_sent_at_once_is_asked_for_by_the_task() {
        let mut bench = Bench::new(&Clock::simulated(), &[Lane::Any]).await;
        bench.run().await;
        // Nobody takes it from the client meanwhile.
        while unconstrained(bench.shared.link.send("other", None, Bytes::new())).now_or_never().is_some() {}
        bench.draw_in_vain(8);
        bench.first(NEXT).await;
        assert_eq!(bench.asked().await.len(), 0, "it was asked for twice");
    }

    #[tokio::test]
    async fn what_was_asked_for_over_a_lost_connection_is_forgotten_by_the_task_and_asked_for_again() {
        let mut bench = Bench::new(&Clock::system(), &[Lane::Any]).await;
        let epoch = bench.shared.link.epoch();
        bench.draw_in_vain(8);
        assert_eq!(bench.asked().await.len(), 1);
        bench.server.hang_up().await;
        let greeted = async {
            while bench.shared.link.epoch() == epoch {
                bench.server.one_read().await;
            }
        };
        race(bench.shared.link.reconnected(epoch), greeted).await;
        bench.draw_in_vain(8);
        assert!(bench.calls());
        assert_eq!(bench.asked().await.len(), 0);
        bench.run().await;
        let asked = bench.asked().await;
        assert_eq!(asked.len(), 1);
        assert!(asked[0].reply.ends_with(".0.1"), "{asked:?}");
    }

    #[tokio::test]
    async fn a_task_that_waits_sees_to_it_that_a_new_connection_is_asked() {
        let mut bench = Bench::new(&Clock::simulated(), &[Lane::Any]).await;
        bench.run().await;
        for generation in 0..3 {
            // Once: nobody but the task does anything from then on.
            bench.draw_in_vain(8);
            let asked = bench.first(NEXT).await;
            assert!(asked.reply.ends_with(&format!(".0.{generation}")), "{asked:?}");
            bench.server.hang_up().await;
        }
        bench.first(NEXT).await;
    }

    #[tokio::test]
    async fn a_request_of_the_member_that_the_server_never_answers_is_missed_by_the_task() {
        let clock = Clock::simulated();
        let mut bench = Bench::new(&clock, &[Lane::Any]).await;
        // It knows of no request when it goes to sleep.
        bench.run().await;
        bench.draw_in_vain(8);
        assert_eq!(bench.asked().await.len(), 1);
        join(clock.advance(Duration::from_secs(5)), bench.first("$JS.API.CONSUMER.INFO.")).await;
        join(clock.advance(Duration::from_secs(5)), bench.first(NEXT)).await;
    }

    #[tokio::test]
    async fn what_came_is_not_asked_for_again_before_the_member_has_it() {
        let mut bench = Bench::new(&Clock::system(), &[Lane::Any]).await;
        bench.run().await;
        bench.draw_in_vain(2);
        assert_eq!(bench.asked().await.len(), 1);
        // The second is no event: the member is told of the first once the letter of the second is stored.
        let draft = EventDraft::new(BusinessFacts, "order.placed", &1).unwrap();
        let event = EventEnvelope::root("shop", draft, Timestamp::now());
        let inbox = format!("{}.>", bench.member.asking.inbox);
        let number = bench.server.number(&inbox).to_owned();
        let messages = [serde_json::to_string(&event).unwrap(), "odd".to_owned()];
        let lines: Vec<_> = messages
            .iter()
            .zip(1..)
            .map(|(text, sequence)| {
                let name = format!("$JS.ACK.s.c0.1.{sequence}.{sequence}.17.0");
                format!("MSG soorma.business-facts._._.order.placed {number} {name} {}\r\n{text}", text.len())
            })
            .collect();
        bench.server.say(&lines.join("\r\n")).await;
        bench.first("$JS.API.STREAM.").await;
        bench.draw_in_vain(2);
        assert_eq!(bench.asked().await.len(), 0);
    }
}
