//! The agents that answer, on one broker, and who asks them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use soorma::{
    App, Client, Clock, EventPayload, Running,
    broker::{Broker, SubscriptionId},
    connect, handlers,
};

use super::contract::{Order, Question, Work, answer, work};

/// So long may it take until everything is settled.
const SOON: Duration = Duration::from_secs(30);

pub(super) struct Agents {
    broker: Arc<dyn Broker>,
    asker: Client,
    /// They run as long as it is there.
    _app: Running,
}

impl Agents {
    /// Who asks has a connection of its own, as a process of its own would have.
    pub(super) async fn start(url: &str) -> anyhow::Result<Self> {
        let (broker, store) = connect::both(url, &Clock::system()).await?;
        let asker = match url {
            "memory:" => Client::on(broker.clone(), "asker"),
            url => Client::connect(url, "asker").await?,
        };
        let app = App::builder("bench").broker(broker.clone()).store(store);
        let app = app.agents(["clerk", "worker"]).handlers(handlers![answer, work]).start().await?;
        Ok(Self { broker, asker, _app: app })
    }

    pub(super) async fn ask(&self, question: Question) -> anyhow::Result<()> {
        self.asker.ask(question).await?.order.check()
    }

    pub(super) async fn work(&self, steps: u32, delegations: u32) -> anyhow::Result<()> {
        let work = Work { order: Order::new(), steps, delegations };
        self.asker.ask(work).await?.order.check()
    }

    /// Waits until nothing is left to be settled: a task tidies up after its answer.
    pub(super) async fn rest(&self) -> anyhow::Result<()> {
        let id = |agent: &str, event_type: &str| SubscriptionId {
            agent: agent.to_owned(),
            topic: soorma::EventTopic::ActionRequests,
            pattern: event_type.to_owned(),
            name: String::new(),
        };
        let ids = [id("clerk", Question::CONTRACT.event_type), id("worker", Work::CONTRACT.event_type)];
        let deadline = Instant::now() + SOON;
        while self.broker.backlog(&ids).await?.total() > 0 {
            ensure!(Instant::now() < deadline, "the tasks are not settled");
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}
