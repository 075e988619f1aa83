//! C15 to C19, C46: the ends of events that nobody can handle, and the way back.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use soorma::{Timestamp, broker::DeadLetterReason, handlers, prelude::*};

use super::{
    handlers::{plain, tried_once, tried_thrice, typed},
    support::{hang, letters, letters_reach},
};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{self, id_of_happened, publication, settled},
    journal::Journal,
    script::{Call, Happened, Script},
    tolerance::{LOOK, PATIENCE},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C15", "last attempt", last_attempt),
    case!("C16", "terminal error", terminal_error),
    case!("C17", "payload that does not decode", undecodable),
    case!("C18", "panic", panics),
    case!("C19", "replay of a dead letter", replay),
    case!("C46", "event that kills its process every time", process_lost),
];

async fn last_attempt(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let script = Script::new("tester", &journal, |call: Call| async move {
        ensure!(call.number() != 1, anyhow!("the disk is full").context(format!("attempt {}", call.attempt)));
        Ok(())
    });
    let process = bed.start("tester", handlers![tried_thrice], script).await?;
    let mut event = contract::event("publisher", &Happened::number(1))?;
    event.data = serde_json::value::RawValue::from_string(r#"{ "key":"1",  "number":1}"#.into())?;
    let before = Timestamp::now();
    contract::publish(process.broker(), publication(event.clone())).await??;
    let letter = letters_reach(process.broker(), "tester", 1).await?.remove(0);
    ensure!(journal.len() == 3, "a dead letter after {} attempts of 3", journal.len());
    // Whatever comes of it now comes before, or with, what is published later.
    process.bus().publish(Happened::number(2)).await?;
    wait::until("the next event is handled", || journal.has(2)).await?;
    settled(process.broker(), &id_of_happened("tester")).await?;
    let runs = journal.entries().iter().filter(|entry| entry.number == 1).count();
    ensure!(runs == 3, "{runs} attempts of 3");
    let letters = letters(process.broker(), "tester").await?;
    ensure!(letters.len() == 1, "in the dead letters {} times", letters.len());

    let body = letter.body.event().context("the body is no event")?;
    ensure!(**body == event && body.data.get() == event.data.get(), "the body changed: {body:?}");
    ensure!(letter.reason == DeadLetterReason::AttemptsExhausted, "the reason is `{}`", letter.reason);
    ensure!(letter.attempts == 3, "it counts {} attempts", letter.attempts);
    let first = &letter.first_errors;
    ensure!(*first == ["attempt 1", "the disk is full"], "the first errors are {first:?}");
    ensure!(letter.errors == ["attempt 3", "the disk is full"], "the errors are {:?}", letter.errors);
    ensure!(letter.handler.ends_with("handlers::tried_thrice"), "the handler is `{}`", letter.handler);
    ensure!(letter.subscription == id_of_happened("tester"), "the subscription is `{}`", letter.subscription);
    ensure!(
        before <= letter.first_failure && letter.first_failure < letter.last_failure,
        "it failed first at {}, and last at {}",
        letter.first_failure,
        letter.last_failure
    );
    Ok(())
}

async fn terminal_error(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let script = Script::new("tester", &journal, |_| async {
        Err(anyhow::Error::new(Reject::new("never")).context("while looking at it"))
    });
    let process = bed.start("tester", handlers![tried_thrice], script).await?;
    process.bus().publish(Happened::number(1)).await?;
    let letter = letters_reach(process.broker(), "tester", 1).await?.remove(0);
    settled(process.broker(), &id_of_happened("tester")).await?;
    ensure!(journal.len() == 1, "{} attempts, and not one", journal.len());
    ensure!(letter.reason == DeadLetterReason::Rejected, "the reason is `{}`", letter.reason);
    ensure!(letter.attempts == 1, "it counts {} attempts", letter.attempts);
    ensure!(letter.errors == ["while looking at it", "never"], "the errors are {:?}", letter.errors);
    Ok(())
}

async fn undecodable(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let process = bed.start("tester", handlers![typed], Script::note("tester", &journal)).await?;
    let bad = serde_json::json!({"number": "seven", "key": "k"});
    process.bus().event(BusinessFacts, "conformance.happened").data(bad).publish().await?;
    process.bus().publish(Happened::number(8)).await?;
    journal.reaches(1).await?;
    let letter = letters_reach(process.broker(), "tester", 1).await?.remove(0);
    settled(process.broker(), &id_of_happened("tester")).await?;
    ensure!(journal.numbers_of("tester") == [8], "it ran with {:?}", journal.numbers_of("tester"));
    ensure!(letter.reason == DeadLetterReason::Undecodable, "the reason is `{}`", letter.reason);
    ensure!(letter.errors.iter().any(|error| error.contains("`number`")), "no path: {:?}", letter.errors);
    Ok(())
}

async fn panics(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let script = Script::new("tester", &journal, |call: Call| async move {
        if call.number() == 1 && call.attempt == 1 {
            // As a panic unwinds, without the program's panic hook: a message, or a backtrace that takes seconds.
            std::panic::resume_unwind(Box::new("a panic of the suite"));
        }
        Ok(())
    });
    let process = bed.start("tester", handlers![tried_thrice], script).await?;
    process.bus().publish(Happened::number(1)).await?;
    process.bus().publish(Happened::number(2)).await?;
    journal.reaches(3).await?;
    settled(process.broker(), &id_of_happened("tester")).await?;
    let attempts: Vec<_> =
        journal.entries().iter().filter(|entry| entry.number == 1).map(|entry| entry.attempt).collect();
    ensure!(attempts == [1, 2], "the handler saw attempts {attempts:?}");
    ensure!(letters(process.broker(), "tester").await?.is_empty(), "a dead letter");
    Ok(())
}

async fn replay(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let events = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = events.clone();
    let script = Script::new("fails", &journal, move |call: Call| {
        let first = {
            let mut kept = kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if call.number() == 1 {
                kept.push(call.event.clone());
            }
            kept.len() == 1
        };
        async move {
            ensure!(call.number() != 1 || !first, "not the first time");
            Ok(())
        }
    });
    let fails = bed.start("fails", handlers![tried_once], script).await?;
    let other = bed.start("other", handlers![plain], Script::note("other", &journal)).await?;
    fails.bus().publish(Happened::number(1)).await?;
    let letter = letters_reach(fails.broker(), "fails", 1).await?.remove(0);
    wait::until("the other group has it", || journal.of("other").len() == 1).await?;
    let replayed = fails.broker().dead_letters().replay(&letter.id()).await?;
    ensure!(replayed, "there was nothing to replay");
    wait::until("it is delivered again", || journal.of("fails").len() == 2).await?;
    settled(fails.broker(), &id_of_happened("fails")).await?;
    // What was sent to the other group by mistake comes before this.
    fails.bus().publish(Happened::number(2)).await?;
    wait::until("the next event is handled", || journal.numbers_of("other").contains(&2)).await?;
    settled(other.broker(), &id_of_happened("other")).await?;
    let had = journal.numbers_of("other");
    ensure!(had == [1, 2], "the other group had {had:?}");
    let attempts: Vec<_> = journal.of("fails").iter().take(2).map(|entry| entry.attempt).collect();
    ensure!(attempts == [1, 1], "the handler saw attempts {attempts:?}");
    let events = events.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    ensure!(events[0] == events[1], "id, lineage or data changed: {:?}, {:?}", events[0], events[1]);
    ensure!(letters(fails.broker(), "fails").await?.is_empty(), "it is still among the dead letters");
    let again = fails.broker().dead_letters().replay(&letter.id()).await?;
    ensure!(!again, "it could be replayed twice");
    Ok(())
}

async fn process_lost(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let start = || {
        let script = Script::new("tester", &journal, |call: Call| async move {
            if call.number() == 666 { hang().await } else { Ok(()) }
        });
        bed.start_with("tester", handlers![plain], script, |app| app.lease(Duration::from_millis(400)))
    };
    let runs = || journal.entries().iter().filter(|entry| entry.number == 666).count();
    let mut process = start().await?;
    for number in [1, 666, 2] {
        process.bus().publish(Happened::number(number)).await?;
    }
    let (mut seen, mut killed) = (0, 0);
    let letter = loop {
        let begun = Instant::now();
        while runs() == seen && letters(process.broker(), "tester").await?.is_empty() {
            ensure!(begun.elapsed() < PATIENCE, "it does not come again, and is no dead letter");
            tokio::time::sleep(LOOK * 4).await;
        }
        if let Some(letter) = letters(process.broker(), "tester").await?.pop() {
            break letter;
        }
        killed += 1;
        ensure!(killed <= 40, "it has killed 40 processes, and is no dead letter");
        process.kill();
        seen = runs();
        process = start().await?;
    };
    ensure!(letter.reason == DeadLetterReason::ProcessLost, "the reason is `{}`", letter.reason);
    process.bus().publish(Happened::number(3)).await?;
    wait::within(PATIENCE, "the others are handled", || (1..=3).all(|number| journal.has(number))).await?;
    settled(process.broker(), &id_of_happened("tester")).await
}
