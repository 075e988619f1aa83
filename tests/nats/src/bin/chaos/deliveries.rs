//! How often the server had delivered what was acknowledged, by its own account.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::StreamExt;
use serde_json::Value;

use crate::plain::{Plain, STREAMS};

/// Number of the stream and sequence of an event, and how often it had been delivered at most; only what was more than once.
pub(crate) type Repeated = HashMap<(usize, u64), u64>;

/// Listens to the server's account.
#[derive(Debug, Default)]
pub(crate) struct Deliveries(Arc<Mutex<Repeated>>);

impl Deliveries {
    pub(crate) async fn listen(plain: &Plain) -> anyhow::Result<Self> {
        let mut metrics = plain.client.subscribe("$JS.EVENT.METRIC.CONSUMER.ACK.>").await?;
        let repeated = Self::default();
        let shared = repeated.0.clone();
        tokio::spawn(async move {
            while let Some(message) = metrics.next().await {
                let Ok(metric) = serde_json::from_slice::<Value>(&message.payload) else { continue };
                let count = |field: &str| metric[field].as_u64().unwrap_or_default();
                let deliveries = count("deliveries");
                let stream = STREAMS.iter().position(|name| metric["stream"] == **name);
                if let Some(stream) = stream.filter(|_| deliveries > 1) {
                    let at = (stream, count("stream_seq"));
                    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    let most = shared.entry(at).or_default();
                    *most = deliveries.max(*most);
                }
            }
        });
        Ok(repeated)
    }

    pub(crate) fn heard(&self) -> Repeated {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
