//! The eight topics. Owns their names in Rust and on the wire; knows nothing of what travels on them.

use std::{error::Error, fmt, str::FromStr};

macro_rules! topics {
    ($($(#[doc = $doc:literal])* $ident:ident = $wire:literal,)*) => {
        /// One of the eight topics that events travel on.
        ///
        /// The set is fixed, and the enum exhaustive on purpose: a `match` without a wildcard is checked by the
        /// compiler.
        ///
        /// ```
        /// use soorma_common::EventTopic;
        ///
        /// assert_eq!(EventTopic::BusinessFacts.as_str(), "business-facts");
        /// assert_eq!("business-facts".parse(), Ok(EventTopic::BusinessFacts));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventTopic {
            $($(#[doc = $doc])* $ident,)*
        }

        impl EventTopic {
            /// All eight, in the order in which they are documented.
            pub const ALL: [Self; 8] = [$(Self::$ident,)*];

            /// The name on the wire, for example `business-facts`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$ident => $wire,)* }
            }

            /// The name in Rust, for example `BusinessFacts`.
            #[must_use]
            pub const fn ident(self) -> &'static str {
                match self { $(Self::$ident => stringify!($ident),)* }
            }
        }
    };
}

topics! {
    /// A request that some agent act. Published by planners and workers, heard by workers.
    ActionRequests = "action-requests",
    /// The result of an action. Published by workers, heard by whoever asked.
    ActionResults = "action-results",
    /// Something that happened in the domain. Published and heard by any agent.
    BusinessFacts = "business-facts",
    /// Platform lifecycle: an agent started, stopped, and the like. Heard by monitoring.
    SystemEvents = "system-events",
    /// News for a user. Heard by notification gateways.
    NotificationEvents = "notification-events",
    /// The lifecycle of a plan. Published by planners, heard by workflow engines.
    PlanEvents = "plan-events",
    /// Lifecycle and progress of one task in a plan. Published by workers.
    TaskEvents = "task-events",
    /// Usage and cost. Heard by billing services.
    BillingEvents = "billing-events",
}

impl fmt::Display for EventTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is none of the eight topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTopic(pub String);

impl fmt::Display for UnknownTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no topic `{}`; the topics are ", self.0)?;
        for (i, topic) in EventTopic::ALL.iter().enumerate() {
            write!(f, "{}`{topic}`", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Error for UnknownTopic {}

impl FromStr for EventTopic {
    type Err = UnknownTopic;

    /// Reads the wire name.
    fn from_str(name: &str) -> Result<Self, UnknownTopic> {
        Self::ALL
            .into_iter()
            .find(|topic| topic.as_str() == name)
            .ok_or_else(|| UnknownTopic(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_names_are_read_back() {
        for topic in EventTopic::ALL {
            assert_eq!(topic.as_str().parse(), Ok(topic));
        }
    }

    #[test]
    fn an_unknown_topic_is_answered_with_the_list() {
        let message = "business-fact".parse::<EventTopic>().unwrap_err().to_string();
        assert!(
            message.starts_with("no topic `business-fact`; the topics are `action-requests`"),
            "{message}"
        );
        assert!(message.ends_with("`billing-events`"), "{message}");
    }
}
