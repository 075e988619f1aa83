//! Who hears what is addressed to somebody.

use super::*;

#[tokio::test]
async fn each_subscription_hears_the_addresses_that_it_asks_for() {
    let bench = Bench::new();
    let hearing = |agent: &str, hears| SubscriptionSpec { hears, ..group(agent, ">") };
    let own = hearing("own", Hears::Everyone);
    let mut members = [
        ("everyone", bench.join(&own).await),
        ("answers", bench.join(&SubscriptionSpec { hears: Hears::Group, ..group("own", "*") }).await),
        ("observer", bench.join(&hearing("observer", Hears::All)).await),
        ("stranger", bench.join(&hearing("stranger", Hears::Everyone)).await),
        ("inbox", bench.join(&spec("own", ">", Kind::Inbox("box".into()))).await),
        ("broadcast", bench.join(&spec("own", ">", Kind::Broadcast)).await),
    ];
    let expected: [(Address, &[&str]); 6] = [
        (Address::Everyone, &["everyone", "observer", "stranger", "broadcast"]),
        (Address::Group("own".into()), &["everyone", "answers", "observer", "broadcast"]),
        (Address::Group("nobody".into()), &["observer"]),
        (Address::Subscription(own.id.durable_name()), &["everyone", "broadcast"]),
        (Address::Inbox("box".into()), &["observer", "inbox"]),
        (Address::Inbox("other".into()), &["observer"]),
    ];
    for (to, hearers) in expected {
        bench.publish_to(&event("x"), to.clone()).await;
        let heard: Vec<&str> = members
            .iter_mut()
            .filter_map(|(name, member)| (!draw(member, 9).is_empty()).then_some(*name))
            .collect();
        assert_eq!(heard, hearers, "{to}");
    }
}

#[tokio::test]
async fn an_inbox_is_gone_with_its_member() {
    let bench = Bench::new();
    let inbox = spec("a", ">", Kind::Inbox("box".into()));
    let member = bench.join(&inbox).await;
    bench.publish_to(&event("x"), Address::Inbox("box".into())).await;
    assert_eq!(bench.backlog(&[&inbox]).await.waiting, 1);
    drop(member);
    assert_eq!(bench.backlog(&[&inbox]).await.total(), 0);
    assert!(draw(&mut bench.join(&inbox).await, 9).is_empty());
}
