//! soorma through a crate that gives it on.

use facade::prelude::*;

/// Something was said.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = NotificationEvents, event_type = "said", key = words, crate = facade::soorma)]
#[serde(crate = "facade::serde")]
#[schemars(crate = "facade::schemars")]
pub struct Said {
    /// What.
    pub words: String,
}

/// It was heard.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "heard", crate = facade::soorma)]
#[serde(crate = "facade::serde")]
#[schemars(crate = "facade::schemars")]
pub struct Heard(pub String);

/// What was made of it.
#[derive(Clone, Debug, Outputs)]
#[outputs(crate = ::facade::soorma)]
pub enum Made {
    /// It was heard.
    Heard(Heard),
    /// Nothing.
    Nothing,
}

/// Hears what is said.
#[on_event(produces(Heard), crate = facade::soorma)]
pub async fn hear(said: Event<Said>) -> Made {
    if said.words.is_empty() {
        Made::Nothing
    } else {
        Made::Heard(Heard(said.into_payload().words))
    }
}

#[cfg(test)]
mod tests {
    use facade::soorma::{handlers, testing::TestApp};

    use super::*;

    #[tokio::test]
    async fn everything_works_through_another_crate() {
        let app = TestApp::start(App::builder("facade").handlers(handlers![hear])).await.unwrap();
        for words in ["", "hello"] {
            let _published = app.publish(Said { words: words.to_owned() }).await.unwrap();
        }
        app.settle().await.unwrap();
        assert_eq!(app.published::<Heard>().len(), 1);
    }
}
