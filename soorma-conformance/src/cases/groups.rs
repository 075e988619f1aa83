//! C05 to C09, C26, C27, C48, C50, C53, C58: who gets what, and what waits for whom.

use std::time::Duration;

use anyhow::ensure;
use soorma::{broker::Start, handlers, prelude::*};

use super::handlers::{
    after_renaming, before_renaming, broadcast, facts, facts_from_start, noted, plain, requests,
    requests_from_now, results, second, tried_once,
};
use crate::{
    Case,
    bed::Bed,
    case::case,
    contract::{self, group, id, id_of_happened, publish_numbers, settled},
    journal::Journal,
    script::{Call, Double, Doubled, Happened, Script},
    tolerance::{PATIENCE, SHORT_LEASE},
    wait,
};

pub(super) const CASES: &[Case] = &[
    case!("C05", "a group shares", a_group_shares),
    case!("C06", "groups do not share", groups_do_not_share),
    case!("C07", "broadcast", broadcasts),
    case!("C08", "store and forward", store_and_forward),
    case!("C09", "first registration", first_registration),
    case!("C26", "subscribe and close raced", subscribe_and_close_raced),
    case!("C27", "one handler of several unsubscribed", one_of_several_leaves),
    case!("C48", "a second handler, a renamed handler", second_and_renamed),
    case!("C50", "request before its worker existed", request_before_worker),
    case!("C53", "old and new version side by side", two_versions),
    case!("C58", "broadcast instance interrupted and back", broadcast_interrupted, Server),
];

fn range(numbers: std::ops::Range<u32>) -> Vec<u32> {
    numbers.collect()
}

async fn a_group_shares(bed: Bed) -> anyhow::Result<()> {
    let count = bed.size(600, 1_000);
    let journal = Journal::default();
    let mut members = Vec::new();
    for who in ["one", "two", "three"] {
        let script = Script::new(who, &journal, |_| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(())
        });
        members.push(bed.start("group", handlers![tried_once], script).await?);
    }
    publish_numbers(&*bed.broker().await?, 0..count).await?;
    journal.covers(0..count).await?;
    settled(members[0].broker(), &id_of_happened("group")).await?;
    ensure!(journal.len() == count as usize, "{} runs for {count} events", journal.len());
    for who in ["one", "two", "three"] {
        let share = journal.of(who).len();
        ensure!(share * 5 >= count as usize, "member {who} had {share} of {count}");
    }
    Ok(())
}

async fn groups_do_not_share(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let left = bed.start("left", handlers![plain], Script::note("left", &journal)).await?;
    let right = bed.start("right", handlers![plain], Script::note("right", &journal)).await?;
    publish_numbers(&*bed.broker().await?, 0..50).await?;
    journal.reaches(100).await?;
    settled(left.broker(), &id_of_happened("left")).await?;
    settled(right.broker(), &id_of_happened("right")).await?;
    for who in ["left", "right"] {
        let had = journal.numbers_of(who);
        ensure!(had == range(0..50), "`{who}` had {had:?}");
    }
    Ok(())
}

async fn broadcasts(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let start = |who: &'static str| bed.start("all", handlers![broadcast], Script::note(who, &journal));
    let (_one, _two) = (start("one").await?, start("two").await?);
    let publisher = bed.broker().await?;
    publish_numbers(&*publisher, 0..10).await?;
    journal.reaches(20).await?;
    let _late = start("late").await?;
    publish_numbers(&*publisher, 10..20).await?;
    journal.reaches(50).await?;
    for (who, numbers) in [("one", 0..20), ("two", 0..20), ("late", 10..20)] {
        let had = journal.numbers_of(who);
        ensure!(had == range(numbers), "`{who}` had {had:?}");
    }
    Ok(())
}

async fn store_and_forward(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let start = |who: &'static str| bed.start("away", handlers![plain], Script::note(who, &journal));
    let (one, two) = (start("one").await?, start("two").await?);
    one.stop().await?;
    two.kill();
    publish_numbers(&*bed.broker().await?, 0..50).await?;
    let back = start("back").await?;
    journal.covers(0..50).await?;
    settled(back.broker(), &id_of_happened("away")).await?;
    ensure!(journal.numbers_of("back") == range(0..50), "had {:?}", journal.numbers_of("back"));
    Ok(())
}

async fn first_registration(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let client = bed.client("publisher").await?;
    on_three_topics(&client, 1).await?;
    let all = handlers![facts, facts_from_start, requests, requests_from_now, results];
    let process = bed.start("newcomer", all, Script::note("", &journal)).await?;
    on_three_topics(&client, 2).await?;
    journal.reaches(8).await?;
    for (topic, pattern) in [
        (BusinessFacts, "conformance.happened"),
        (ActionRequests, "conformance.asked"),
        (ActionResults, "conformance.answered"),
    ] {
        settled(process.broker(), &id("newcomer", topic, pattern)).await?;
    }
    for (who, expected) in [
        ("facts", vec![2]),
        ("facts from start", vec![1, 2]),
        ("requests", vec![1, 2]),
        ("requests from now", vec![2]),
        ("results", vec![1, 2]),
    ] {
        let had = journal.numbers_of(who);
        ensure!(had == expected, "`{who}` had {had:?}, and not {expected:?}");
    }
    Ok(())
}

async fn on_three_topics(client: &Client, number: u32) -> anyhow::Result<()> {
    client.publish(Happened::number(number)).await?;
    let data = serde_json::json!({"number": number});
    client.event(ActionRequests, "conformance.asked").data(data.clone()).publish().await?;
    client.event(ActionResults, "conformance.answered").data(data).publish().await?;
    Ok(())
}

async fn subscribe_and_close_raced(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let publisher = bed.broker().await?;
    publisher
        .provision(&[group(id_of_happened("raced"), Start::Now)?], soorma::broker::Drifted::Keep)
        .await?;
    for round in 0..10 {
        let starting = bed.start_with("raced", handlers![plain], Script::note("raced", &journal), |app| {
            app.lease(SHORT_LEASE)
        });
        let numbers = round * 10..(round + 1) * 10;
        let (process, published) = tokio::join!(starting, publish_numbers(&*publisher, numbers));
        published?;
        let process = process?;
        if round % 2 == 0 {
            process.stop().await?;
        } else {
            process.kill();
        }
        // And a subscription that is given up while it is made.
        let spec = group(id_of_happened("raced"), Start::Now)?;
        let handle = bed.broker().await?;
        let given_up = tokio::spawn(async move { handle.subscribe(&spec).await.map(drop) });
        tokio::task::yield_now().await;
        given_up.abort();
    }
    let process = bed.start("raced", handlers![plain], Script::note("last", &journal)).await?;
    publish_numbers(&*publisher, 100..110).await?;
    journal.covers(0..110).await?;
    settled(process.broker(), &id_of_happened("raced")).await
}

async fn one_of_several_leaves(bed: Bed) -> anyhow::Result<()> {
    let broker = bed.broker().await?;
    let mut members = Vec::new();
    for agent in ["stays", "leaves", "stays-too"] {
        let spec = group(id_of_happened(agent), Start::Now)?;
        members.push(wait::ends(PATIENCE, "subscribing", broker.subscribe(&spec)).await??);
    }
    publish_numbers(&*broker, 0..10).await?;
    for member in &mut members {
        contract::draw(&mut **member, 10).await?;
    }
    drop(members.remove(1));
    publish_numbers(&*broker, 10..20).await?;
    for member in &mut members {
        let came = contract::draw(&mut **member, 10).await?;
        ensure!(came.len() == 10, "{} events came, and not 10", came.len());
    }
    // A durable one stays, and what comes waits for it.
    let spec = group(id_of_happened("leaves"), Start::Now)?;
    let mut back = wait::ends(PATIENCE, "subscribing", broker.subscribe(&spec)).await??;
    let came = contract::draw(&mut *back, 10).await?;
    ensure!(came.len() == 10, "{} events had waited, and not 10", came.len());
    Ok(())
}

async fn second_and_renamed(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let start = |handlers| bed.start("grown", handlers, Script::note("first", &journal));
    let publisher = bed.broker().await?;
    start(handlers![plain, before_renaming]).await?.stop().await?;
    publish_numbers(&*publisher, 0..5).await?;
    let process = start(handlers![plain, second, after_renaming]).await?;
    publish_numbers(&*publisher, 5..6).await?;
    journal.reaches(13).await?;
    for name in ["", "second", "new"] {
        let id = soorma::broker::SubscriptionId { name: name.into(), ..id_of_happened("grown") };
        settled(process.broker(), &id).await?;
    }
    for (who, numbers) in [("first", 0..6), ("second", 5..6), ("new", 0..6), ("old", 0..0)] {
        let had = journal.numbers_of(who);
        ensure!(had == range(numbers.clone()), "`{who}` had {had:?}, and not {numbers:?}");
    }
    Ok(())
}

#[on_task]
async fn double(task: Task<Double>, call: Call) -> anyhow::Result<Doubled> {
    call.run().await?;
    Ok(Doubled { number: task.number * 2 })
}

async fn request_before_worker(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let client = bed.client("asker").await?;
    client.request(Double { number: 21 }).await?;
    drop(client);
    let worker = bed.start("worker", handlers![double], Script::note("worker", &journal)).await?;
    journal.reaches(1).await?;
    settled(worker.broker(), &id("worker", ActionRequests, "conformance.double")).await?;
    let answers = contract::everything(worker.broker(), ActionResults, "conformance.doubled").await?;
    ensure!(answers.len() == 1, "{} answers, and not one", answers.len());
    let answer: Doubled = answers[0].data_as()?;
    ensure!(answer.number == 42, "the answer is {}", answer.number);
    Ok(())
}

async fn two_versions(bed: Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let old = bed.start("agent", handlers![plain], Script::note("old", &journal)).await?;
    // The new one has other options, and one handler more.
    let new = bed.start("agent", handlers![tried_once, noted], Script::note("new", &journal)).await?;
    publish_numbers(&*bed.broker().await?, 0..200).await?;
    journal.covers(0..200).await?;
    for process in [&old, &new] {
        settled(process.broker(), &id_of_happened("agent")).await?;
    }
    ensure!(journal.len() == 200, "{} runs for 200 events", journal.len());
    two_leases(&bed).await
}

/// A new version with a shorter lease takes nothing away from the old one.
async fn two_leases(bed: &Bed) -> anyhow::Result<()> {
    let journal = Journal::default();
    let script = |who: &str| {
        Script::new(who, &journal, |call: Call| async move {
            if call.number() == 0 {
                // Long enough for the old one to extend its lease meanwhile.
                tokio::time::sleep(SHORT_LEASE * 5).await;
            }
            Ok(())
        })
    };
    let old = bed.start("leases", handlers![plain], script("old")).await?;
    old.bus().publish(Happened::number(0)).await?;
    journal.reaches(1).await?;
    let short = |app: AppBuilder| app.lease(SHORT_LEASE);
    let new = bed.start_with("leases", handlers![plain], script("new"), short).await?;
    new.bus().publish(Happened::number(1)).await?;
    settled(new.broker(), &id_of_happened("leases")).await?;
    ensure!(journal.counts().values().all(|runs| *runs == 1), "runs by event: {:?}", journal.counts());
    Ok(())
}

async fn broadcast_interrupted(bed: Bed) -> anyhow::Result<()> {
    let (bed, server) = bed.on_server().await?;
    let journal = Journal::default();
    let _process = bed.start("all", handlers![broadcast], Script::note("all", &journal)).await?;
    let publisher = bed.broker().await?;
    publish_numbers(&*publisher, 0..10).await?;
    journal.covers(0..10).await?;
    server.cut().await?;
    super::server::publish_stubbornly(&*publisher, 10..20).await?;
    journal.covers(0..20).await?;
    server.kill().await?;
    server.start().await?;
    super::server::publish_stubbornly(&*publisher, 20..30).await?;
    journal.covers(0..30).await
}
