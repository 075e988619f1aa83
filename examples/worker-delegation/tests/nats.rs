//! The program on a NATS server, in one process an agent, while workers are killed.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use soorma_nats_tests::NatsServer;

/// Processes of the program, on one server and with one ledger.
struct World {
    server: NatsServer,
    form: &'static str,
    ledger: PathBuf,
}

/// One that is killed when it is dropped, as `kill -9` does.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl World {
    fn new(form: &'static str) -> Self {
        let ledger =
            std::env::temp_dir().join(format!("worker-delegation-nats-{form}-{}", std::process::id()));
        Self { server: NatsServer::start().unwrap(), form, ledger }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker-delegation"));
        command.args(arguments).args(["--form", self.form, "--bank", "5"]);
        command.arg("--broker").arg(self.server.url()).arg("--ledger").arg(&self.ledger);
        command
    }

    /// Returns when the agent hears.
    fn start(&self, agent: &str) -> Process {
        let mut command = self.command(&["--agent", agent]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let process = Process(child);
        assert!(log.any(|line| line.unwrap().contains("ready")), "`{agent}` does not start");
        // Read on, so that it can write on.
        thread::spawn(move || log.count());
        process
    }

    /// The shop, and what it prints.
    fn shop(&self, orders: &str) -> (Process, Lines<BufReader<ChildStdout>>) {
        let mut child = self.command(&["--agent", "shop", "--orders", orders]);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        (Process(child), answers)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.ledger);
    }
}

fn entries(ledger: &Path) -> Vec<String> {
    fs::read_to_string(ledger).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn every_order_is_answered_once(form: &'static str) {
    let world = World::new(form);
    let provisioned = world.command(&["provision"]).output().unwrap();
    assert!(provisioned.status.success(), "{}", String::from_utf8_lossy(&provisioned.stderr));
    let _inventory = world.start("inventory");
    let (payments, orders) = (world.start("payments"), world.start("orders"));
    let (mut shop, mut answers) = world.shop("12");
    let mut told: Vec<_> = answers.by_ref().take(6).map(Result::unwrap).collect();

    // Six orders were refused without the bank; the others wait for it.
    drop((payments, orders));
    let _payments = world.start("payments");
    let orders = world.start("orders");

    // The first charges are made, and answered or not.
    let deadline = Instant::now() + Duration::from_secs(60);
    while entries(&world.ledger).is_empty() {
        assert!(Instant::now() < deadline, "nothing is charged: {told:?}");
        thread::sleep(Duration::from_millis(1));
    }
    drop(orders);
    let _orders = world.start("orders");

    told.extend(answers.map(Result::unwrap));
    assert_eq!(shop.0.wait().unwrap().code(), Some(0), "{told:?}");
    let orders: BTreeSet<_> = told.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!((told.len(), orders.len()), (12, 12), "{told:?}");

    let entries = entries(&world.ledger);
    let count = |what: &str| entries.iter().filter(|line| line.split(' ').nth(1) == Some(what)).count();
    assert_eq!((count("charge"), count("refund"), count("parcel")), (6, 3, 3), "{entries:?}");
    let keys: BTreeSet<_> = entries.iter().map(|line| line.split(' ').next()).collect();
    assert_eq!(keys.len(), 12, "{entries:?}");
}

#[test]
fn every_order_is_answered_and_nothing_is_done_twice_while_workers_that_await_are_killed() {
    every_order_is_answered_once("awaiting");
}

#[test]
fn every_order_is_answered_and_nothing_is_done_twice_while_workers_with_a_handler_for_each_answer_are_killed()
{
    every_order_is_answered_once("split");
}
