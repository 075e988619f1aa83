//! What a language model is to this crate: something with a name that completes a prompt.

use std::{error::Error, sync::Arc};

use soorma_common::id;

use crate::BoxFuture;

/// A language model: write these two methods over the client of your provider.
///
/// ```
/// use soorma::{BoxFuture, planner::{Model, ModelError, Prompt}};
///
/// struct Provider { /* its client, and the key */ }
///
/// impl Model for Provider {
///     fn name(&self) -> &str {
///         "large-2"
///     }
///
///     fn complete<'a>(&'a self, prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>> {
///         Box::pin(async move {
///             // `prompt.system` goes where the provider takes instructions, `prompt.messages` where it takes the
///             // conversation. Give the text of the answer as it came.
/// #           let _ = prompt;
///             Err(ModelError::not_taken("connection refused"))
///         })
///     }
/// }
/// ```
///
/// A call that is cut short (the handler ran past its time-out, the process died) has been paid for all the same, so
/// it counts.
pub trait Model: Send + Sync {
    /// Which model it is: goes into the record of each call.
    fn name(&self) -> &str;

    /// The model's answer, as it came. It is checked by whoever asked.
    ///
    /// # Errors
    /// [`ModelError`]; which of the two decides whether the call counts.
    fn complete<'a>(&'a self, prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>>;
}

macro_rules! behind {
    ($($pointer:ty),*) => {$(
        impl<M: Model + ?Sized> Model for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn complete<'a>(&'a self, prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>> {
                (**self).complete(prompt)
            }
        }
    )*};
}

behind!(Arc<M>, Box<M>);

/// What a model is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The rules: written by this crate and by the program, never by whoever sends events.
    pub system: String,
    /// The conversation so far, oldest first: a message of the user, then answers of the model and what was wrong with
    /// them by turns.
    pub messages: Vec<Message>,
}

impl Prompt {
    /// A hash of everything in it: 32 hex digits.
    #[must_use]
    pub fn hash(&self) -> String {
        let messages = self.messages.iter().flat_map(|message| match message {
            Message::User(text) => [&b"user"[..], text.as_bytes()],
            Message::Assistant(text) => [&b"assistant"[..], text.as_bytes()],
        });
        let parts: Vec<&[u8]> = std::iter::once(self.system.as_bytes()).chain(messages).collect();
        id::derived(&parts).simple().to_string()
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// To the model.
    User(String),
    /// By the model: an earlier answer, cut to 8 KiB.
    Assistant(String),
}

/// A call of a model gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The model did not begin: connection refused, rate limit, overload. It has cost nothing, so the call does not
    /// count.
    #[error("the model has not taken the prompt")]
    NotTaken(#[source] Box<dyn Error + Send + Sync>),
    /// It may have begun, or it refused for good. The call counts.
    #[error("the model gave no answer")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl ModelError {
    /// [`ModelError::NotTaken`]
    #[must_use]
    pub fn not_taken(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::NotTaken(source.into())
    }

    /// [`ModelError::Failed`]
    #[must_use]
    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(source.into())
    }
}
