//! A crate of a user's through which programs reach soorma: they depend on nothing else.

pub use schemars;
pub use serde;
pub use soorma;

/// What programs use.
pub mod prelude {
    pub use soorma::prelude::*;
}
