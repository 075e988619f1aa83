//! The five attributes that a function can carry, and sets of them.

use std::fmt;

/// What a function is annotated as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `#[on_event]`: hears events.
    OnEvent,
    /// `#[on_task]`: answers requests.
    OnTask,
    /// `#[on_result]`: hears the answers to its agent's own requests.
    OnResult,
    /// `#[on_startup]`: runs once, before the first event.
    OnStartup,
    /// `#[on_shutdown]`: runs once, after the last event.
    OnShutdown,
}

impl Role {
    /// The attribute, for example `on_event`.
    #[must_use]
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::OnEvent => "on_event",
            Self::OnTask => "on_task",
            Self::OnResult => "on_result",
            Self::OnStartup => "on_startup",
            Self::OnShutdown => "on_shutdown",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.attribute())
    }
}

/// The attributes under which an argument makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Under all five.
    pub const ANY: Self = Self(0b1_1111);
    /// Where there is an event: not in hooks.
    pub const EVENTS: Self = Self(Role::OnEvent.bit() | Role::OnTask.bit() | Role::OnResult.bit());
    /// Under `#[on_event]` only.
    pub const ON_EVENT: Self = Self(Role::OnEvent.bit());
    /// Under `#[on_task]` only.
    pub const ON_TASK: Self = Self(Role::OnTask.bit());
    /// Under `#[on_result]` only.
    pub const ON_RESULT: Self = Self(Role::OnResult.bit());

    /// Whether these are the same attributes.
    #[must_use]
    pub const fn is(self, other: Self) -> bool {
        self.0 == other.0
    }

    /// Whether the argument makes sense there.
    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }
}
