//! Whether the server answers, and the end of a handle.

use std::time::Duration;

use serde_json::Value;

use super::shared::{Shared, WINDOW};
use crate::{broker::BrokerError, nats::Outage, race::race};

/// How long members have to hand back what nobody has drawn.
const TIDY: Duration = Duration::from_secs(3);

impl Shared {
    pub(super) async fn health(&self) -> Result<(), BrokerError> {
        self.check_open()?;
        if !self.link.is_connected() {
            return Err(BrokerError::Unavailable(Box::new(Outage)));
        }
        self.link.api::<Value>("INFO", &()).await?;
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.closed.send_replace(true);
        let mut members = self.members.subscribe();
        let tidied = async {
            // The sender lives as long as this.
            let _ = members.wait_for(|members| *members == 0).await;
            let _ = self.window.acquire_many(WINDOW as u32).await;
        };
        race(tidied, self.link.clock.sleep(TIDY)).await;
        self.link.flush().await;
    }
}
