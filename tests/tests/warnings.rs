//! What the log says of what nobody else would notice.

#![allow(clippy::unwrap_used)]

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use soorma::{
    Clock,
    broker::{Broker, memory::MemoryBroker},
    handlers,
    prelude::*,
    testing::TestBed,
};
use soorma_tests::{
    Happened,
    brokers::{Fault, Faulty},
};
use tracing_subscriber::util::SubscriberInitExt;

/// What was written to the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[on_event]
async fn hears(_thing: Event<Happened>) {}

#[tokio::test]
async fn events_that_a_group_has_missed_are_told_once() {
    let log = Log::default();
    let writer = log.clone();
    let logger = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logging = logger.set_default();
    let clock = Clock::simulated();
    let good: Arc<dyn Broker> = Arc::new(MemoryBroker::new(clock.clone()));
    let bed = TestBed::on(Arc::new(Faulty::new(good, Fault::Forgot(7))), clock.clone());
    let app = bed.start(App::builder("tester").handlers(handlers![hears])).await.unwrap();
    for number in 0..3 {
        app.publish(Happened::number(number)).await.unwrap();
        clock.advance(Duration::from_secs(1)).await;
    }
    app.settle().await.unwrap();
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let told: Vec<&str> = said.lines().filter(|line| line.contains("missed=")).collect();
    assert_eq!(told.len(), 1, "{said}");
    assert!(told[0].contains("WARN") && told[0].contains("missed=7"), "{told:?}");
    assert!(told[0].contains("subscription=tester/business-facts/thing.happened"), "{told:?}");
}
