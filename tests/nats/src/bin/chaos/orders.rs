//! The names of the orders that are placed.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context;
use serde_json::Value;

/// The names of the orders in a file.
pub(crate) fn names(file: &Path) -> anyhow::Result<BTreeSet<String>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    text.lines()
        .map(|line| {
            let order: Value = serde_json::from_str(line)?;
            Ok(order["order_id"].as_str().context("an order without a name")?.to_owned())
        })
        .collect()
}
