//! Tests of modules in which nothing can be named: not even the attribute for tests works there.

use soorma::{handlers, prelude::*, testing::TestApp};

use crate::{
    contracts::CustomerTold,
    no_prelude::{begin, hear, Happened},
    shadowed::{call, main, order_key, primitives::number, r#mod::r#match, Payload, Request},
};

#[tokio::test]
async fn handlers_are_called_whatever_is_shadowed() {
    let list = handlers![order_key, call, r#match, main, number];
    let app = TestApp::start(App::builder("a").handlers(list)).await.unwrap();
    let _published = app.publish(Payload { this: 2 }).await.unwrap();
    let answer = app.ask(Request { number: 5 }).await.unwrap();
    app.settle().await.unwrap();
    let left: Vec<_> = app.published::<Payload>().iter().map(|payload| payload.this).collect();
    assert_eq!((answer.number, left), (5, vec![2, 1, 0]));
}

#[tokio::test]
async fn an_event_is_heard_without_a_prelude() {
    let app = TestApp::start(App::builder("bare").handlers(handlers![hear, begin])).await.unwrap();
    for name in ["", "a"] {
        let _published = app.publish(Happened { name: name.to_owned() }).await.unwrap();
    }
    app.settle().await.unwrap();
    assert_eq!(
        app.published::<CustomerTold>(),
        [CustomerTold("a".to_owned(), 0), CustomerTold("a".to_owned(), 0)]
    );
}
