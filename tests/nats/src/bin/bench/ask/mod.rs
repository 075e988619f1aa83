//! `bench ask`: from a question to its answer, beside the same by hand; what a journalled step costs, and a delegation.
//!
//! Everything is measured in one run on one server, in rounds, each in another order, so that a change of the machine's mood
//! meets all. Ratios and differences are those of the medians of one round.

mod agents;
mod by_hand;
mod channels;
mod contract;
mod figures;
mod form;

use std::sync::Arc;

use anyhow::ensure;
use soorma_nats_tests::NatsServer;
use tokio::task::block_in_place;

use self::{
    agents::Agents,
    by_hand::ByHand,
    channels::Channels,
    contract::{Order, Question},
    figures::{Call, Latency, spread},
    form::Form,
};
use crate::options::{number, read};

/// How many calls are on their way at once.
const IN_FLIGHT: [usize; 2] = [1, 16];

/// What runs before anything is measured.
const WARM_UP: usize = 160;

const BY_HAND: usize = 0;
const ASK: usize = 1;
const NO_STEP: usize = 2;
const ONE_STEP: usize = 3;
const TEN_STEPS: usize = 4;
const DELEGATION: usize = 5;
const CREATE: usize = 6;
const BY_HAND_IN_ENVELOPES: usize = 7;

/// What is measured on one broker, in the order of the constants above.
struct Subject {
    broker: &'static str,
    agents: Arc<Agents>,
    variants: Vec<(&'static str, Call)>,
    /// By variant, number in flight and round.
    seen: Vec<[Vec<Latency>; IN_FLIGHT.len()]>,
}

pub(crate) async fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let (mut rounds, mut calls) = (9, 1_000);
    read(args, |name, value| {
        match name {
            "--rounds" => rounds = number(name, value)?,
            "--calls" => calls = number(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    ensure!(rounds > 0 && calls >= 100, "`--rounds` must be 1 or more, and `--calls` 100 or more");
    let server = block_in_place(NatsServer::start)?;
    let mut subjects = [Subject::in_process().await?, Subject::on(&server.url()).await?];
    for subject in &mut subjects {
        for variant in 0..subject.variants.len() {
            subject.measure(variant, WARM_UP).await?;
        }
        subject.seen.iter_mut().flatten().for_each(Vec::clear);
    }
    for round in 0..rounds {
        for subject in &mut subjects {
            let count = subject.variants.len();
            for place in 0..count {
                let place = if round % 2 == 0 { place } else { count - 1 - place };
                subject.measure((place + round) % count, calls).await?;
            }
        }
    }
    for subject in &subjects {
        subject.print();
    }
    println!(
        "\nmedians of {rounds} rounds, and their ends; {calls} calls of a kind in each; events of 1 KB each way"
    );
    Ok(())
}

impl Subject {
    async fn in_process() -> anyhow::Result<Self> {
        let channels = Arc::new(Channels::start());
        let floor: Call = Arc::new(move || {
            let channels = channels.clone();
            Box::pin(async move { channels.ask(&Question { order: Order::new() }).await?.order.check() })
        });
        Ok(Self::new("memory:", Agents::start("memory:").await?, ("two channels by hand", floor), []))
    }

    async fn on(url: &str) -> anyhow::Result<Self> {
        let bare = Arc::new(ByHand::start(url, Form::Bare).await?);
        let creating = bare.clone();
        let create: Call = Arc::new(move || {
            let creating = creating.clone();
            Box::pin(async move { creating.create().await })
        });
        let in_envelopes = Arc::new(ByHand::start(url, Form::Envelope).await?);
        let more = [
            ("`kv.create` by hand", create),
            ("two events by hand, in soorma's envelopes", asked_by_hand(in_envelopes)),
        ];
        let floor = ("two events by hand", asked_by_hand(bare));
        Ok(Self::new("nats:", Agents::start(url).await?, floor, more))
    }

    fn new(
        broker: &'static str,
        agents: Agents,
        floor: (&'static str, Call),
        more: impl IntoIterator<Item = (&'static str, Call)>,
    ) -> Self {
        let agents = Arc::new(agents);
        let asking = agents.clone();
        let ask: Call = Arc::new(move || {
            let agents = asking.clone();
            Box::pin(async move { agents.ask(Question { order: Order::new() }).await })
        });
        let task = |steps, delegations| -> Call {
            let agents = agents.clone();
            Arc::new(move || {
                let agents = agents.clone();
                Box::pin(async move { agents.work(steps, delegations).await })
            })
        };
        let mut variants = vec![floor, ("`ask`", ask)];
        variants.extend([
            ("task without steps", task(0, 0)),
            ("task of 1 step", task(1, 0)),
            ("task of 10 steps", task(10, 0)),
            ("task of 1 delegation", task(0, 1)),
        ]);
        variants.extend(more);
        let seen = variants.iter().map(|_| [Vec::new(), Vec::new()]).collect();
        Self { broker, agents, variants, seen }
    }

    async fn measure(&mut self, variant: usize, calls: usize) -> anyhow::Result<()> {
        for (in_flight, seen) in IN_FLIGHT.into_iter().zip(&mut self.seen[variant]) {
            seen.push(Latency::of(&self.variants[variant].1, calls, in_flight).await?);
            self.agents.rest().await?;
        }
        Ok(())
    }

    fn print(&self) {
        for (nth, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            println!("\n| `{}`, {in_flight} in flight | median, us | p99, us |", self.broker);
            println!("| --- | --- | --- |");
            for ((name, _), seen) in self.variants.iter().zip(&self.seen) {
                let of = |figure: fn(&Latency) -> f64| {
                    spread(&seen[nth].iter().map(figure).collect::<Vec<_>>(), 0)
                };
                println!("| {name} | {} | {} |", of(|seen| seen.median), of(|seen| seen.p99));
            }
            for base in [BY_HAND, BY_HAND_IN_ENVELOPES] {
                let Some((name, _)) = self.variants.get(base) else { continue };
                let ratio = self.each(nth, |round| round(ASK) / round(base));
                println!("| `ask` by {name} | {} | |", spread(&ratio, 2));
            }
        }
        println!("\n| `{}`, 1 in flight | us | beside |\n| --- | --- | --- |", self.broker);
        self.print_part(
            "a step",
            |round| (round(TEN_STEPS) - round(ONE_STEP)) / 9.0,
            ("`kv.create`", CREATE),
        );
        let journal = |round: &dyn Fn(usize) -> f64| round(ONE_STEP) - round(NO_STEP);
        self.print_part("a journal and its first step", journal, ("`kv.create`", CREATE));
        self.print_part(
            "a journal and a delegation",
            |round| round(DELEGATION) - round(NO_STEP),
            ("`ask`", ASK),
        );
    }

    /// A part of a call, and how often it is what is named beside it.
    fn print_part(
        &self,
        name: &str,
        part: impl Fn(&dyn Fn(usize) -> f64) -> f64,
        (beside, other): (&str, usize),
    ) {
        let cost = spread(&self.each(0, &part), 0);
        let times = if other < self.variants.len() {
            let times = self.each(0, |round| part(round) / round(other));
            format!("{} of {beside}", spread(&times, 2))
        } else {
            String::new()
        };
        println!("| {name} | {cost} | {times} |");
    }

    /// Something for each round, from the medians of its variants.
    fn each(&self, nth: usize, of: impl Fn(&dyn Fn(usize) -> f64) -> f64) -> Vec<f64> {
        let rounds = self.seen[ASK][nth].len();
        (0..rounds).map(|round| of(&|variant: usize| self.seen[variant][nth][round].median)).collect()
    }
}

fn asked_by_hand(by_hand: Arc<ByHand>) -> Call {
    Arc::new(move || {
        let by_hand = by_hand.clone();
        Box::pin(async move { by_hand.ask(&Question { order: Order::new() }).await?.order.check() })
    })
}
