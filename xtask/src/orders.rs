//! `cargo xtask orders N`: orders for `order-flow`, the same ones every time. The sample that ships is the first
//! thousand.
//!
//! A few articles and a few customers are asked for far more often than the rest, as in a real shop: so some run
//! out of stock, and some cards are declined.

use std::{
    io::{self, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};

/// Article and price in cents.
const ARTICLES: [(&str, u64); 24] = [
    ("notebook-a5", 690),
    ("pencil-set", 1250),
    ("desk-lamp", 4900),
    ("office-chair", 18900),
    ("monitor-arm", 7990),
    ("keyboard", 6450),
    ("mouse", 2990),
    ("headset", 8900),
    ("webcam", 5990),
    ("usb-hub", 2490),
    ("backpack", 7450),
    ("water-bottle", 1990),
    ("coffee-mug", 1190),
    ("teapot", 3490),
    ("french-press", 2890),
    ("wall-clock", 3990),
    ("picture-frame", 1490),
    ("plant-pot", 1650),
    ("door-mat", 2290),
    ("bookend", 1890),
    ("storage-box", 1590),
    ("whiteboard", 9900),
    ("paper-tray", 1350),
    ("label-printer", 11900),
];

const COLOURS: [&str; 5] = ["black", "white", "blue", "green", "red"];

/// Writes the orders that `args` ask for.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let [count] = args else { bail!("how many orders? For example: cargo xtask orders 1000") };
    let count: u64 = count.parse().with_context(|| format!("`{count}` is no number of orders"))?;
    match write(count, &mut BufWriter::new(io::stdout().lock())) {
        // `cargo xtask orders 1000000 | head` is no failure.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => Ok(written.map(|()| ExitCode::SUCCESS)?),
    }
}

/// Writes so many orders.
pub(crate) fn write(count: u64, out: &mut impl Write) -> io::Result<()> {
    // Shelves and customers grow with the number of orders, so the share of refusals does not.
    let series = (count / 1000).max(1);
    let customers = (count / 5).max(20);
    let mut random = Random(2026);
    for number in 1..=count {
        let (article, price) = ARTICLES[random.below(ARTICLES.len() as u64) as usize];
        let colour = COLOURS[random.skewed(COLOURS.len() as u64) as usize];
        let sku = format!("{article}-{colour}-{}", random.below(series) + 1);
        let quantity = 1 + random.skewed(6);
        let customer = random.skewed(customers) + 1;
        writeln!(
            out,
            r#"{{"order_id":"o-{number:06}","customer":"c-{customer:05}","sku":"{sku}","quantity":{quantity},"unit_price_cents":{price}}}"#
        )?;
    }
    out.flush()
}

/// SplitMix64: ten lines instead of a dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `limit` - 1.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// From 0 to `limit` - 1, the small ones more often: the smaller of two throws.
    fn skewed(&mut self, limit: u64) -> u64 {
        self.below(limit).min(self.below(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_that_ships_is_what_this_command_writes() {
        let mut orders = Vec::new();
        write(1000, &mut orders).unwrap();
        let sample = include_str!("../../examples/order-flow/orders.jsonl");
        assert!(
            sample == String::from_utf8(orders).unwrap(),
            "cargo xtask orders 1000 > examples/order-flow/orders.jsonl"
        );
    }
}
