//! What the macros write down about a function, and how it is collected.

use soorma_common::{Contract, EventTopic};

use super::{Incoming, Missing, Options, Role, Source, Startup};
use crate::{
    BoxFuture,
    outputs::{Outputs, Produces},
};

/// Calls a handler: takes the arguments, runs it, gathers what it returns.
type Call = for<'a> fn(&'a mut Incoming) -> BoxFuture<'a, anyhow::Result<Outputs>>;

/// One attribute of one handler.
#[derive(Clone, Copy, Debug)]
pub struct Registration {
    /// Which attribute.
    pub role: Role,
    /// `agent = ".."`; otherwise the agent that the program names.
    pub agent: Option<&'static str>,
    /// The topic.
    pub topic: EventTopic,
    /// The event type or pattern.
    pub pattern: &'static str,
    /// The path of the function.
    pub handler: &'static str,
    /// Its doc comment.
    pub description: &'static str,
    /// The source file, for messages.
    pub file: &'static str,
    /// The line, for messages.
    pub line: u32,
    /// The payload that it takes, where it takes a declared one.
    pub consumes: Option<Contract>,
    /// What it returns.
    pub produces: Produces,
    /// `produces(A, B)`: what it publishes through the bus.
    pub declared: &'static [Contract],
    /// Calls it.
    pub call: Call,
    /// What its arguments need that is not there.
    pub check: fn(&Startup<'_>) -> Vec<Missing>,
    /// The options.
    pub options: Options,
}

impl Registration {
    /// The payload types that it publishes: by return, and what it declares.
    pub(crate) fn publishes(&self) -> Vec<Contract> {
        let mut all = self.produces.contracts();
        all.extend(self.declared);
        all
    }

    /// The payload types that it names: what it takes, and what it publishes.
    pub(crate) fn contracts(&self) -> Vec<Contract> {
        let mut all: Vec<Contract> = self.consumes.into_iter().collect();
        all.extend(self.publishes());
        all
    }
}

/// One start-up or shutdown hook.
#[derive(Clone, Copy, Debug)]
pub struct HookRegistration {
    /// [`Role::OnStartup`] or [`Role::OnShutdown`].
    pub role: Role,
    /// `agent = ".."`; otherwise the agent that the program names.
    pub agent: Option<&'static str>,
    /// The path of the function.
    pub handler: &'static str,
    /// The source file, for messages.
    pub file: &'static str,
    /// The line, for messages.
    pub line: u32,
    /// What it returns.
    pub produces: Produces,
    /// Calls it; what it returns is published.
    pub call: Call,
    /// What its arguments need that is not there.
    pub check: fn(&Startup<'_>) -> Vec<Missing>,
}

impl HookRegistration {
    /// The payload types that it publishes.
    pub(crate) fn publishes(&self) -> Vec<Contract> {
        self.produces.contracts()
    }
}

/// A handler or a hook.
// Only ever in static memory, where a box could not be.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// A handler.
    Handler(Registration),
    /// A hook.
    Hook(HookRegistration),
}

/// A function that carries one of the attributes. `handlers![path::to::function]` goes by it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "no `#[on_event]`, `#[on_task]`, `#[on_result]`, `#[on_startup]` or `#[on_shutdown]` on this function"
)]
pub trait Registered {
    /// One entry an attribute.
    const ENTRIES: &'static [Entry];
}

/// What `inventory` collects: the entries of one function.
#[derive(Debug)]
pub struct Submission(pub &'static [Entry]);

inventory::collect!(Submission);

/// What `inventory` collects of each payload type.
#[derive(Debug)]
pub struct Declared(pub Contract);

inventory::collect!(Declared);

/// A list of handlers and hooks: what [`handlers!`](crate::handlers) makes.
#[derive(Clone, Debug, Default)]
pub struct Handlers {
    pub(crate) entries: Vec<Entry>,
    /// The payload types that the program declares, whether or not a handler names them.
    pub(crate) declared: Vec<Contract>,
    pub(crate) source: Source,
}

impl Handlers {
    #[doc(hidden)]
    #[must_use]
    pub fn from_entries(entries: &[&'static [Entry]]) -> Self {
        Self { entries: entries.concat(), ..Self::default() }
    }

    /// Everything that the linked crates annotate, in no particular order; `named` are those of `handlers_in`.
    #[must_use]
    pub(crate) fn linked(named: &'static [&'static str]) -> Self {
        let mut entries = Vec::new();
        for submission in inventory::iter::<Submission>() {
            entries.extend(submission.0);
        }
        Self {
            entries,
            declared: inventory::iter::<Declared>().map(|declared| declared.0).collect(),
            source: Source::Linked { named },
        }
    }
}
