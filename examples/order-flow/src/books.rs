//! Whether stock and money add up: what the store says against what the events said.

use soorma::{prelude::*, store::StoreError};

use crate::{
    inventory,
    ledger::Totals,
    payments,
    tally::Tally,
    text::{grouped, money},
};

/// The sums in the store.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Books {
    pub(crate) stock: Totals,
    pub(crate) balances: Totals,
}

impl Books {
    pub(crate) async fn read(context: &Context) -> Result<Self, StoreError> {
        Ok(Self {
            stock: inventory::stock(context).totals().await?,
            balances: payments::balances(context).totals().await?,
        })
    }

    /// What does not add up. `before` is from the start of the run: a store may hold older orders.
    pub(crate) fn mistakes(&self, before: &Self, tally: &Tally) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut compare = |what: &str, stored: u64, said: u64, shown: fn(u64) -> String| {
            if stored != said {
                mistakes.push(format!(
                    "{what}: {} by the store, {} by the events",
                    shown(stored),
                    shown(said)
                ));
            }
        };
        let taken = |now: Totals, then: Totals| now.taken().saturating_sub(then.taken());
        compare("pieces sold", taken(self.stock, before.stock), tally.units, grouped);
        compare("money charged", taken(self.balances, before.balances), tally.charged_cents, money);
        if tally.value_cents != tally.charged_cents {
            let (value, charged) = (money(tally.value_cents), money(tally.charged_cents));
            mistakes.push(format!("sold for {value}, but charged {charged}"));
        }
        let pending = self.stock.pending + self.balances.pending;
        if pending > 0 {
            mistakes.push(format!("{pending} decisions of the ledgers are not finished"));
        }
        mistakes
    }
}
