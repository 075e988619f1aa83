//! The agent `desk`: opens the tickets of a file, waits until each has its outcome, and says what became of them.

use std::{
    io::{Write, stdout},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use soorma::{Identity, prelude::*};
use tokio::sync::Notify;

use crate::{
    board::Board,
    summary,
    tickets::{self, Outcome, Ticket, TicketHandled, TicketOpened},
};

/// How long the desk waits for the next outcome: a ticket may cost three calls of a model, a minute each, and the pauses between.
const PATIENCE: Duration = Duration::from_secs(300);

/// What the desk knows of its run.
pub(crate) struct Desk {
    file: Option<String>,
    board: Mutex<Board>,
    changed: Notify,
    end: Mutex<Option<anyhow::Result<()>>>,
}

impl Desk {
    pub(crate) fn new(file: Option<String>) -> Self {
        Self { file, board: Mutex::default(), changed: Notify::new(), end: Mutex::default() }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) -> MutexGuard<'_, Option<anyhow::Result<()>>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, bus: &Bus, tickets: Vec<Ticket>) -> anyhow::Result<()> {
        for Ticket { number, customer, text } in tickets {
            let customer = Identity { user_id: Some(customer), ..Identity::default() };
            bus.on_behalf_of(customer).publish(TicketOpened { number, text }).await?;
        }
        loop {
            let changed = self.changed.notified();
            if self.board().open() == 0 {
                return Ok(());
            }
            let waited = PATIENCE.as_secs();
            tokio::time::timeout(PATIENCE, changed).await.with_context(|| {
                format!(
                    "no ticket was handled for {waited} s; is every agent running whose events were chosen?"
                )
            })?;
        }
    }
}

/// The work goes on in a task of its own: events are handled only after the hook has returned.
#[on_startup(agent = "desk")]
pub(crate) async fn open(context: Context, desk: State<Desk>) -> anyhow::Result<()> {
    let tickets = tickets::read(desk.file.as_deref())?;
    *desk.board() = Board::new(&tickets);
    tokio::spawn(async move {
        let end = desk.run(context.bus(), tickets).await;
        *desk.end() = Some(end);
        context.shutdown();
    });
    Ok(())
}

#[on_event(agent = "desk")]
pub(crate) async fn note(handled: Event<TicketHandled>, desk: State<Desk>) {
    let id = handled.envelope().id.clone();
    desk.board().handled(&id, handled.into_payload());
    desk.changed.notify_waiters();
}

/// Says what became of the tickets. A model that could not be asked is the program's error; a ticket that nobody can help is
/// none.
#[on_shutdown(agent = "desk")]
pub(crate) async fn summarise(desk: State<Desk>) -> anyhow::Result<()> {
    let (text, open, twice, unasked) = {
        let board = desk.board();
        let no_answer = |outcome: &Outcome| matches!(outcome, Outcome::NoAnswer { .. });
        let outcomes = board.places().filter_map(|place| place.handled.as_ref());
        let unasked = outcomes.filter(|handled| no_answer(&handled.outcome)).count();
        (summary::text(&board), board.open(), board.twice(), unasked)
    };
    // Whoever reads the summary may have gone: no reason to fail.
    let _ = stdout().write_all(text.as_bytes());
    if let Some(end) = desk.end().take() {
        end?;
    }
    ensure!(open == 0, "stopped before the end: {open} tickets without an outcome");
    ensure!(twice.is_empty(), "more than one outcome: tickets {twice:?}");
    ensure!(unasked == 0, "the model could not be asked for {unasked} tickets");
    Ok(())
}
