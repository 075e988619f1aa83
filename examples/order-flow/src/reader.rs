//! The agent `reader`: places the orders of a file, so many at a time, and hears how they end.

use std::{
    io::{Write, stdout},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use soorma::prelude::*;
use tokio::sync::Semaphore;

use crate::{
    audit::Audit,
    books::Books,
    lines::{Line, Lines, Source},
    orders::{OrderCompleted, OrderPlaced, OrderRefused},
    progress::{self, Position},
    summary,
    tally::{Outcome, Tally},
    verdict::Verdict,
};

/// How long the reader waits for the next order to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many bad lines are shown; the rest is only counted.
const SHOWN_LINES: u64 = 20;

/// What the reader knows of its run.
pub(crate) struct Reader {
    source: Source,
    in_flight: u32,
    /// One for each order that may still be placed.
    slots: Semaphore,
    read: AtomicU64,
    run: Mutex<Run>,
}

/// What the summary tells.
pub(crate) struct Run {
    pub(crate) tally: Tally,
    pub(crate) before: Books,
    pub(crate) end: Option<anyhow::Result<()>>,
}

impl Reader {
    pub(crate) fn new(source: Source, in_flight: u32) -> Self {
        Self {
            source,
            in_flight,
            slots: Semaphore::new(in_flight as usize),
            read: AtomicU64::new(0),
            run: Mutex::new(Run { tally: Tally::new(), before: Books::default(), end: None }),
        }
    }

    pub(crate) fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Places every order, and waits until each has ended.
    async fn place(&self, bus: &Bus, mut lines: Lines) -> anyhow::Result<()> {
        while let Some(line) = lines.next.recv().await {
            let line = line.context("the orders cannot be read any further")?;
            self.read.store(line.end, Relaxed);
            self.place_one(bus, &line).await?;
        }
        for _ in 0..self.in_flight {
            self.slot().await?;
        }
        Ok(())
    }

    async fn place_one(&self, bus: &Bus, line: &Line) -> anyhow::Result<()> {
        let order = match line.order() {
            Ok(order) => order,
            Err(reason) => {
                self.complain(line.number, &reason);
                return Ok(());
            }
        };
        self.slot().await?;
        if !self.run().tally.place(&order.order_id) {
            self.slots.add_permits(1);
            self.complain(line.number, &format!("`{}` was placed before", order.order_id));
            return Ok(());
        }
        bus.publish(OrderPlaced { order }).await?;
        Ok(())
    }

    /// Waits until one more order may be placed. Whoever ends an order gives the slot back.
    async fn slot(&self) -> anyhow::Result<()> {
        let slot = tokio::time::timeout(PATIENCE, self.slots.acquire());
        let waited = PATIENCE.as_secs();
        slot.await
            .with_context(|| format!("no order has ended for {waited} s; is every agent running?"))??
            .forget();
        Ok(())
    }

    fn complain(&self, line: u64, reason: &str) {
        let bad_lines = {
            let tally = &mut self.run().tally;
            tally.bad_lines += 1;
            tally.bad_lines
        };
        progress::clear();
        if bad_lines <= SHOWN_LINES {
            eprintln!("line {line} is no order: {reason}");
        } else if bad_lines == SHOWN_LINES + 1 {
            eprintln!("further lines are no orders either; they are only counted");
        }
    }

    fn ended(&self, order_id: &str, event_id: &str, outcome: Outcome) {
        if self.run().tally.end(order_id, event_id, outcome) {
            self.slots.add_permits(1);
        }
    }

    fn position(&self, size: Option<u64>) -> Position {
        let run = self.run();
        let in_flight = run.tally.in_flight().len() as u64;
        Position { ended: run.tally.ended(), in_flight, read: self.read.load(Relaxed), size }
    }
}

/// The work goes on in a task of its own: events are handled only after the hook has returned.
#[on_startup(agent = "reader")]
pub(crate) async fn start(
    context: Context,
    reader: State<Reader>,
    audit: State<Audit>,
) -> anyhow::Result<()> {
    let lines = reader.source.open()?;
    let before = Books::read(&context).await?;
    *reader.run() = Run { tally: Tally::new(), before, end: None };
    tokio::spawn(async move {
        let size = lines.size;
        let end = tokio::select! {
            end = reader.place(context.bus(), lines) => end,
            () = progress::show(|| reader.position(size)) => Ok(()),
        };
        progress::clear();
        audit.quiet().await;
        reader.run().end = Some(end);
        context.shutdown();
    });
    Ok(())
}

#[on_event(agent = "reader")]
pub(crate) async fn completed(event: Event<OrderCompleted>, reader: State<Reader>) {
    let outcome = Outcome::Completed {
        units: event.order.units(),
        value_cents: event.order.total_cents(),
        charged_cents: event.charged_cents,
    };
    reader.ended(&event.order.order_id, &event.envelope().id, outcome);
}

#[on_event(agent = "reader")]
pub(crate) async fn refused(event: Event<OrderRefused>, reader: State<Reader>) {
    reader.ended(&event.order.order_id, &event.envelope().id, Outcome::Refused(event.reason));
}

/// Says what became of the orders. What it finds wrong is the program's error.
#[on_shutdown(agent = "reader")]
pub(crate) async fn summarise(
    context: Context,
    reader: State<Reader>,
    audit: State<Audit>,
) -> anyhow::Result<()> {
    let after = Books::read(&context).await?;
    let dead_letters = context.dead_letters().list(summary::DEAD_LETTERS).await?;
    let verdict = Verdict::on(&reader.run(), &after);
    let text = summary::text(&reader.run(), &verdict, &after, &audit.heard(), &dead_letters);
    // Whoever reads the summary may have gone: no reason to fail.
    let _ = stdout().write_all(text.as_bytes());
    ensure!(verdict.wrong.is_empty(), "{}", verdict.wrong.join("; "));
    Ok(())
}
