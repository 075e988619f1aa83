//! What is run: variants, cases, how many in flight, how many events; and what each variant promises meanwhile.

use std::str::FromStr;

use anyhow::{Context, bail};

use crate::hand::Form;

/// How many are under way at once.
pub(crate) const IN_FLIGHT: [usize; 3] = [1, 8, 64];

/// One run of one variant.
pub(crate) struct Run {
    pub(crate) case: Case,
    pub(crate) in_flight: usize,
    pub(crate) events: usize,
    pub(crate) url: String,
}

impl Run {
    /// From the words of a command line.
    pub(crate) fn read(case: &str, in_flight: &str, events: &str, url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            case: case.parse()?,
            in_flight: in_flight.parse().context("IN_FLIGHT")?,
            events: events.parse().context("EVENTS")?,
            url: url.to_owned(),
        })
    }
}

macro_rules! named {
    ($(#[$attribute:meta])* $type:ident { $($variant:ident = $name:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $type { $($variant,)* }

        impl $type {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl FromStr for $type {
            type Err = anyhow::Error;

            fn from_str(text: &str) -> anyhow::Result<Self> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    other => bail!("no `{other}`; there are {}", [$($name),*].join(", ")),
                }
            }
        }
    };
}

named! {
    /// Who does it.
    Variant { Hand = "by-hand", HandInEnvelopes = "by-hand-in-envelopes", HandAhead = "by-hand-ahead", Soorma = "soorma", RustStream = "ruststream-nats", FastStream = "faststream", }
}

named! {
    /// What is done.
    Case { Publish = "publish", Pull = "pull", Chain = "chain", Ask = "ask", }
}

impl Case {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Publish => "publish, each confirmed",
            Self::Pull => "pull, decode, acknowledge",
            Self::Chain => "chain of three agents",
            Self::Ask => "request and answer",
        }
    }

    /// How many events a run has, of those that are asked for: about as long for each case and number in flight.
    pub(crate) fn events(self, variant: Variant, in_flight: usize, asked: usize) -> usize {
        let share = match in_flight {
            0..=1 => 8,
            2..=8 => 2,
            _ => 1,
        };
        let work = match self {
            Self::Publish | Self::Pull => 1,
            Self::Chain | Self::Ask => 4,
        };
        // Some thousands a second at the most: it would take most of the time.
        let pace = if variant == Variant::FastStream { 4 } else { 1 };
        (asked / share / work / pace).max(100)
    }
}

impl Variant {
    /// How it sends its events, where that is done by hand.
    pub(crate) fn form(self) -> Form {
        if self == Self::HandInEnvelopes { Form::Enveloped } else { Form::Bare }
    }

    /// Whether it has such a case: ahead of what is in flight it can only be in drawing what waits, and requests in
    /// envelopes are in `cargo xtask bench ask`.
    pub(crate) fn has(self, case: Case) -> bool {
        match self {
            Self::HandAhead => case == Case::Pull,
            Self::HandInEnvelopes => case != Case::Ask,
            _ => true,
        }
    }

    /// What holds when an event counts as done.
    pub(crate) fn promises(self, case: Case) -> &'static str {
        match (self, case) {
            (Self::Hand | Self::HandInEnvelopes | Self::Soorma, Case::Publish) => {
                "stored, deduplicated by message id"
            }
            (Self::Hand | Self::HandInEnvelopes | Self::Soorma, Case::Pull) => {
                "acknowledgement confirmed before the next one has its place; twice as many in hand as in flight at the most"
            }
            (Self::HandAhead, _) => {
                "acknowledgement confirmed before the next one has its place; a thousand in hand, which other members wait for"
            }
            (Self::Hand | Self::HandInEnvelopes | Self::Soorma, Case::Chain) => {
                "output stored by id, then its event's acknowledgement confirmed"
            }
            (Self::Hand | Self::HandInEnvelopes | Self::Soorma, Case::Ask) => {
                "request and answer stored by id, acknowledgement confirmed"
            }
            (Self::RustStream | Self::FastStream, Case::Publish) => "stored, deduplicated by message id",
            (Self::RustStream | Self::FastStream, Case::Pull) => "acknowledgement sent, not confirmed",
            (Self::RustStream | Self::FastStream, Case::Chain) => {
                "output stored by id, then acknowledgement sent, not confirmed"
            }
            (Self::RustStream | Self::FastStream, Case::Ask) => {
                "core NATS: nothing is stored or acknowledged"
            }
        }
    }
}
