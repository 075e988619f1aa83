//! What is made on the server, what is found there, and what is not taken.

use std::time::Duration;

use async_nats::jetstream::{self, stream};
use soorma::{
    Clock, ConnectError,
    broker::{BrokerError, Drifted, Kind, Start, SubscriptionSpec},
};
use soorma_nats_tests::{NatsServer, NatsServerOptions};

use crate::bench::*;

async fn admin(url: &str) -> jetstream::Context {
    jetstream::new(async_nats::connect(url.split('?').next().unwrap()).await.unwrap())
}

#[tokio::test]
async fn many_provision_at_once_and_nothing_is_made_twice() {
    let bench = Bench::new().await;
    let specs = [group("a", "x"), ordered("b", "x"), spec("c", "x", Kind::Broadcast)];
    let mut tasks = Vec::new();
    for _ in 0..5 {
        let (other, specs) = (bench.again().await, specs.clone());
        tasks.push(tokio::spawn(async move { other.broker.provision(&specs, Drifted::Keep).await }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), []);
    }
    assert_eq!(bench.broker.provision(&specs, Drifted::Correct).await.unwrap(), []);
    assert_eq!(bench.broker.durables().await.unwrap(), [id("a", "x"), id("b", "x")]);
}

#[tokio::test]
async fn settings_that_drifted_are_told_and_changed_only_when_asked() {
    let bench = Bench::new().await;
    let spec = group("a", "x");
    bench.broker.provision(std::slice::from_ref(&spec), Drifted::Keep).await.unwrap();
    let admin = admin(&bench.url).await;
    let mut stream = admin.get_stream(bench.stream()).await.unwrap();
    let mut config = stream.cached_info().config.clone();
    config.max_age = Duration::from_secs(3600);
    config.discard = stream::DiscardPolicy::Old;
    admin.update_stream(&config).await.unwrap();
    let name = spec.id.durable_name();
    let consumer: jetstream::consumer::PullConsumer = stream.get_consumer(&name).await.unwrap();
    let mut config = consumer.cached_info().config.clone();
    config.max_deliver = 3;
    config.ack_wait = Duration::from_secs(1);
    stream.update_consumer(config).await.unwrap();

    let specs = [spec];
    let told = bench.broker.provision(&specs, Drifted::Keep).await.unwrap();
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    let expected = [
        format!("{}: discard is \"old\", and not \"new\"", bench.stream()),
        format!("{}: max_age is 1h, and not 7d", bench.stream()),
        format!("{name}: max_deliver is 3, and not -1"),
    ];
    assert_eq!(told, expected);
    let consumer: jetstream::consumer::PullConsumer = stream.get_consumer(&name).await.unwrap();
    assert_eq!(consumer.cached_info().config.max_deliver, 3, "left as it was");
    assert_eq!(consumer.cached_info().config.ack_wait, Duration::from_secs(33), "the lease is the program's");
    assert_eq!(bench.broker.provision(&specs, Drifted::Correct).await.unwrap().len(), 3);
    assert_eq!(bench.broker.provision(&specs, Drifted::Keep).await.unwrap(), []);
    assert_eq!(stream.info().await.unwrap().config.max_age, Duration::from_secs(7 * 86_400));
}

#[tokio::test]
async fn a_shorter_lease_waits_until_nobody_has_the_longer_one() {
    let bench = Bench::new().await;
    let (long, short) =
        (group("a", "x"), SubscriptionSpec { lease: Duration::from_secs(1), ..group("a", "x") });
    let consumer = async || {
        let stream = admin(&bench.url).await.get_stream(bench.stream()).await.unwrap();
        let found: jetstream::consumer::PullConsumer =
            stream.get_consumer(&long.id.durable_name()).await.unwrap();
        (stream, found.cached_info().config.clone())
    };
    let lease = async || consumer().await.1.ack_wait;
    let mut old = bench.join(&long).await;
    bench.publish(&event("x")).await;
    let held = draw_one(&mut old).await;
    let mut new = bench.again().await.join(&short).await;
    let told = bench.broker.provision(std::slice::from_ref(&short), Drifted::Correct).await.unwrap();
    assert_eq!((lease().await, told), (Duration::from_secs(33), vec![]), "in use");
    assert!(tokio::time::timeout(Duration::from_secs(3), new.next(1)).await.is_err(), "it was taken away");
    // Whoever has changed it by hand, or with an older version, has it changed back.
    let (stream, mut config) = consumer().await;
    config.ack_wait = Duration::from_secs(5);
    stream.update_consumer(config).await.unwrap();
    let changed = std::time::Instant::now();
    while lease().await < Duration::from_secs(33) {
        assert!(changed.elapsed() < Duration::from_secs(5), "it stays too short");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    held.receipt.ack().await.unwrap();
    drop((old, new, held));
    let left = std::time::Instant::now();
    while lease().await > Duration::from_secs(2) {
        assert!(left.elapsed() < SOON, "it stays longer than anybody asks for");
        bench.broker.provision(std::slice::from_ref(&short), Drifted::Keep).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_handler_hears_is_taken_over_and_its_position_stays() {
    let bench = Bench::new().await;
    let mut spec = group("a", "x");
    drop(bench.join(&spec).await);
    bench.publish(&event("x")).await;
    spec.patterns.push("y.*".parse().unwrap());
    let mut member = bench.join(&spec).await;
    bench.publish(&event("y.1")).await;
    let mut found = sequences(&draw(&mut member, 2).await);
    found.sort_unstable();
    assert_eq!(found, [1, 2]);
    spec.patterns.remove(0);
    drop(bench.join(&spec).await);
}

#[tokio::test]
async fn a_renamed_handler_goes_on_and_the_old_version_beside_it_shares_the_work() {
    let bench = Bench::new().await;
    let old = group("a", "x");
    let mut before = bench.join(&old).await;
    for _ in 0..3 {
        bench.publish(&event("x")).await;
    }
    draw_one(&mut before).await.receipt.ack().await.unwrap();
    let renamed = SubscriptionSpec {
        id: soorma::broker::SubscriptionId { name: "new".into(), ..old.id.clone() },
        kind: Kind::Group { start: Start::Now, ordered: false, was: Some(old.id.clone()) },
        ..old.clone()
    };
    let mut after = bench.join(&renamed).await;
    let drawn = draw(&mut after, 2).await;
    let mut found = sequences(&drawn);
    found.sort_unstable();
    assert_eq!(found, [2, 3]);
    ack_all(drawn).await;
    assert_eq!(bench.broker.durables().await.unwrap(), std::slice::from_ref(&renamed.id));
    // The old version of the program goes on, too, and starts once more.
    let mut started = bench.again().await.join(&old).await;
    assert_eq!(bench.broker.durables().await.unwrap(), std::slice::from_ref(&renamed.id));
    for _ in 0..6 {
        bench.publish(&event("x")).await;
    }
    let mut seen = Vec::new();
    let mut three = [&mut before, &mut after, &mut started];
    let deadline = tokio::time::Instant::now() + SOON;
    while seen.len() < 6 {
        assert!(tokio::time::Instant::now() < deadline, "{seen:?}");
        for member in &mut three {
            if let Ok(some) = tokio::time::timeout(Duration::from_millis(50), member.next(1)).await {
                for delivery in some.unwrap() {
                    seen.push(delivery.sequence);
                    delivery.receipt.ack().await.unwrap();
                }
            }
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [4, 5, 6, 7, 8, 9]);
    // And back again.
    let back = SubscriptionSpec {
        kind: Kind::Group { start: Start::Now, ordered: false, was: Some(renamed.id.clone()) },
        ..old.clone()
    };
    bench.publish(&event("x")).await;
    let mut back = bench.join(&back).await;
    assert_eq!(bench.broker.durables().await.unwrap(), std::slice::from_ref(&old.id));
    assert_eq!(draw_one(&mut back).await.sequence, 10);
}

#[tokio::test]
async fn a_durable_in_use_is_not_removed() {
    let bench = Bench::new().await;
    let spec = group("a", "x");
    let mut member = bench.join(&spec).await;
    assert!(!bench.broker.remove(&id("b", "x")).await.unwrap());
    let waits = tokio::spawn(async move { member.next(1).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(matches!(bench.broker.remove(&spec.id).await, Err(BrokerError::Refused(_))));
    waits.abort();
    let removed = async {
        while !matches!(bench.broker.remove(&spec.id).await, Ok(true)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, removed).await.unwrap();
    assert!(bench.broker.durables().await.unwrap().is_empty());
    bench.publish(&event("x")).await;
    nothing(&mut bench.join(&spec).await).await;
}

#[tokio::test]
async fn namespaces_do_not_see_each_other() {
    let (one, two) = (Bench::new().await, Bench::new().await);
    let mut first = one.join(&group("a", "x")).await;
    let mut second = two.join(&group("a", "x")).await;
    one.publish(&event("x")).await;
    draw_one(&mut first).await;
    nothing(&mut second).await;
    assert_eq!(two.broker.durables().await.unwrap().len(), 1);
}

async fn refusal(url: &str) -> ConnectError {
    soorma::connect::broker(url, &Clock::system()).await.err().expect("it was let in")
}

#[tokio::test]
async fn what_will_not_do_is_refused_with_the_reason() {
    let options = NatsServerOptions { plain: true, ..Default::default() };
    let plain = NatsServer::with(options).unwrap();
    let error = refusal(&plain.url()).await;
    assert!(
        matches!(&error, ConnectError::Refused { reason, .. } if reason.contains("JetStream")),
        "{error}"
    );
    let error = refusal("nats://127.0.0.1:1?connect=200ms").await;
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
    let error = refusal(&format!("{}?colour=red", plain.url())).await;
    assert!(error.to_string().contains("no parameter `colour`"), "{error}");
    let error = refusal(&format!("{}?creds=/nowhere", plain.url())).await;
    assert!(error.to_string().contains("/nowhere"), "{error}");
    let bench = Bench::on(&shared_url(), "&replicas=3").await;
    let refused = bench.broker.provision(&[group("a", "x")], Drifted::Keep).await;
    assert!(matches!(refused, Err(BrokerError::Refused(_))), "{refused:?}");
}

/// A server that says no more than who it is.
fn old_server(version: &'static str) -> u16 {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let info = format!("INFO {{\"version\":\"{version}\",\"max_payload\":1048576,\"headers\":true}}\r\n");
        stream.write_all(info.as_bytes()).unwrap();
        for line in BufReader::new(stream.try_clone().unwrap()).lines() {
            if line.is_ok_and(|line| line.starts_with("PING")) {
                stream.write_all(b"PONG\r\n").unwrap();
            }
        }
    });
    port
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused() {
    let error = refusal(&format!("nats://127.0.0.1:{}", old_server("2.9.10"))).await;
    let expected = "the server is of version 2.9.10; 2.12 is the oldest that will do";
    assert!(matches!(&error, ConnectError::Refused { reason, .. } if reason == expected), "{error}");
}
