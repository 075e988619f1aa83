//! Latencies of many calls, and what is said of them over several rounds.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use soorma::BoxFuture;
use tokio::task::JoinSet;

use crate::median;

/// One call: a question and its answer.
pub(super) type Call = Arc<dyn Fn() -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

/// Of one round, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    pub(super) median: f64,
    pub(super) p99: f64,
}

impl Latency {
    /// Makes so many calls, so many of them at once.
    pub(super) async fn of(call: &Call, calls: usize, in_flight: usize) -> anyhow::Result<Self> {
        let mut callers = JoinSet::new();
        for _ in 0..in_flight {
            let call = call.clone();
            callers.spawn(async move {
                let mut times: Vec<Duration> = Vec::with_capacity(calls / in_flight);
                for _ in 0..calls / in_flight {
                    let began = Instant::now();
                    call().await?;
                    times.push(began.elapsed());
                }
                anyhow::Ok(times)
            });
        }
        let mut all = Vec::with_capacity(calls);
        while let Some(times) = callers.join_next().await {
            all.extend(times??);
        }
        all.sort_unstable();
        let at =
            |part: usize| all.get(all.len() * part / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6);
        Ok(Self { median: at(50), p99: at(99) })
    }
}

/// The middle of the rounds, and their ends.
pub(super) fn spread(rounds: &[f64], digits: usize) -> String {
    let (least, most) =
        rounds.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), one| (least.min(*one), most.max(*one)));
    format!("{:.digits$} ({least:.digits$} to {most:.digits$})", median(rounds.to_vec()))
}
