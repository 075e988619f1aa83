//! The world outside: a bank and a courier, whose work is a line of a file. As real ones do, they take a key with each request, and do
//! under one key one thing: asked again, they give the number of the line that is there.

use std::{
    fs::File,
    io::{Read, Write},
    path::PathBuf,
};

use anyhow::Context;

use crate::order::Order;

/// The file. Several processes share it.
#[derive(Debug)]
pub(crate) struct Ledger(PathBuf);

impl Ledger {
    pub(crate) fn new(file: impl Into<PathBuf>) -> Self {
        Self(file.into())
    }

    pub(crate) fn charge(&self, key: &str, order: &Order) -> anyhow::Result<u64> {
        self.enter(key, &format!("charge {} {}", order.order_id, money(order.cents)))
    }

    pub(crate) fn refund(&self, key: &str, order: &Order) -> anyhow::Result<u64> {
        self.enter(key, &format!("refund {} {}", order.order_id, money(order.cents)))
    }

    pub(crate) fn call(&self, key: &str, order: &Order) -> anyhow::Result<u64> {
        self.enter(key, &format!("parcel {} {} x {}", order.order_id, order.pieces, order.article))
    }

    /// A file is quick, and is not awaited; a service over a network would be.
    fn enter(&self, key: &str, what: &str) -> anyhow::Result<u64> {
        let entered = || {
            let mut file = File::options().create(true).read(true).append(true).open(&self.0)?;
            // Until it is closed.
            file.lock()?;
            let mut lines = String::new();
            file.read_to_string(&mut lines)?;
            let known = lines.lines().position(|line| line.split(' ').next() == Some(key));
            match known {
                Some(_) => tracing::info!("done before: {what}"),
                None => {
                    file.write_all(format!("{key} {what}\n").as_bytes())?;
                    tracing::info!("{what}");
                }
            }
            Ok::<_, std::io::Error>(known.unwrap_or_else(|| lines.lines().count()) as u64 + 1)
        };
        entered().with_context(|| format!("cannot write the ledger {}", self.0.display()))
    }
}

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop;

    #[test]
    fn what_is_asked_for_twice_under_one_key_is_done_once() {
        let file = std::env::temp_dir().join(format!("worker-delegation-keys-{}", std::process::id()));
        let (ledger, orders) = (Ledger::new(&file), shop::sample(2).collect::<Vec<_>>());
        assert_eq!(ledger.charge("a", &orders[0]).unwrap(), 1);
        assert_eq!(ledger.charge("ab", &orders[1]).unwrap(), 2);
        assert_eq!(Ledger::new(&file).charge("a", &orders[0]).unwrap(), 1);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a charge o-1 19.00\nab charge o-2 320.00\n");
        std::fs::remove_file(&file).unwrap();
    }
}
