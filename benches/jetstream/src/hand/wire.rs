//! One inbox, and what is sent with answers to it.

use anyhow::{Context, bail, ensure};
use async_nats::{Client, HeaderMap, Message, StatusCode, Subject, Subscriber};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::STREAM;

/// Who is asked to answer where.
pub(super) const ANSWER_TO: &str = "Answer-To";

pub(super) struct Wire {
    pub(super) client: Client,
    pub(super) inbox: String,
    incoming: Subscriber,
    /// So many deliveries at the most are asked for or in hand.
    most: usize,
    /// So many are.
    held: usize,
}

/// What has come.
pub(super) enum News {
    /// What was sent under this number is stored.
    Stored(usize),
    /// An acknowledgement is confirmed.
    Acked(usize),
    Delivered(Message),
}

#[derive(Deserialize)]
struct Stored {
    seq: Option<u64>,
}

impl Wire {
    pub(super) async fn new(client: &Client, most: usize) -> anyhow::Result<Self> {
        let inbox = client.new_inbox();
        let incoming = client.subscribe(format!("{inbox}.>")).await?;
        Ok(Self { client: client.clone(), inbox, incoming, most, held: 0 })
    }

    pub(super) async fn store(
        &self,
        subject: &str,
        id: &str,
        event: &impl Serialize,
        number: usize,
    ) -> anyhow::Result<()> {
        self.store_with(HeaderMap::new(), subject, id, event, number).await
    }

    pub(super) async fn store_with(
        &self,
        mut headers: HeaderMap,
        subject: &str,
        id: &str,
        event: &impl Serialize,
        number: usize,
    ) -> anyhow::Result<()> {
        headers.insert("Nats-Msg-Id", id);
        let mut body = Vec::with_capacity(1_024);
        serde_json::to_writer(&mut body, event)?;
        let reply = format!("{}.s.{number}", self.inbox);
        self.client.publish_with_reply_and_headers(subject.to_owned(), reply, headers, body.into()).await?;
        Ok(())
    }

    pub(super) async fn ack(&self, delivery: Subject, number: usize) -> anyhow::Result<()> {
        let reply = format!("{}.a.{number}", self.inbox);
        self.client.publish_with_reply(delivery, reply, "+ACK".into()).await?;
        Ok(())
    }

    /// Asks for more when there is room for half of what there may be: two pulls are under way.
    pub(super) async fn pull(&mut self, consumer: &str) -> anyhow::Result<()> {
        let room = self.most - self.held;
        if room * 2 >= self.most {
            let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{consumer}");
            let body = format!(r#"{{"batch":{room},"expires":60000000000}}"#);
            self.client.publish_with_reply(subject, format!("{}.p", self.inbox), body.into()).await?;
            self.held += room;
        }
        Ok(())
    }

    /// One of them counts no longer.
    pub(super) fn released(&mut self) {
        self.held -= 1;
    }

    pub(super) async fn news(&mut self) -> anyhow::Result<News> {
        loop {
            let message = self.incoming.next().await.context("the connection is gone")?;
            let Some(token) = message.subject.strip_prefix(self.inbox.as_str()) else {
                return Ok(News::Delivered(message));
            };
            if let Some(number) = token.strip_prefix(".s.") {
                ensure!(message.status != Some(StatusCode::NO_RESPONDERS), "there is no stream");
                let stored: Stored = serde_json::from_slice(&message.payload)?;
                ensure!(stored.seq.is_some(), "not stored: {:?}", message.payload);
                return Ok(News::Stored(number.parse()?));
            }
            if let Some(number) = token.strip_prefix(".a.") {
                return Ok(News::Acked(number.parse()?));
            }
            match message.status {
                // A pull that is over because there was nothing, long before the end.
                Some(status) if status != StatusCode::IDLE_HEARTBEAT => {
                    bail!("the server says {status} to a pull")
                }
                _ => {}
            }
        }
    }
}
