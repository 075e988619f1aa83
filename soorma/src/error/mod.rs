//! The errors that programs meet, by area.

mod ask;
mod bus;
mod connect;
mod decode;
mod path;
mod reject;
mod start;
mod task_failed;

pub(crate) use self::ask::why_unanswered;
pub use self::{
    ask::AskError, bus::BusError, connect::ConnectError, decode::DecodeError, reject::Reject,
    start::StartError, task_failed::TaskFailed,
};

/// There is no event here: this is a start-up or shutdown hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no event in a start-up or shutdown hook")]
pub struct MissingEvent;
