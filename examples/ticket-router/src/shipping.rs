//! The agent `shipping`: says where parcels are.

use soorma::prelude::*;

/// Find out where a parcel is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(
    topic = ActionRequests,
    event_type = "parcel.trace",
    response = ParcelTraced,
    when_to_use = "The customer asks where a parcel is and gives its number.",
    effects = None,
)]
pub(crate) struct TraceParcel {
    /// The number of the parcel, as in `p-10000`.
    pub(crate) parcel: String,
}

/// Where a parcel is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = ActionResults, event_type = "parcel.traced")]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum ParcelTraced {
    At { place: String },
    Unknown,
}

#[on_task(agent = "shipping")]
pub(crate) async fn trace(task: Task<TraceParcel>) -> ParcelTraced {
    match task.parcel.as_str() {
        "p-88120" => ParcelTraced::At { place: "the depot in Graz".into() },
        _ => ParcelTraced::Unknown,
    }
}
