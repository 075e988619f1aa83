//! What a handler needs: `use soorma::prelude::*;`.

#[doc(no_inline)]
pub use schemars::JsonSchema;
#[doc(no_inline)]
pub use serde::{Deserialize, Serialize};
#[doc(no_inline)]
pub use soorma_common::EventTopic::{self, *};

#[cfg(feature = "toolkit")]
pub use crate::EventToolkit;
pub use crate::{
    App, AppBuilder, Bus, Client, Context, Event, EventEnvelope, EventPayload, Memory, Outputs, Registry,
    Reject, State, Task, TaskResult, on_event, on_result, on_shutdown, on_startup, on_task,
};
