//! Where the orders come from: lines of a file, of standard input, or of the sample, read by a thread of their own.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
    thread,
};

use anyhow::Context;
use tokio::sync::mpsc;

use crate::{orders::Order, text::grouped};

/// The longest line in bytes. An order has about a hundred.
const LONGEST_LINE: u64 = 64 * 1024;

const EXPECTED: &str =
    r#"{"order_id": "..", "customer": "..", "sku": "..", "quantity": 1, "unit_price_cents": 100}"#;

static SAMPLE: &[u8] = include_bytes!("../orders.jsonl");

/// Where the orders come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Sample,
    StandardInput,
    File(PathBuf),
}

/// One line, and how far into the source it reaches.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) number: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: u64,
}

/// The lines as they come.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) next: mpsc::Receiver<io::Result<Line>>,
    /// How many bytes there are, where that is known.
    pub(crate) size: Option<u64>,
}

impl Source {
    pub(crate) fn named(name: Option<&str>) -> Self {
        match name {
            None => Self::Sample,
            Some("-") => Self::StandardInput,
            Some(path) => Self::File(path.into()),
        }
    }

    /// Starts to read. A plain thread, because one that waits for standard input must not hold up the program's end.
    pub(crate) fn open(&self) -> anyhow::Result<Lines> {
        let (input, size): (Box<dyn BufRead + Send>, _) = match self {
            Self::Sample => (Box::new(SAMPLE), Some(SAMPLE.len() as u64)),
            Self::StandardInput => (Box::new(BufReader::new(io::stdin())), None),
            Self::File(path) => {
                let cannot = || format!("cannot read the orders in {}", path.display());
                let file = File::open(path).with_context(cannot)?;
                let about = file.metadata().with_context(cannot)?;
                (Box::new(BufReader::new(file)), about.is_file().then_some(about.len()))
            }
        };
        let (sender, next) = mpsc::channel(64);
        thread::Builder::new().name("lines".to_owned()).spawn(move || read(input, &sender))?;
        Ok(Lines { next, size })
    }
}

/// Sends every line that is not blank, until the end, an error, or nobody listens.
fn read(mut input: impl BufRead, sender: &mpsc::Sender<io::Result<Line>>) {
    let (mut number, mut end) = (0, 0);
    loop {
        number += 1;
        let mut bytes = Vec::new();
        let line = match (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) => return,
            Ok(length) => rest(&mut input, &bytes).map(|rest| {
                end += length as u64 + rest;
                Line { number, bytes, end }
            }),
            Err(error) => Err(error),
        };
        let failed = line.is_err();
        if line.as_ref().is_ok_and(|line| line.bytes.trim_ascii().is_empty()) {
            continue;
        }
        if sender.blocking_send(line).is_err() || failed {
            return;
        }
    }
}

/// Skips what a line has beyond the longest.
fn rest(input: &mut impl BufRead, line: &[u8]) -> io::Result<u64> {
    let whole = line.ends_with(b"\n") || (line.len() as u64) < LONGEST_LINE;
    if whole { Ok(0) } else { input.skip_until(b'\n').map(|skipped| skipped as u64) }
}

impl Line {
    /// Reads the order.
    ///
    /// # Errors
    /// A text for people: what is wrong, where, and what was expected.
    pub(crate) fn order(&self) -> Result<Order, String> {
        if self.bytes.len() as u64 >= LONGEST_LINE {
            return Err(format!("longer than {} bytes; expected {EXPECTED}", grouped(LONGEST_LINE)));
        }
        let order: Order = serde_json::from_slice(&self.bytes).map_err(|error| {
            // The line of the error is always 1: the reader's own number says more.
            let reason = error.to_string().replace(" at line 1 column ", " at column ");
            format!("{reason}; expected {EXPECTED}")
        })?;
        for (field, value) in
            [("order_id", &order.order_id), ("customer", &order.customer), ("sku", &order.sku)]
        {
            if value.is_empty() {
                return Err(format!("`{field}` is empty; expected {EXPECTED}"));
            }
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: impl Into<Vec<u8>>) -> Vec<Line> {
        let (sender, mut next) = mpsc::channel(100);
        read(text.into().as_slice(), &sender);
        drop(sender);
        std::iter::from_fn(|| next.blocking_recv()).map(Result::unwrap).collect()
    }

    fn line(text: &str) -> Result<Order, String> {
        Line { number: 1, bytes: text.into(), end: 0 }.order()
    }

    #[test]
    fn blank_lines_count_and_are_not_orders() {
        let found = lines("a\n\n  \r\nb");
        assert_eq!(found.iter().map(|line| (line.number, line.end)).collect::<Vec<_>>(), [(1, 2), (4, 8)]);
    }

    #[test]
    fn a_line_without_end_costs_no_more_memory_than_the_longest_line() {
        let mut text = vec![b'x'; 3 * LONGEST_LINE as usize];
        text.extend_from_slice(b"\nb\n");
        let found = lines(text);
        assert_eq!(found[0].bytes.len() as u64, LONGEST_LINE);
        assert!(found[0].order().unwrap_err().starts_with("longer than 65,536 bytes"));
        assert_eq!((found[1].number, found[1].bytes.as_slice()), (2, b"b\n".as_slice()));
    }

    #[test]
    fn what_is_no_order_says_why_and_what_was_expected() {
        let good = r#"{"order_id":"o-1","customer":"c-1","sku":"mug","quantity":2,"unit_price_cents":1190}"#;
        assert_eq!(line(good).unwrap().total_cents(), 2380);
        for (text, reason) in [
            ("hello", "expected value at column 1"),
            (r#"{"order_id":"o-1"}"#, "missing field `customer` at column 18"),
            (&good.replace(":2,", ":0,"), "invalid value: integer `0`, expected a nonzero u32 at column"),
            (&good.replace("\"mug\"", "\"\""), "`sku` is empty"),
        ] {
            let error = line(text).unwrap_err();
            assert!(error.starts_with(reason), "{error}");
            assert!(error.ends_with(EXPECTED), "{error}");
        }
    }
}
