//! What an agent remembers: a view over the store.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use soorma_common::EventEnvelope;

use crate::store::{Key, Records, Store, StoreError, Update};

/// What an agent remembers from event to event, apart for each tenant; narrower or wider where you say so.
///
/// ```
/// use std::time::Duration;
/// use soorma::{handlers, prelude::*, testing::TestApp};
///
/// /// Somebody said something.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
/// #[event(topic = BusinessFacts, event_type = "word.said")]
/// struct WordSaid { word: String }
///
/// #[on_event]
/// async fn count(said: Event<WordSaid>, memory: Memory) -> anyhow::Result<()> {
///     // Two that count at once lose nothing.
///     let count: u32 = memory.update(&said.word, |count| count.unwrap_or(0) + 1).await?;
///     // For all agents, for an hour.
///     memory.shared().store_for("last word", &said.word, Duration::from_secs(3600)).await?;
///     // For the user of the event alone, if it has one.
///     if let Some(memory) = memory.of_user() {
///         memory.store("last word", &said.word).await?;
///     }
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let app = TestApp::start(App::builder("words").handlers(handlers![count])).await?;
/// app.publish(WordSaid { word: "yes".into() }).await?;
/// app.settle().await?;
/// assert!(app.dead_letters().await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Memory {
    store: Arc<dyn Store>,
    scope: Scope,
    /// The user and the plan of the event that is handled.
    user: Option<String>,
    plan: Option<String>,
}

/// Whose memory it is.
#[derive(Clone, Debug, Default)]
struct Scope {
    tenant: Option<String>,
    /// `None` for all agents.
    agent: Option<String>,
    user: Option<String>,
    plan: Option<String>,
}

impl Scope {
    /// Always as many segments, each with a mark: no name can be that of none, and no scope lies inside another one.
    fn prefix(&self) -> Key {
        let segment =
            |name: &Option<String>| name.as_ref().map_or_else(|| "_".to_owned(), |name| format!("={name}"));
        let Self { tenant, agent, user, plan } = self;
        Key::from(["memory".to_owned(), segment(tenant), segment(agent), segment(user), segment(plan)])
    }
}

impl Memory {
    pub(crate) fn new(store: Arc<dyn Store>, event: Option<&EventEnvelope>, agent: &str) -> Self {
        let of_event =
            |name: fn(&EventEnvelope) -> &Option<String>| event.and_then(|event| name(event).clone());
        let scope = Scope {
            tenant: of_event(|event| &event.tenant_id),
            agent: Some(agent.to_owned()),
            ..Scope::default()
        };
        Self { store, scope, user: of_event(|event| &event.user_id), plan: of_event(|event| &event.plan_id) }
    }

    /// The same for the user of the event alone. `None` where it names no user: what one said must not be told to another.
    #[must_use]
    pub fn of_user(&self) -> Option<Self> {
        let user = Some(self.user.clone()?);
        Some(Self { scope: Scope { user, ..self.scope.clone() }, ..self.clone() })
    }

    /// The same for the plan that the event belongs to alone. `None` where it belongs to none.
    #[must_use]
    pub fn of_plan(&self) -> Option<Self> {
        let plan = Some(self.plan.clone()?);
        Some(Self { scope: Scope { plan, ..self.scope.clone() }, ..self.clone() })
    }

    /// The same for all agents of the tenant, who see what the others write: `memory.of_plan()?.shared()` is the memory of a plan.
    #[must_use]
    pub fn shared(&self) -> Self {
        Self { scope: Scope { agent: None, ..self.scope.clone() }, ..self.clone() }
    }

    /// Remembers a value under a key, whatever was there.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where the value cannot be written as JSON, [`StoreError::Unavailable`].
    pub async fn store<T: Serialize>(&self, key: &str, value: &T) -> Result<(), StoreError> {
        self.records().put(key, value).await.map(drop)
    }

    /// The same; it is forgotten after `ttl`, which may be rounded up to the next second.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where the value cannot be written as JSON, [`StoreError::Unavailable`].
    pub async fn store_for<T: Serialize>(
        &self,
        key: &str,
        value: &T,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        self.records().expiring(ttl).put(key, value).await.map(drop)
    }

    /// Changes what is remembered, and gives what is remembered from then on, until it is deleted.
    ///
    /// It is written by compare-and-set: where somebody else writes in between, `change` runs again on what they wrote. A
    /// handler that runs again changes it again. Cancel safe: either written or not.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where something else is remembered, or the value cannot be written as JSON,
    /// [`StoreError::Unavailable`].
    pub async fn update<T: Serialize + DeserializeOwned + Clone>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<T>) -> T,
    ) -> Result<T, StoreError> {
        let change = |old: Option<T>| {
            let new = change(old);
            Update::Write(new.clone(), new)
        };
        self.records().update(key, change).await
    }

    /// What is remembered under a key.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where it is no `T`, [`StoreError::Unavailable`].
    pub async fn retrieve<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        Ok(self.records().get(key).await?.map(|found| found.value))
    }

    /// Forgets; true where there was something.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete(&self, key: &str) -> Result<bool, StoreError> {
        self.records::<()>().delete(key).await
    }

    /// The keys, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.records::<()>().names().await
    }

    fn records<T>(&self) -> Records<T> {
        Records::new(self.store.clone(), self.scope.prefix())
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({})", self.scope.prefix())
    }
}
