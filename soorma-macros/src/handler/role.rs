//! The five attributes, and which arguments each has.

use soorma_common::EventTopic;

use crate::attribute::{Grammar, Vocabulary};

/// What a function is annotated as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Event,
    Task,
    Result,
    Startup,
    Shutdown,
}

impl Role {
    const ALL: [Self; 5] = [Self::Event, Self::Task, Self::Result, Self::Startup, Self::Shutdown];

    /// The variant of `soorma::Role`.
    pub(super) fn variant(self) -> &'static str {
        match self {
            Self::Event => "OnEvent",
            Self::Task => "OnTask",
            Self::Result => "OnResult",
            Self::Startup => "OnStartup",
            Self::Shutdown => "OnShutdown",
        }
    }

    /// The name of the attribute.
    fn attribute(self) -> &'static str {
        match self {
            Self::Event => "on_event",
            Self::Task => "on_task",
            Self::Result => "on_result",
            Self::Startup => "on_startup",
            Self::Shutdown => "on_shutdown",
        }
    }

    /// The role of an attribute with this name.
    pub(super) fn of_attribute(name: &syn::Ident) -> Option<Self> {
        Self::ALL.into_iter().find(|role| name == role.attribute())
    }

    /// Whether it runs once, without an event.
    pub(super) fn is_hook(self) -> bool {
        matches!(self, Self::Startup | Self::Shutdown)
    }

    /// The topic, where there is only one.
    pub(super) fn topic(self) -> Option<EventTopic> {
        match self {
            Self::Task => Some(EventTopic::ActionRequests),
            Self::Result => Some(EventTopic::ActionResults),
            Self::Event | Self::Startup | Self::Shutdown => None,
        }
    }

    /// What its `event_type` may be.
    pub(super) fn grammar(self) -> Grammar {
        match self {
            Self::Event => Grammar::Pattern,
            _ => Grammar::Name,
        }
    }

    /// The arguments that it has.
    pub(super) fn vocabulary(self) -> Vocabulary {
        let (owner, keys): (_, &[&str]) = match self {
            Self::Event => (
                "#[on_event]",
                &[
                    "topic",
                    "event_type",
                    "agent",
                    "retry",
                    "timeout",
                    "concurrency",
                    "ordered",
                    "broadcast",
                    "from",
                    "name",
                    "was",
                    "outputs",
                    "produces",
                    "crate",
                ],
            ),
            Self::Task => ("#[on_task]", Self::ANSWERS),
            Self::Result => ("#[on_result]", Self::ANSWERS),
            Self::Startup => ("#[on_startup]", &["agent", "crate"]),
            Self::Shutdown => ("#[on_shutdown]", &["agent", "crate"]),
        };
        Vocabulary { owner, keys }
    }

    /// Without `broadcast`: a request that every instance took would be answered by each of them.
    const ANSWERS: &'static [&'static str] = &[
        "event_type",
        "topic",
        "agent",
        "retry",
        "timeout",
        "concurrency",
        "ordered",
        "from",
        "name",
        "was",
        "outputs",
        "produces",
        "crate",
    ];
}
