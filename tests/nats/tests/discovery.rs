//! Processes that find each other, die and come back.

#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use soorma::{Clock, registry::Registry};
use soorma_nats_tests::NatsServer;

const ALL: &str = "order.paid order.placed order.shipped";

/// A process with one agent, and what it says is actionable.
struct Process {
    child: Child,
    says: Receiver<String>,
    last: String,
}

impl Process {
    fn start(server: &NatsServer, agent: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_discovers"))
            .args([&server.url(), agent])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (say, says) = channel();
        // Ends with the process.
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        Self { child, says, last: String::new() }
    }

    /// Waits until it says just that.
    fn finds(&mut self, events: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.last != events {
            let left = deadline.saturating_duration_since(Instant::now());
            self.last = self.says.recv_timeout(left).unwrap_or_else(|_| {
                panic!("process {} found `{}` last, and not `{events}`", self.child.id(), self.last)
            });
        }
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The end of its input.
    fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who is registered, read from the server now.
async fn registered(server: &NatsServer) -> Vec<String> {
    let clock = Clock::system();
    let store = soorma::connect::store(&server.url(), &clock).await.unwrap();
    let catalogue = Registry::new(store, clock).catalogue().await.unwrap();
    catalogue.agents().map(|agent| agent.name.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_find_each_other_and_what_is_dead_is_not_found_until_it_is_back() {
    let mut server = NatsServer::start().unwrap();
    let mut payments = Process::start(&server, "payments");
    payments.finds("order.placed");
    let mut parcels = Process::start(&server, "parcels");
    let mut letters = Process::start(&server, "letters");
    for process in [&mut payments, &mut parcels, &mut letters] {
        process.finds(ALL);
    }

    parcels.kill();
    payments.finds("order.placed order.shipped");
    letters.finds("order.placed order.shipped");
    let mut parcels = Process::start(&server, "parcels");
    for process in [&mut payments, &mut parcels, &mut letters] {
        process.finds(ALL);
    }

    // What dies while the server is away is not found when that is back; what lives is.
    server.kill();
    letters.kill();
    server.run().unwrap();
    payments.finds("order.paid order.placed");
    parcels.finds("order.paid order.placed");
    let mut letters = Process::start(&server, "letters");
    for process in [&mut payments, &mut parcels, &mut letters] {
        process.finds(ALL);
    }

    // Who stops has left before it ends.
    parcels.stop();
    assert_eq!(registered(&server).await, ["letters", "payments"]);
    payments.finds("order.placed order.shipped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_was_deleted_is_whole_again_once_somebody_makes_it() {
    let server = NatsServer::start().unwrap();
    let mut payments = Process::start(&server, "payments");
    let mut parcels = Process::start(&server, "parcels");
    payments.finds("order.paid order.placed");
    parcels.finds("order.paid order.placed");
    let client = async_nats::connect(server.url()).await.unwrap();
    client.request("$JS.API.STREAM.DELETE.KV_soorma_store", "".into()).await.unwrap();
    let mut letters = Process::start(&server, "letters");
    for process in [&mut payments, &mut parcels, &mut letters] {
        process.finds(ALL);
    }
}
