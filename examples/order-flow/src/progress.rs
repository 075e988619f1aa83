//! Progress on standard error: a bar where that is a terminal, else a line every few thousand orders.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use crate::text::grouped;

/// How wide the bar is, in characters.
const WIDTH: u64 = 30;

/// How many orders lie between two lines.
const STEP: u64 = 10_000;

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) ended: u64,
    pub(crate) in_flight: u64,
    /// Bytes read, and bytes there are, where that is known.
    pub(crate) read: u64,
    pub(crate) size: Option<u64>,
}

/// Shows `position` until it is dropped.
pub(crate) async fn show(position: impl Fn() -> Position) {
    let terminal = stderr().is_terminal();
    let mut shown = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = position();
        if terminal {
            eprint!("\r\x1b[2K{}", bar(now));
        } else if now.ended / STEP > shown / STEP {
            shown = now.ended;
            eprintln!("{} orders", grouped(now.ended));
        }
    }
}

/// Removes the bar, so that something else can be written.
pub(crate) fn clear() {
    if stderr().is_terminal() {
        eprint!("\r\x1b[2K");
    }
}

fn bar(position: Position) -> String {
    let counts = format!("{} orders, {} in flight", grouped(position.ended), position.in_flight);
    let Some(size) = position.size.filter(|size| *size > 0) else { return counts };
    let full = (position.read.min(size) * WIDTH / size) as usize;
    let empty = WIDTH as usize - full;
    format!(
        "{}{} {:>3}%  {counts}",
        "█".repeat(full),
        "░".repeat(empty),
        position.read.min(size) * 100 / size
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_with_what_was_read() {
        let half = Position { ended: 1234, in_flight: 7, read: 50, size: Some(100) };
        assert_eq!(bar(half), "███████████████░░░░░░░░░░░░░░░  50%  1,234 orders, 7 in flight");
        assert_eq!(bar(Position { size: None, ..half }), "1,234 orders, 7 in flight");
    }
}
