//! C37, C38: questions and answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};
use soorma::{AskError, handlers, prelude::*};

use super::{handlers::plain, support::Gate};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{everything, id, settled},
    journal::Journal,
    script::{Call, Double, Doubled, Script},
    tolerance::{LATE, PATIENCE},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C37", "100 concurrent asks", asks),
    case!("C38", "requesting group restarts before the answer", group_restarts),
];

#[on_task]
async fn double(task: Task<Double>, call: Call) -> anyhow::Result<Doubled> {
    call.run().await?;
    Ok(Doubled { number: task.number * 2 })
}

#[on_result(event_type = "conformance.doubled")]
async fn hear(answer: TaskResult<Doubled>, call: Call) -> anyhow::Result<()> {
    answer.into_result()?;
    call.run().await
}

async fn asks(bed: Bed) -> anyhow::Result<()> {
    // No responder: an error at the deadline.
    let lonely = bed.client("lonely").await?;
    let (start, deadline) = (Instant::now(), Duration::from_millis(500));
    match lonely.ask(Double { number: 1 }).timeout(deadline).await {
        Err(AskError::TimedOut { .. }) => {}
        other => bail!("nobody answers, and that gave {other:?}"),
    }
    let took = start.elapsed();
    ensure!(took >= deadline && took <= deadline + LATE, "a deadline of {deadline:?} took {took:?}");

    let journal = Journal::default();
    let (gate, late) = (Gate::new(), Arc::new(AtomicU32::new(0)));
    let script = {
        let (gate, late) = (gate.clone(), late.clone());
        Script::new("worker", &journal, move |call: Call| {
            let (gate, late) = (gate.clone(), late.clone());
            async move {
                if call.number() == 1_000 {
                    gate.pass().await?;
                    late.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            }
        })
    };
    let worker = bed.start("worker", handlers![double], script).await?;
    // From processes with agents and without: two of each.
    let with = [
        bed.start("asker", handlers![plain], Script::note("asker", &journal)).await?,
        bed.start("asker", handlers![plain], Script::note("asker", &journal)).await?,
    ];
    let without = [Arc::new(bed.client("script").await?), Arc::new(bed.client("script").await?)];
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..100_u32 {
        let place = (number / 2 % 2) as usize;
        let bus = if number % 2 == 0 { with[place].bus() } else { (**without[place]).clone() };
        callers.spawn(async move { (number, bus.ask(Double { number }).await) });
    }
    while let Some(answered) = callers.join_next().await {
        let (number, answer) = answered?;
        let answer = answer?;
        ensure!(answer.number == number * 2, "{number} was answered with {}", answer.number);
    }

    // A late answer resolves nobody. A request that its worker does not have by then is expired, and asked again.
    let asker = &without[0];
    let begun = Instant::now();
    while gate.inside() == 0 {
        ensure!(begun.elapsed() < PATIENCE, "the worker has not begun a request within its deadline");
        match asker.ask(Double { number: 1_000 }).timeout(deadline).await {
            Err(AskError::TimedOut { .. }) => {}
            other => bail!("a worker that is too slow gave {other:?}"),
        }
    }
    let pending = tokio::spawn({
        let bus = (**without[1]).clone();
        async move { bus.ask(Double { number: 8 }).await }
    });
    gate.open_wide();
    wait::until("the late answer is given", || late.load(Ordering::SeqCst) > 0).await?;
    settled(worker.broker(), &id("worker", ActionRequests, "conformance.double")).await?;
    ensure!(pending.await??.number == 16, "the answer to another question");
    let answer = asker.ask(Double { number: 7 }).await?;
    ensure!(answer.number == 14, "7 was answered with {}", answer.number);
    Ok(())
}

async fn group_restarts(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let asker = |who: &str| bed.start("asker", handlers![hear], Script::note(who, &journal));
    let (one, two) = (asker("one").await?, asker("two").await?);
    let request = one.bus().request(Double { number: 21 }).await?;
    one.stop().await?;
    two.kill();
    let worker = bed.start("worker", handlers![double], Script::note("worker", &journal)).await?;
    wait::until("the worker has it", || journal.of("worker").len() == 1).await?;
    settled(worker.broker(), &id("worker", ActionRequests, "conformance.double")).await?;
    // An answer to this group is nobody else's.
    let other = bed.start("other", handlers![hear], Script::note("other", &journal)).await?;
    let again = [asker("again").await?, asker("again").await?];
    wait::until("the group hears it", || journal.of("again").len() == 1).await?;
    for (process, agent) in [(&again[0], "asker"), (&other, "other")] {
        settled(process.broker(), &id(agent, ActionResults, "conformance.doubled")).await?;
    }
    ensure!(journal.numbers_of("again") == [42], "the answer is {:?}", journal.numbers_of("again"));
    ensure!(journal.of("other").is_empty(), "another group heard it");
    let answers = everything(worker.broker(), ActionResults, "conformance.doubled").await?;
    ensure!(
        answers.len() == 1 && answers[0].parent_event_id.as_deref() == Some(&*request),
        "it is no answer to the request"
    );
    Ok(())
}
