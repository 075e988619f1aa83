//! The way to settle one delivery. Owns a ticket; must not know what settling it sets free.

use std::{sync::Arc, time::Duration};

use super::{dead_letters, settle::Ticket, shared::Shared};
use crate::{
    BoxFuture,
    broker::{BrokerError, DeadLetter, Receipt, SettleError},
    sqlite::{Change, FileError},
};

pub(super) struct SqliteReceipt {
    pub(super) shared: Arc<Shared>,
    pub(super) ticket: Ticket,
    pub(super) lease: Duration,
}

impl SqliteReceipt {
    /// What was said too late is lost.
    async fn say(
        &self,
        what: impl Fn(&Ticket, &Change<'_>) -> rusqlite::Result<bool> + Send + 'static,
    ) -> Result<(), SettleError> {
        self.shared.check_open()?;
        let ticket = self.ticket.clone();
        said(self.shared.database.write(move |change| what(&ticket, change)).await)
    }
}

/// Settles all of these in one change. `None` where that fails: an error may be one's own, so each is to be settled by itself.
pub(super) async fn settle_all(
    shared: &Shared,
    receipts: &[&SqliteReceipt],
) -> Option<Vec<Result<(), SettleError>>> {
    shared.check_open().ok()?;
    let tickets: Vec<Ticket> = receipts.iter().map(|receipt| receipt.ticket.clone()).collect();
    let settle = move |change: &Change<'_>| -> rusqlite::Result<Vec<bool>> {
        tickets.iter().map(|ticket| ticket.settle(change)).collect()
    };
    let held = shared.database.write(settle).await.ok()?;
    Some(held.into_iter().map(|held| said(Ok(held))).collect())
}

fn said(said: Result<bool, FileError>) -> Result<(), SettleError> {
    match said {
        Ok(true) => Ok(()),
        Ok(false) => Err(SettleError::Lost),
        Err(error) => Err(BrokerError::from(error).into()),
    }
}

impl Receipt for SqliteReceipt {
    fn ack(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.say(Ticket::settle))
    }

    fn hand_back(&self, delay: Duration) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.say(move |ticket, change| ticket.hand_back(change, delay)))
    }

    fn extend(&self) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(async {
            self.shared.check_open()?;
            let (ticket, lease) = (self.ticket.clone(), self.lease);
            said(self.shared.database.write_light(move |change| ticket.extend(change, lease)).await)
        })
    }

    fn dead_letter(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), SettleError>> {
        Box::pin(self.say(move |ticket, change| {
            // Both or none: it is one change.
            Ok(ticket.settle(change)? && dead_letters::keep(change, &letter)?)
        }))
    }
}
