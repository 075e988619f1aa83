//! C56: what is in the broker and is no event, or not the one that its place says.

use anyhow::{Context, ensure};
use soorma::{
    broker::{Body, DeadLetterReason},
    handlers,
    prelude::*,
};

use super::{handlers::plain, support::letters_reach};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{self, id_of_happened, settled},
    journal::Journal,
    script::{Happened, Script},
    wait,
};

pub(super) const CASES: &[Case] =
    &[case!("C56", "body against its address, body that is no envelope", bodies, Foreign)];

async fn bodies(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let process = bed.start("reader", handlers![plain], Script::note("reader", &journal)).await?;
    let foreign = bed.target().clone();
    let foreign = foreign.foreign().context("no way past soorma")?;
    let mut other_type = contract::event("foreign", &Happened::number(66))?;
    other_type.event_type = "conformance.other".into();
    let mut other_topic = contract::event("foreign", &Happened::number(67))?;
    other_topic.topic = PlanEvents;
    let bad: [(Vec<u8>, DeadLetterReason); 5] = [
        (b"no JSON".to_vec(), DeadLetterReason::Malformed),
        (Vec::new(), DeadLetterReason::Malformed),
        (b"{\"id\": \"1\", \xff}".to_vec(), DeadLetterReason::Malformed),
        (serde_json::to_vec(&other_type)?, DeadLetterReason::Misrouted),
        (serde_json::to_vec(&other_topic)?, DeadLetterReason::Misrouted),
    ];
    for (bytes, _) in &bad {
        foreign.put(bed.space(), BusinessFacts, "conformance.happened", bytes).await?;
    }
    let good = contract::event("foreign", &Happened::number(1))?;
    foreign.put(bed.space(), BusinessFacts, "conformance.happened", &serde_json::to_vec(&good)?).await?;
    process.bus().publish(Happened::number(2)).await?;
    wait::until("the good ones are handled", || journal.has(1) && journal.has(2)).await?;
    let letters = letters_reach(process.broker(), "reader", bad.len()).await?;
    settled(process.broker(), &id_of_happened("reader")).await?;
    ensure!(letters.len() == bad.len(), "{} dead letters for {}", letters.len(), bad.len());
    for (bytes, reason) in bad {
        let same = |body: &Body| match body {
            Body::Raw(raw) => **raw == *bytes,
            // A broker may keep what is readable as an event.
            Body::Event(event) => serde_json::to_vec(&**event).is_ok_and(|event| event == bytes),
        };
        let letter = letters.iter().find(|letter| same(&letter.body));
        let letter = letter.with_context(|| format!("`{}` is lost", String::from_utf8_lossy(&bytes)))?;
        ensure!(letter.reason == reason, "`{}` is `{}`", String::from_utf8_lossy(&bytes), letter.reason);
    }
    ensure!(journal.numbers_of("reader") == [1, 2], "it ran with {:?}", journal.numbers_of("reader"));
    Ok(())
}
