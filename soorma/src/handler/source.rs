//! Where an app has its handlers from, and so what it is told when there are none.

use std::fmt;

/// Where a list of handlers comes from. Printed, it says why the list may be empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Source {
    /// `handlers![..]`.
    #[default]
    Listed,
    /// Everything that is linked; `named` are the crates that `handlers_in` names.
    Linked { named: &'static [&'static str] },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed => f.write_str(
                "no handlers given: the list is empty. Name them in it: `handlers![my_handler]`; \
                 without `.handlers(..)` an app has every handler that is linked",
            ),
            Self::Linked { named: [] } => f.write_str(
                "no handlers found. If they are in a library crate (also this package's own src/lib.rs), \
                 name it: #[soorma::main(name = \"..\", handlers_in = [my_agents])]",
            ),
            Self::Linked { named } => {
                f.write_str("no handlers found, though `handlers_in` names ")?;
                for (i, name) in named.iter().enumerate() {
                    write!(f, "{}`{name}`", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(
                    ". Are they in another crate, or behind a feature that is off? A handler is an `async fn` with \
                     `#[on_event]`, `#[on_task]`, `#[on_result]`, `#[on_startup]` or `#[on_shutdown]`",
                )
            }
        }
    }
}
