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
