//! A model behind plain HTTP: an endpoint that takes prompts in the shape of chat completions, as most servers of models do.

mod error;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use serde::Deserialize;
use serde_json::{Value, json};
use soorma::{
    BoxFuture,
    planner::{Message, Model, ModelError, Prompt},
};
use ureq::Agent;

use self::error::ProviderError;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it may take to get a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// The longest response that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// One model of one endpoint.
pub(crate) struct Provider(Arc<Inner>);

struct Inner {
    agent: Agent,
    url: String,
    model: String,
    key: Option<String>,
}

impl Provider {
    /// Nothing is connected for it.
    pub(crate) fn new(url: &str, model: String, key: Option<String>) -> anyhow::Result<Self> {
        Self::patient(url, model, key, PATIENCE)
    }

    fn patient(url: &str, model: String, key: Option<String>, patience: Duration) -> anyhow::Result<Self> {
        let parsed = url.parse::<ureq::http::Uri>();
        let good = parsed.is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
        ensure!(
            good,
            "`--model-url` takes a URL like http://127.0.0.1:8080/v1/chat/completions, not `{url}`; \
             this example has no TLS, so an https endpoint needs a proxy in front of it"
        );
        let agent = Agent::config_builder()
            .timeout_global(Some(patience))
            .timeout_connect(Some(CONNECT.min(patience)))
            .http_status_as_error(false)
            // The key goes where it was meant to go, and nowhere else.
            .max_redirects(0)
            .proxy(None)
            .build()
            .new_agent();
        Ok(Self(Arc::new(Inner { agent, url: url.to_owned(), model, key })))
    }
}

impl Model for Provider {
    fn name(&self) -> &str {
        &self.0.model
    }

    fn complete<'a>(&'a self, prompt: &'a Prompt) -> BoxFuture<'a, Result<String, ModelError>> {
        let (inner, body) = (self.0.clone(), self.0.body(prompt));
        Box::pin(async move {
            // The client blocks. Where nobody waits any more, it ends by its own time-out.
            match tokio::task::spawn_blocking(move || inner.call(&body)).await {
                Ok(answer) => answer.map_err(ProviderError::into_model_error),
                Err(died) => Err(ModelError::failed(died)),
            }
        })
    }
}

impl Inner {
    fn body(&self, prompt: &Prompt) -> String {
        let system = json!({ "role": "system", "content": prompt.system });
        let messages = prompt.messages.iter().map(|message| match message {
            Message::User(text) => json!({ "role": "user", "content": text }),
            Message::Assistant(text) => json!({ "role": "assistant", "content": text }),
        });
        let messages: Vec<Value> = std::iter::once(system).chain(messages).collect();
        json!({ "model": self.model, "messages": messages, "temperature": 0 }).to_string()
    }

    fn call(&self, body: &str) -> Result<String, ProviderError> {
        let mut request = self.agent.post(&self.url).header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut response = request.send(body)?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(LONGEST).read_to_string()?;
        match status {
            200 => content(&text),
            429 | 503 => Err(ProviderError::Busy { status }),
            _ => Err(ProviderError::Status { status, says: error::beginning(&text) }),
        }
    }
}

/// The text of the first choice.
fn content(body: &str) -> Result<String, ProviderError> {
    #[derive(Deserialize)]
    struct Completion {
        choices: Vec<Choice>,
    }
    #[derive(Deserialize)]
    struct Choice {
        message: Answer,
    }
    #[derive(Deserialize)]
    struct Answer {
        content: String,
    }
    let completion: Completion = serde_json::from_str(body)
        .map_err(|reason| ProviderError::NoCompletion { reason, says: error::beginning(body) })?;
    let first = completion.choices.into_iter().next();
    first.map(|choice| choice.message.content).ok_or(ProviderError::NoChoice)
}
