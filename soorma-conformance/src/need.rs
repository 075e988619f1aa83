//! What a case needs that not every broker has.

use std::fmt;

use soorma::broker::Capabilities;

use crate::Target;

/// What a case, or a part of one, needs that not every broker has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// A server that can be stopped: [`Target::server`].
    Server,
    /// A way past soorma: [`Target::foreign`].
    Foreign,
    /// A topic of a stated size: [`Wishes::capacity`](crate::Wishes::capacity).
    Capacity,
    /// A topic that forgets by time: [`Wishes::retention`](crate::Wishes::retention).
    Retention,
    /// A dedup window of a stated length: [`Wishes::dedup_window`](crate::Wishes::dedup_window).
    DedupWindow,
    /// What was stored survives the server: [`Capabilities::durable`].
    Durable,
    /// Delayed publications: [`Capabilities::delay`].
    Delay,
    /// Batches that are stored whole or not at all: [`Capabilities::atomic`].
    Atomic,
    /// A full topic that admits what handlers publish: [`Capabilities::overflow`].
    Overflow,
    /// A limit on the size of an event: [`Capabilities::largest_event`].
    LargestEvent,
    /// A setting that somebody else can change: [`Server::change_setting`](crate::Server::change_setting).
    Settings,
}

impl Need {
    /// Whether this broker has it.
    pub(crate) fn is_met(self, target: &dyn Target, capabilities: &Capabilities) -> bool {
        match self {
            Self::Server | Self::Settings => target.server().is_some(),
            Self::Foreign => target.foreign().is_some(),
            Self::Capacity => target.grants().capacity,
            Self::Retention => target.grants().retention,
            Self::DedupWindow => target.grants().dedup_window,
            Self::Durable => capabilities.durable,
            Self::Delay => capabilities.delay,
            Self::Atomic => capabilities.atomic,
            Self::Overflow => capabilities.overflow,
            Self::LargestEvent => capabilities.largest_event.is_some(),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Foreign => "foreign",
            Self::Capacity => "capacity",
            Self::Retention => "retention",
            Self::DedupWindow => "dedup-window",
            Self::Durable => "durable",
            Self::Delay => "delay",
            Self::Atomic => "atomic",
            Self::Overflow => "overflow",
            Self::LargestEvent => "largest-event",
            Self::Settings => "settings",
        })
    }
}
