//! The program on a NATS server: unchanged, in one process and in one process an agent.

#![allow(clippy::unwrap_used)]

use std::process::{Child, Command, Output, Stdio};

use soorma_nats_tests::NatsServer;

fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_order-flow"));
    command.args(arguments).arg("--broker").arg(url);
    command
}

fn check(output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");
    for expected in
        ["1,000 orders in ", "0 dead letters", "every order has one outcome; stock and money add up"]
    {
        assert!(out.contains(expected), "{out}\n{err}");
    }
}

#[test]
fn it_runs_in_one_process() {
    let server = NatsServer::start().unwrap();
    check(&command(&server.url(), &[]).output().unwrap());
}

/// A process of some agents, asked to stop when it is dropped.
struct Agents(Child);

impl Agents {
    fn start(url: &str, agent: &str) -> Self {
        let mut command = command(url, &["--agent", agent]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn stop(mut self) -> Option<i32> {
        Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_runs_in_one_process_an_agent_with_three_workers_sharing_the_load() {
    let server = NatsServer::start().unwrap();
    let url = server.url();
    let provisioned = command(&url, &["provision"]).output().unwrap();
    assert_eq!(provisioned.status.code(), Some(0), "{}", String::from_utf8_lossy(&provisioned.stderr));
    let agents = ["orders", "payments", "inventory", "inventory", "inventory", "audit"];
    let others: Vec<Agents> = agents.into_iter().map(|agent| Agents::start(&url, agent)).collect();
    check(&command(&url, &["--agent", "reader"]).output().unwrap());
    for agent in others {
        assert_eq!(agent.stop(), Some(0));
    }
}
