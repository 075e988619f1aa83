//! To whom an event is sent: groups, inboxes, broadcasts.

use std::time::Duration;

use soorma::{
    Address,
    broker::{Hears, Kind, SubscriptionSpec},
};

use crate::bench::*;

#[tokio::test]
async fn each_hears_what_is_addressed_to_it() {
    let bench = Bench::new().await;
    let hearing = |agent: &str, hears| SubscriptionSpec { hears, ..group(agent, ">") };
    let mut everyone = bench.join(&hearing("e", Hears::Everyone)).await;
    let mut own = bench.join(&hearing("g", Hears::Group)).await;
    let mut all = bench.join(&hearing("o", Hears::All)).await;
    let inbox = |name: &str| spec("i", ">", Kind::Inbox(name.into()));
    let mut mine = bench.join(&inbox("i.1/ü")).await;
    let mut another = bench.join(&inbox("i.2")).await;
    bench.publish(&event("to.all")).await;
    bench.publish_to(&event("to.g"), Address::Group("g".into())).await;
    bench.publish_to(&event("to.inbox"), Address::Inbox("i.1/ü".into())).await;
    bench.publish_to(&event("to.o"), Address::Subscription(id("o", ">").durable_name())).await;
    assert_eq!(sequences(&draw(&mut everyone, 1).await), [1]);
    assert_eq!(sequences(&draw(&mut own, 1).await), [2]);
    assert_eq!(sequences(&draw(&mut all, 4).await), [1, 2, 3, 4]);
    let answer = draw_one(&mut mine).await;
    assert_eq!(answer.event.event_type, "to.inbox");
    answer.receipt.ack().await.unwrap();
    for idle in [&mut everyone, &mut own, &mut all, &mut mine, &mut another] {
        nothing(idle).await;
    }
}

#[tokio::test]
async fn every_instance_of_a_broadcast_hears_all_from_when_it_joined() {
    let bench = Bench::new().await;
    let cast = spec("a", "x", Kind::Broadcast);
    let mut one = bench.join(&cast).await;
    let mut two = bench.again().await.join(&cast).await;
    bench.publish(&event("x")).await;
    let mut late = bench.join(&cast).await;
    bench.publish(&event("x")).await;
    assert_eq!(sequences(&draw(&mut one, 2).await), [1, 2]);
    assert_eq!(sequences(&draw(&mut two, 2).await), [1, 2]);
    let heard = draw_one(&mut late).await;
    assert_eq!(heard.sequence, 2);
    assert!(bench.broker.backlog(std::slice::from_ref(&cast.id)).await.unwrap().total() > 0);
    heard.receipt.hand_back(Duration::from_millis(50)).await.unwrap();
    draw_one(&mut late).await.receipt.ack().await.unwrap();
    assert!(bench.broker.durables().await.unwrap().is_empty());
}
