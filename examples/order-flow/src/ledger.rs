//! Accounts from which orders take, each order once: however often it is asked, by however many processes, and
//! whichever of them is killed in between.
//!
//! There is no transaction over two records, so a decision takes three writes:
//!
//! 1. the account, by compare-and-set: the new amount, and the order with its decision as *pending*;
//! 2. the order's mark, a record of its own: the decision;
//! 3. the account: the order is no longer pending. So an account stays small, however many orders it has seen.
//!
//! Whoever comes second reads the account first and the mark after it. If the order is pending there, the decision is
//! known, and writes 2 and 3 are made good. If it is not, either nobody has decided, or the mark was written before
//! the account was read, and is found. A decision by somebody else between these reads changes the account's revision,
//! and write 1 fails.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use soorma::store::{Records, StoreError, Update};

/// Longer than any topic keeps an event (7 days): an event that can be delivered again finds its mark.
const MARK_LIFETIME: Duration = Duration::from_secs(8 * 24 * 60 * 60);

/// Accounts of one kind, and the marks of the orders that took from them.
pub(crate) struct Ledger {
    accounts: Records<Account>,
    marks: Records<Mark>,
    opening: u64,
}

/// Whether an order got what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    All,
    Nothing { left: u64 },
}

/// What is in all accounts together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) opened: u64,
    pub(crate) left: u64,
    /// Decisions whose mark is perhaps not written.
    pub(crate) pending: usize,
}

impl Totals {
    pub(crate) fn taken(&self) -> u64 {
        self.opened.saturating_sub(self.left)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    opened: u64,
    left: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pending: Vec<Pending>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    order: String,
    mark: Mark,
}

/// What was decided for an order. `Taken` may be followed by `Returned`; nothing else follows anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mark {
    Taken(u64),
    Refused { left: u64 },
    Returned(u64),
}

impl Ledger {
    /// An account that is first asked for opens with `opening`.
    pub(crate) fn new(accounts: Records<Account>, marks: Records<Mark>, opening: u64) -> Self {
        Self { accounts, marks: marks.expiring(MARK_LIFETIME), opening }
    }

    /// Takes all of `amount`, or nothing; the same answer each time for the same order.
    pub(crate) async fn take(&self, account: &str, order: &str, amount: u64) -> Result<Taken, StoreError> {
        let decided = self.decide(account, order, |mark, left| match (mark, left.checked_sub(amount)) {
            (Some(_), _) => None,
            (None, Some(rest)) => {
                *left = rest;
                Some(Mark::Taken(amount))
            }
            (None, None) => Some(Mark::Refused { left: *left }),
        });
        Ok(match decided.await? {
            Some(Mark::Refused { left }) => Taken::Nothing { left },
            _ => Taken::All,
        })
    }

    /// Puts back what the order took, if it took something and has not put it back.
    pub(crate) async fn give_back(&self, account: &str, order: &str) -> Result<(), StoreError> {
        let decided = self.decide(account, order, |mark, left| match mark {
            Some(Mark::Taken(amount)) => {
                *left += amount;
                Some(Mark::Returned(amount))
            }
            _ => None,
        });
        decided.await.map(drop)
    }

    /// The sums over all accounts.
    pub(crate) async fn totals(&self) -> Result<Totals, StoreError> {
        let mut totals = Totals::default();
        for name in self.accounts.names().await? {
            if let Some(found) = self.accounts.get(&name).await? {
                totals.opened += found.value.opened;
                totals.left += found.value.left;
                totals.pending += found.value.pending.len();
            }
        }
        Ok(totals)
    }

    /// Lets `rule` decide, given the order's mark and what is left; it gives the new mark, or `None` where the old one
    /// shall stand. Returns the mark that stands.
    async fn decide(
        &self,
        account: &str,
        order: &str,
        rule: impl Fn(Option<Mark>, &mut u64) -> Option<Mark>,
    ) -> Result<Option<Mark>, StoreError> {
        loop {
            let found = self.accounts.get(account).await?;
            if let Some(pending) = found
                .as_ref()
                .and_then(|found| found.value.pending.iter().find(|pending| pending.order == order))
            {
                self.finish(account, pending).await?;
                continue;
            }
            let mark = self.marks.get(order).await?.map(|found| found.value);
            let (mut value, revision) = match found {
                Some(found) => (found.value, Some(found.revision)),
                None => (Account { opened: self.opening, left: self.opening, pending: Vec::new() }, None),
            };
            let Some(decision) = rule(mark, &mut value.left) else {
                // Somebody may have decided after the account was read, and died before write 3.
                if let Some(mark) = mark {
                    self.forget(account, &Pending { order: order.to_owned(), mark }).await?;
                }
                return Ok(mark);
            };
            let pending = Pending { order: order.to_owned(), mark: decision };
            value.pending.push(pending.clone());
            if self.write(account, revision, &value).await? {
                self.finish(account, &pending).await?;
                return Ok(Some(decision));
            }
        }
    }

    /// Write 1; false where somebody else wrote the account.
    async fn write(&self, account: &str, revision: Option<u64>, value: &Account) -> Result<bool, StoreError> {
        let Some(revision) = revision else { return self.accounts.create(account, value).await };
        match self.accounts.compare_and_set(account, revision, value).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes 2 and 3. Nothing follows `Returned`, so it may overwrite; the others must not.
    async fn finish(&self, account: &str, pending: &Pending) -> Result<(), StoreError> {
        if let Mark::Returned(_) = pending.mark {
            self.marks.put(&pending.order, &pending.mark).await?;
        } else {
            self.marks.create(&pending.order, &pending.mark).await?;
        }
        self.forget(account, pending).await
    }

    /// Write 3: this entry and no other, or a late `Taken` would wipe out a `Returned` whose mark is not written.
    async fn forget(&self, account: &str, done: &Pending) -> Result<(), StoreError> {
        let change = |account: Option<Account>| match account {
            Some(mut account) if account.pending.contains(done) => {
                account.pending.retain(|pending| pending != done);
                Update::Write(account, ())
            }
            _ => Update::Keep(()),
        };
        self.accounts.update(account, change).await
    }
}

#[cfg(test)]
mod tests;
