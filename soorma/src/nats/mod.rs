//! What the broker and the store of `nats:` share: the URL, the connection, and requests that are answered.
//!
//! Knows nothing of events or of what is kept; each of the two owns what it sends.

mod api;
mod dial;
mod escape;
mod events;
mod link;
mod named;
mod options;
mod read;
mod reply;
mod requests;
#[cfg(test)]
pub(crate) mod scripted;
mod settings;
mod stored;
mod subject;

pub(crate) use self::{
    api::{ApiError, Code},
    escape::{escape, is_plain, unescape},
    link::{Link, Outage},
    named::{Numbers, named, numbers},
    options::NatsOptions,
    read::Read,
    reply::AskError,
    settings::{differences, overlaid},
    stored::{Headers, Message, StoreError},
};
