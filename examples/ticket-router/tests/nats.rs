//! The program on a NATS server: unchanged, in one process and in one process an agent, of which one goes away.

#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
    thread,
};

use soorma_nats_tests::NatsServer;

fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticket-router"));
    command.args(arguments).arg("--broker").arg(url);
    command
}

fn check(output: &Output, expected: &[&str]) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");
    for expected in expected {
        assert!(out.contains(expected), "{out}\n{err}");
    }
}

/// A process of one agent, that is killed when it is dropped.
struct Agent(Child);

impl Agent {
    /// Returns when the agent is registered.
    fn start(url: &str, agent: &str) -> Self {
        let mut command = command(url, &["--agent", agent]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(log.any(|line| line.unwrap().contains("ready")), "`{agent}` does not start");
        // Read on, so that it can write on.
        thread::spawn(move || log.count());
        Self(child)
    }

    fn stop(mut self) {
        Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_runs_in_one_process() {
    let server = NatsServer::start().unwrap();
    let output = command(&server.url(), &[]).output().unwrap();
    check(&output, &["12 tickets\n  answered                    8\n", "undecided                   1"]);
}

#[test]
fn it_runs_in_one_process_an_agent_and_the_events_of_one_that_has_gone_are_offered_no_more() {
    let server = NatsServer::start().unwrap();
    let url = server.url();
    let provisioned = command(&url, &["provision"]).output().unwrap();
    assert_eq!(provisioned.status.code(), Some(0), "{}", String::from_utf8_lossy(&provisioned.stderr));
    let workers = ["billing", "accounts"].map(|agent| Agent::start(&url, agent));
    let shipping = Agent::start(&url, "shipping");
    let router = Agent::start(&url, "router");
    let desk = || command(&url, &["--agent", "desk"]).output().unwrap();
    check(&desk(), &["answered                    8", "parcel.trace {\"parcel\":\"p-88120\"}"]);

    shipping.stop();
    router.stop();
    let router = Agent::start(&url, "router");
    check(
        &desk(),
        &["answered                    6", "none fits  Nobody is there for what the customer wants."],
    );
    router.stop();
    workers.into_iter().for_each(Agent::stop);
}
