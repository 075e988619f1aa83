//! Who asks, and hears the answers: an agent of its own, which is not killed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use soorma::{
    App, Running, handlers,
    prelude::{EventEnvelope, State, TaskResult, on_result},
};

use crate::work::{LEASE, Plan, Planned};

/// One answer that was heard.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) id: String,
    /// The request that it names.
    pub(crate) request: Option<String>,
    pub(crate) correlation: String,
    /// What it says; `None` where the task failed.
    pub(crate) planned: Option<(u64, [u64; 3])>,
}

/// By the id of the answer: one that is heard again is the same one.
#[derive(Default)]
struct Heard(Mutex<HashMap<String, Answer>>);

/// Who asks.
pub(crate) struct Caller {
    app: Running,
    heard: Arc<Heard>,
}

#[on_result(agent = "caller", concurrency = 64)]
async fn hear(result: TaskResult<Planned>, event: EventEnvelope, heard: State<Arc<Heard>>) {
    let answer = Answer {
        id: event.id.to_string(),
        request: event.parent_event_id.as_deref().map(str::to_owned),
        correlation: event.correlation_id.to_string(),
        planned: result.into_result().ok().map(|planned| (planned.number, planned.parts)),
    };
    heard.0.lock().unwrap_or_else(PoisonError::into_inner).insert(answer.id.clone(), answer);
}

impl Caller {
    pub(crate) async fn start(url: &str) -> anyhow::Result<Self> {
        let heard = Arc::<Heard>::default();
        let app = App::builder("caller").broker_url(url).handlers(handlers![hear]).state(heard.clone());
        Ok(Self { app: app.lease(LEASE).start().await?, heard })
    }

    /// Asks so often, and gives the numbers by request.
    pub(crate) fn ask(
        &self,
        tasks: u64,
    ) -> impl Future<Output = anyhow::Result<HashMap<String, u64>>> + Send + 'static {
        let bus = self.app.bus();
        async move {
            let mut asked = HashMap::new();
            for number in 0..tasks {
                asked.insert(bus.request(Plan { number }).await?, number);
            }
            Ok(asked)
        }
    }

    pub(crate) fn answered(&self) -> u64 {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    pub(crate) async fn stop(self) -> Vec<Answer> {
        self.app.shutdown().await;
        let mut heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *heard).into_values().collect()
    }
}
