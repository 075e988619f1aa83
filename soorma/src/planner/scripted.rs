//! A model for tests, that says what the test wrote.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Model, ModelError, Prompt};
use crate::BoxFuture;

/// A model for tests: it answers what is written down for it, and keeps the prompts.
///
/// Cheap to clone; clones are one model, so a test gives one to its app as state and looks at the other.
///
/// ```
/// use soorma::planner::{Message, Model, Prompt, ScriptedModel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let prompt = Prompt { system: "Be brief.".into(), messages: vec![Message::User("Who are you?".into())] };
///
/// let model = ScriptedModel::answers(["A script."]);
/// assert_eq!(model.complete(&prompt).await.unwrap(), "A script.");
/// assert!(model.complete(&prompt).await.is_err(), "nothing more is written down");
/// assert_eq!(model.prompts(), [prompt.clone(), prompt.clone()]);
///
/// let echo = ScriptedModel::with(|prompt| Ok(prompt.system.clone()));
/// assert_eq!(echo.complete(&prompt).await.unwrap(), "Be brief.");
/// # }
/// ```
#[derive(Clone)]
pub struct ScriptedModel(Arc<Inner>);

struct Inner {
    script: Script,
    prompts: Mutex<Vec<Prompt>>,
}

type Answer = dyn Fn(&Prompt) -> Result<String, ModelError> + Send + Sync;

enum Script {
    InOrder(Mutex<VecDeque<String>>),
    With(Box<Answer>),
}

impl ScriptedModel {
    /// Gives these answers in their order, and fails from then on.
    #[must_use]
    pub fn answers<A: Into<String>>(answers: impl IntoIterator<Item = A>) -> Self {
        Self::new(Script::InOrder(Mutex::new(answers.into_iter().map(Into::into).collect())))
    }

    /// Gives what the closure makes of the prompt.
    #[must_use]
    pub fn with(answer: impl Fn(&Prompt) -> Result<String, ModelError> + Send + Sync + 'static) -> Self {
        Self::new(Script::With(Box::new(answer)))
    }

    /// Every prompt that came, oldest first: one a call.
    #[must_use]
    pub fn prompts(&self) -> Vec<Prompt> {
        lock(&self.0.prompts).clone()
    }

    fn new(script: Script) -> Self {
        Self(Arc::new(Inner { script, prompts: Mutex::default() }))
    }
}

impl Model for ScriptedModel {
    fn name(&self) -> &str {
        "scripted"
    }

    fn complete<'a>(&'a self, prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>> {
        Box::pin(async move {
            lock(&self.0.prompts).push(prompt.clone());
            match &self.0.script {
                Script::InOrder(answers) => lock(answers)
                    .pop_front()
                    .ok_or_else(|| ModelError::failed("no further answer is written down for this model")),
                Script::With(answer) => answer(prompt),
            }
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for ScriptedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedModel").field("prompts", &lock(&self.0.prompts).len()).finish_non_exhaustive()
    }
}
