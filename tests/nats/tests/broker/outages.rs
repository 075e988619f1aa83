//! What breaks: connections, the server, consumers that somebody deletes.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use async_nats::jetstream;
use soorma::broker::{Kind, SettleError, Start, SubscriptionSpec};
use soorma_nats_tests::NatsServer;
use tokio::task::JoinSet;

use crate::bench::*;

async fn admin(url: &str) -> jetstream::Context {
    jetstream::new(async_nats::connect(url.split('?').next().unwrap()).await.unwrap())
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_stopped_or_killed_and_members_go_on_by_themselves() {
    let mut server = NatsServer::start().unwrap();
    let bench = Bench::on(&server.url(), "").await;
    let mut member = bench.join(&group("a", "x")).await;
    let mut cast = bench.join(&spec("c", "x", Kind::Broadcast)).await;
    let publisher = bench.broker.clone();
    let publishes = tokio::spawn(async move {
        let mut stored = HashSet::new();
        for _ in 0..60 {
            let batch: Vec<_> = (0..20).map(|_| publication(&event("x"), Default::default())).collect();
            let ids: Vec<String> = batch.iter().map(|one| one.event.id.to_string()).collect();
            for (id, result) in ids.into_iter().zip(publisher.publish(batch).await) {
                assert!(!result.unwrap().duplicate);
                stored.insert(id);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stored
    });
    let restarts = tokio::task::spawn_blocking(move || {
        for kill in [false, true, true] {
            std::thread::sleep(Duration::from_millis(400));
            if kill {
                server.kill()
            } else {
                server.stop().unwrap()
            }
            std::thread::sleep(Duration::from_millis(300));
            server.run().unwrap();
        }
        server
    });
    let mut found = HashSet::new();
    let mut heard = HashSet::new();
    let mut acks = JoinSet::new();
    while found.len() < 1200 || heard.len() < 1200 {
        // What was on its way when the server was killed comes again when its lease is over.
        let next = tokio::time::timeout(LEASE * 3, async {
            tokio::select! {
                some = member.next(50) => (some.unwrap(), true),
                some = cast.next(50) => (some.unwrap(), false),
            }
        });
        let Ok((some, group)) = next.await else { panic!("{} and {} of 1200", found.len(), heard.len()) };
        for delivery in some {
            if group { &mut found } else { &mut heard }.insert(delivery.event.id.to_string());
            // A server that was killed may have forgotten the delivery, and answers nothing then: so none waits for
            // another, and each is ours as long as its lease lasts.
            acks.spawn(async move {
                let settled = delivery.receipt.ack().await;
                let lost = matches!(settled, Err(SettleError::Lost));
                assert!(!lost || Instant::now() >= delivery.until, "{settled:?}");
            });
        }
    }
    acks.join_all().await;
    let stored = publishes.await.unwrap();
    let server = restarts.await.unwrap();
    assert!(found == stored && heard == stored);
    assert!(bench.broker.health().await.is_ok());
    drop(server);
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_and_then_it_is_an_error() {
    let mut server = NatsServer::start().unwrap();
    let bench = Bench::on(&server.url(), "").await;
    bench.publish(&event("x")).await;
    server.stop().unwrap();
    let began = Instant::now();
    let mut late = publication(&event("x"), Default::default());
    late.admission = soorma::broker::Admission::Within(Duration::from_secs(1));
    let failed = bench.offer(late).await;
    assert!(matches!(failed, Err(soorma::broker::PublishError::Unavailable(_))), "{failed:?}");
    assert!(began.elapsed() < Duration::from_secs(8));
    assert!(bench.broker.health().await.is_err());
    let url = server.url_with("connect=15s");
    let waits = tokio::spawn(async move { soorma::connect::broker(&url, &soorma::Clock::system()).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!waits.is_finished());
    server.run().unwrap();
    assert!(waits.await.unwrap().unwrap().health().await.is_ok());
}

#[tokio::test]
async fn a_deleted_consumer_is_made_again_where_the_group_stood() {
    let bench = Bench::new().await;
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    for _ in 0..5 {
        bench.publish(&event("x")).await;
    }
    let mut drawn = draw(&mut member, 5).await;
    let held = drawn.remove(2);
    ack_all(drawn).await;
    let admin = admin(&bench.url).await;
    let stream = admin.get_stream(bench.stream()).await.unwrap();
    stream.delete_consumer(&spec.id.durable_name()).await.unwrap();
    bench.publish(&event("x")).await;
    let mut came = sequences(&draw(&mut member, 2).await);
    came.sort_unstable();
    assert_eq!(came, [3, 6], "what was not settled, and what is new");
    nothing(&mut member).await;
    drop(held);
}

#[tokio::test]
async fn a_new_group_that_has_settled_nothing_yet_never_hears_what_is_older_than_itself() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        bench.publish(&event("x")).await;
    }
    let admin = admin(&bench.url).await;
    for (before, deleted) in [(group("a", "x"), true), (ordered("b", "x"), true), (group("c", "x"), false)] {
        drop(bench.join(&before).await);
        let stream = admin.get_stream(bench.stream()).await.unwrap();
        if deleted {
            stream.delete_consumer(&before.id.durable_name()).await.unwrap();
        }
        // Made again, or turned into an ordered one.
        let after = ordered(&before.id.agent, "x");
        let published = bench.publish(&event("x")).await.sequence;
        let mut member = bench.join(&after).await;
        assert_eq!(draw_one(&mut member).await.sequence, published, "{}", before.id);
    }
    let before = group("d", "x");
    drop(bench.join(&before).await);
    let mut after = group("e", "x");
    after.kind = Kind::Group { start: Start::Now, ordered: false, was: Some(before.id) };
    let published = bench.publish(&event("x")).await.sequence;
    let mut member = bench.join(&after).await;
    assert_eq!(draw_one(&mut member).await.sequence, published, "renamed");
}

/// Waits until the topic has forgotten everything.
async fn forgotten(bench: &Bench) {
    let stream = admin(&bench.url).await.get_stream(bench.stream()).await.unwrap();
    let started = Instant::now();
    while stream.get_info().await.unwrap().state.messages > 0 {
        assert!(started.elapsed() < SOON, "it forgets nothing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn each_kind() -> [SubscriptionSpec; 4] {
    let spec = |agent: &str, start, ordered| SubscriptionSpec {
        kind: Kind::Group { start, ordered, was: None },
        ..group(agent, "x")
    };
    [
        spec("a", Start::Now, false),
        spec("b", Start::Beginning, false),
        spec("c", Start::Now, true),
        spec("d", Start::Beginning, true),
    ]
}

#[tokio::test]
async fn a_new_group_has_missed_nothing_and_an_old_one_what_was_gone_when_it_came_back() {
    let bench = Bench::on(&shared_url(), "&retention=1s").await;
    for _ in 0..5 {
        bench.publish(&event("x")).await;
    }
    forgotten(&bench).await;
    for spec in each_kind() {
        assert_eq!(bench.join(&spec).await.missed(), 0, "{} is new", spec.id);
    }
    for _ in 0..3 {
        bench.publish(&event("x")).await;
    }
    forgotten(&bench).await;
    for spec in each_kind() {
        assert_eq!(bench.join(&spec).await.missed(), 3, "{} was away", spec.id);
    }
}

#[tokio::test]
async fn a_server_that_stands_still_for_longer_than_a_request_may_take_loses_and_doubles_nothing() {
    let server = NatsServer::start().unwrap();
    let bench = Bench::on(&server.url(), "").await;
    let spec = SubscriptionSpec { lease: Duration::from_secs(60), ..group("a", "x") };
    let mut member = bench.join(&spec).await;
    bench.publish(&event("x")).await;
    let held = draw_one(&mut member).await;
    signal(&server, "STOP");
    let publisher = bench.broker.clone();
    let publishes = tokio::spawn(async move {
        let batch: Vec<_> = (0..20).map(|_| publication(&event("x"), Default::default())).collect();
        let ids: HashSet<String> = batch.iter().map(|one| one.event.id.to_string()).collect();
        let stored = publisher.publish(batch).await;
        assert!(stored.iter().all(Result::is_ok), "{stored:?}");
        (ids, stored.into_iter().map(|one| one.unwrap().sequence).collect::<HashSet<u64>>())
    });
    let impatient = bench.broker.clone();
    let impatient = tokio::spawn(async move {
        let mut one = publication(&event("y"), Default::default());
        one.admission = soorma::broker::Admission::Within(Duration::from_secs(1));
        impatient.publish(vec![one]).await.pop().unwrap()
    });
    let settles = tokio::spawn(async move { held.receipt.ack().await });
    // One answer is waited for 5 s; the client looks after its connection every 10 s.
    tokio::time::sleep(Duration::from_secs(14)).await;
    let gave_up = impatient.await.unwrap();
    assert!(matches!(gave_up, Err(soorma::broker::PublishError::Unavailable(_))), "{gave_up:?}");
    assert!(!publishes.is_finished());
    signal(&server, "CONT");
    let (published, sequences) = publishes.await.unwrap();
    assert_eq!(sequences.len(), 20);
    let settled = settles.await.unwrap();
    let mut found: Vec<String> = Vec::new();
    while found.len() < 20 {
        for delivery in draw(&mut member, 1).await {
            // What was not confirmed may come again.
            if delivery.sequence > 1 {
                found.push(delivery.event.id.to_string());
            } else {
                assert!(settled.is_err(), "it was settled");
            }
            delivery.receipt.ack().await.unwrap();
        }
    }
    nothing(&mut member).await;
    assert_eq!(found.len(), 20, "none twice");
    assert_eq!(found.into_iter().collect::<HashSet<_>>(), published);
    assert!(bench.broker.health().await.is_ok());
}

fn signal(server: &NatsServer, signal: &str) {
    let id = server.id().unwrap().to_string();
    let sent = std::process::Command::new("kill").args([format!("-{signal}"), id]).status().unwrap();
    assert!(sent.success());
}

#[tokio::test]
async fn a_consumer_that_was_deleted_while_nobody_was_there_keeps_its_backlog() {
    let bench = Bench::new().await;
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    bench.publish(&event("x")).await;
    let slow = draw_one(&mut member).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    slow.receipt.ack().await.unwrap();
    drop(slow);
    // The position is kept every other second.
    tokio::time::sleep(Duration::from_secs(3)).await;
    drop(member);
    bench.publish(&event("x")).await;
    let admin = admin(&bench.url).await;
    let stream = admin.get_stream(bench.stream()).await.unwrap();
    stream.delete_consumer(&spec.id.durable_name()).await.unwrap();
    let mut member = bench.again().await.join(&spec).await;
    assert_eq!(draw_one(&mut member).await.sequence, 2);
}

#[tokio::test]
async fn every_lane_and_every_broadcast_is_made_again() {
    let bench = Bench::new().await;
    let mut member = bench.join(&ordered("a", "x")).await;
    let mut cast = bench.join(&spec("c", "x", Kind::Broadcast)).await;
    for n in 0..20 {
        bench.publish(&keyed("x", &n.to_string())).await;
    }
    let first = draw(&mut cast, 20).await;
    ack_all(first).await;
    let mut left = 20;
    while left > 0 {
        let some = draw(&mut member, 1).await;
        left -= some.len();
        ack_all(some).await;
    }
    let admin = admin(&bench.url).await;
    let stream = admin.get_stream(bench.stream()).await.unwrap();
    let mut names = stream.consumer_names();
    use futures_util::StreamExt;
    while let Some(name) = names.next().await {
        stream.delete_consumer(&name.unwrap()).await.unwrap();
    }
    for n in 0..20 {
        bench.publish(&keyed("x", &n.to_string())).await;
    }
    let mut new: HashSet<u64> = sequences(&draw(&mut cast, 20).await).into_iter().collect();
    assert_eq!(new, (21..=40).collect());
    new.clear();
    while new.len() < 20 {
        let delivery = draw_one(&mut member).await;
        delivery.receipt.ack().await.unwrap();
        assert!(delivery.sequence > 20, "{} was settled", delivery.sequence);
        new.insert(delivery.sequence);
    }
}

#[tokio::test]
async fn a_topic_that_is_deleted_is_made_again_and_heard() {
    let bench = Bench::new().await;
    let spec = SubscriptionSpec { lease: Duration::from_secs(5), ..group("a", "x") };
    let mut member = bench.join(&spec).await;
    for _ in 0..3 {
        bench.publish(&event("x")).await;
    }
    ack_all(draw(&mut member, 3).await).await;
    let admin = admin(&bench.url).await;
    admin.delete_stream(bench.stream()).await.unwrap();
    let draws = tokio::spawn(async move { tokio::time::timeout(SOON * 2, member.next(1)).await });
    let mut tries = 0;
    while bench.offer(publication(&event("x"), Default::default())).await.is_err() {
        tries += 1;
        assert!(tries < 2);
    }
    assert_eq!(draws.await.unwrap().unwrap().unwrap()[0].sequence, 1);
}
