//! What drives the runs: a server, rounds in changing order, and what is made of the figures.

mod figures;
mod machine;
mod python;
mod rounds;
mod table;

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, bail};
use soorma_nats_tests::{NatsServer, NatsServerOptions};

pub(crate) use self::rounds::prepare;
use self::{figures::Figures, machine::Machine, python::Python};
use crate::server::Server;

struct Options {
    rounds: usize,
    events: usize,
    json: Option<String>,
}

pub(crate) async fn run(args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let options = Options::read(args)?;
    let python = Python::ready();
    let monitor = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let server = NatsServer::with(NatsServerOptions {
        configuration: format!("http: \"127.0.0.1:{monitor}\"\n"),
        ..NatsServerOptions::default()
    })?;
    let watched = Server::new(server.id().context("the server does not run")?, monitor);
    let client = async_nats::connect(server.url()).await?;
    let machine = Machine::look(&client, &python);
    let mut figures = Figures::default();
    rounds::run(&options, (&server.url(), watched), &client, &python, &mut figures).await?;
    print!("{}", table::markdown(&machine, &options, &figures));
    if let Some(path) = &options.json {
        std::fs::write(path, table::json(&machine, &options, &figures)?)
            .with_context(|| format!("cannot write `{path}`"))?;
    }
    Ok(())
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self { rounds: 7, events: 20_000, json: None };
        while let Some(name) = args.next() {
            let value = args.next().with_context(|| format!("`{name}` takes a value"))?;
            let number = || {
                let number = value.parse().ok().filter(|number| *number > 0);
                number.with_context(|| format!("`{name}` takes a number above zero, not `{value}`"))
            };
            match name.as_str() {
                "--rounds" => options.rounds = number()?,
                "--events" => options.events = number()?,
                "--json" => options.json = Some(value),
                _ => bail!("no option `{name}`; see `cargo xtask bench --help`"),
            }
        }
        Ok(options)
    }
}
