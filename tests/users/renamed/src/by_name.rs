//! soorma by the name that the user's `Cargo.toml` gives it.

use bus::prelude::*;
use facade::{schemars, serde};

/// Counts down.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BusinessFacts, event_type = "count.down", key = left, example = Self { left: 3 }, crate = bus)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
pub struct Count {
    /// How many are left.
    pub left: u8,
}

/// Asks for a rest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionRequests, event_type = "count.rest", response = Rested, crate = bus)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
pub struct Rest {}

/// There was a rest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "count.rested", crate = ::bus)]
#[serde(crate = "serde")]
#[schemars(crate = "schemars")]
pub struct Rested {}

/// What comes next.
#[derive(Clone, Copy, Debug, Outputs)]
#[outputs(crate = bus)]
pub enum Next {
    /// One less.
    Count(Count),
    /// A rest.
    Rest(Rest),
}

/// Counts down, then asks for a rest.
#[on_event(ordered, crate = bus)]
pub async fn count(count: Event<Count>) -> Next {
    count.left.checked_sub(1).map_or(Next::Rest(Rest {}), |left| Next::Count(Count { left }))
}

/// Rests.
#[on_task(crate = bus)]
pub async fn rest(_: Task<Rest>) -> Rested {
    Rested {}
}

/// Ends when it has rested; one of its attributes says where soorma is.
#[on_result(event_type = "count.rested", crate = bus)]
#[on_event(topic = ActionResults, event_type = "count.rested", agent = "other")]
pub async fn rested(_: EventEnvelope, context: Context) {
    context.shutdown();
}

/// Begins.
#[on_startup(crate = bus)]
pub async fn begin() -> Count {
    Count { left: 2 }
}

/// Ends.
#[bus::on_shutdown(crate = ::bus)]
pub async fn end() {}

#[cfg(test)]
mod tests {
    use bus::{handlers, testing::TestApp};

    use super::*;

    #[tokio::test]
    async fn everything_works_by_another_name() {
        let list = handlers![count, rest, rested, begin, end];
        let app = TestApp::start(App::builder("renamed").handlers(list)).await.unwrap();
        app.settle().await.unwrap();
        let counts: Vec<_> = app.published::<Count>().iter().map(|count| count.left).collect();
        assert_eq!(counts, [2, 1, 0]);
        assert_eq!(app.published::<Rested>().len(), 1);
    }
}
