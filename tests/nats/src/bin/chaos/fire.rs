//! Who is killed when: spread over the run by the number of outcomes, so that every kill meets work.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::{broker::Broker, fleet::Fleet, options::Options, random::Random};

/// How often is looked.
const TICK: Duration = Duration::from_millis(200);

/// How long after the last outcome a reader that has ended may be wrong.
const PATIENCE: Duration = Duration::from_secs(90);

/// The server, or a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Worker,
    Server,
}

/// Who is still to be killed, the last one first, each at a number of outcomes.
#[derive(Debug)]
pub(crate) struct Fire {
    plan: Vec<(usize, Target)>,
    random: Random,
    orders: usize,
    deadline: Duration,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Fired {
    /// When the server was killed, in seconds since 1970.
    pub(crate) server_kills: Vec<f64>,
    /// From the first process to the last outcome.
    pub(crate) took: Duration,
    pub(crate) in_time: bool,
    /// Consumers that were not done at the end.
    pub(crate) backlog: Vec<String>,
}

impl Fire {
    pub(crate) fn new(options: &Options, orders: usize) -> Self {
        let mut random = Random(options.seed);
        let workers = std::iter::repeat_n(Target::Worker, options.kills);
        let targets = workers.chain(std::iter::repeat_n(Target::Server, options.server_kills));
        let mut plan: Vec<_> =
            targets.map(|target| (orders / 50 + random.below(orders * 9 / 10), target)).collect();
        plan.sort_unstable_by(|a, b| b.cmp(a));
        Self { plan, random, orders, deadline: options.deadline }
    }

    /// Kills and waits until every order has an outcome and nothing is left to do, or until the deadline.
    pub(crate) async fn run(mut self, broker: &mut Broker, fleet: &mut Fleet) -> anyhow::Result<Fired> {
        let began = Instant::now();
        let mut fired = Fired::default();
        let (mut outcomes, mut told) = (0, Instant::now());
        loop {
            tokio::time::sleep(TICK).await;
            fleet.look();
            if let Some(id) = broker.id() {
                fleet.look_at_server(id);
            }
            // The server may be away.
            let now = broker.outcomes().await.unwrap_or(outcomes);
            if now > outcomes {
                (outcomes, fired.took) = (now, began.elapsed());
            }
            if told.elapsed() > Duration::from_secs(5) {
                eprintln!(
                    "{:>6.1} s  {outcomes} outcomes, {} kills to come",
                    seconds(began),
                    self.plan.len()
                );
                told = Instant::now();
            }
            if let Some((_, target)) = self.plan.pop_if(|(at, _)| *at <= outcomes) {
                self.kill(target, broker, fleet, &mut fired).await?;
                eprintln!("{:>6.1} s  {outcomes} outcomes", seconds(began));
            } else if outcomes >= self.orders && self.plan.is_empty() && fleet.reader_is_done()? {
                fired.in_time = broker.backlog().await.is_ok_and(|backlog| backlog.is_empty());
            }
            // The reader gives up where nothing goes on.
            let given_up = began.elapsed() > fired.took + PATIENCE && fleet.reader_is_done()?;
            if fired.in_time || given_up || began.elapsed() > self.deadline {
                fired.backlog = broker.backlog().await?;
                return Ok(fired);
            }
        }
    }

    async fn kill(
        &mut self,
        target: Target,
        broker: &mut Broker,
        fleet: &mut Fleet,
        fired: &mut Fired,
    ) -> anyhow::Result<()> {
        if target == Target::Worker {
            let name = fleet.kill(self.random.below(fleet.size()))?;
            eprint!("killed {name:<12}");
        } else {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            fired.server_kills.push(now.as_secs_f64());
            broker.kill(Duration::from_millis(self.random.below(2_000) as u64)).await?;
            eprint!("killed the server  ");
        }
        Ok(())
    }
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}
