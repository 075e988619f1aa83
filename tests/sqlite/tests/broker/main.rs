//! What the broker of `sqlite:` does beyond what every broker must.

mod bench;
mod draws;
mod limits;
mod order;
mod publishing;
mod renaming;
