//! In which form the worker runs. Everybody else is the same in both.

use anyhow::bail;
use soorma::{Handlers, handlers};

use crate::{awaiting, inventory, payments, shop, split};

/// How the worker is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    Awaiting,
    Split,
}

impl Form {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 2] = [Self::Awaiting, Self::Split];

    pub(crate) fn named(name: Option<&str>) -> anyhow::Result<Self> {
        match name {
            None | Some("awaiting") => Ok(Self::Awaiting),
            Some("split") => Ok(Self::Split),
            Some(other) => bail!("`--form` takes `awaiting` or `split`, not `{other}`"),
        }
    }

    pub(crate) fn handlers(self) -> Handlers {
        match self {
            Self::Awaiting => handlers![
                awaiting::process,
                inventory::reserve,
                inventory::release,
                payments::charge,
                payments::refund,
                shop::open,
                shop::close,
            ],
            Self::Split => handlers![
                split::process,
                split::stock_answered,
                split::card_answered,
                split::stock_released,
                split::card_refunded,
                inventory::reserve,
                inventory::release,
                payments::charge,
                payments::refund,
                shop::open,
                shop::close,
            ],
        }
    }
}
