//! An agent: what it makes of an event is stored, then the event's acknowledgement is confirmed; so many events at once, and as
//! many again in hand, which wait for it or whose acknowledgement is not confirmed yet.

use std::collections::VecDeque;

use anyhow::Context;
use async_nats::{Client, Message, Subject};
use soorma::EventPayload;

use super::{
    form::{Envelope, Form},
    wire::{ANSWER_TO, News, Wire},
};

pub(super) struct Agent {
    wire: Wire,
    consumer: &'static str,
    form: Form,
    /// Where its outputs go; where the event says so, if nowhere.
    to: Option<&'static str>,
    /// What each of those that it works on is acknowledged by.
    under_way: Vec<Option<Subject>>,
    free: Vec<usize>,
    /// How many more it may begin to work on.
    idle: usize,
    waiting: VecDeque<Message>,
}

impl Agent {
    pub(super) async fn new(
        client: &Client,
        consumer: &'static str,
        form: Form,
        to: Option<&'static str>,
        in_flight: usize,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            wire: Wire::new(client, 2 * in_flight).await?,
            consumer,
            form,
            to,
            under_way: vec![None; 2 * in_flight],
            free: (0..2 * in_flight).collect(),
            idle: in_flight,
            waiting: VecDeque::new(),
        })
    }

    /// Works until it is dropped. An output that has no envelope has the id that is made of it.
    pub(super) async fn work<I, O>(mut self, id: impl Fn(&O) -> String) -> anyhow::Result<()>
    where
        I: EventPayload,
        O: EventPayload + From<I>,
    {
        loop {
            self.wire.pull(self.consumer).await?;
            match self.wire.news().await? {
                News::Delivered(message) => self.waiting.push_back(message),
                News::Stored(slot) => {
                    let delivery = self.under_way[slot].take().context("stored twice")?;
                    self.idle += 1;
                    self.wire.ack(delivery, slot).await?;
                }
                News::Acked(slot) => {
                    self.free.push(slot);
                    self.wire.released();
                }
            }
            while self.idle > 0
                && !self.waiting.is_empty()
                && let Some(slot) = self.free.pop()
                && let Some(message) = self.waiting.pop_front()
            {
                self.idle -= 1;
                let named = message.headers.as_ref().and_then(|headers| headers.get(ANSWER_TO));
                let to = self.to.or(named.map(|value| value.as_str())).context("an answer to nobody")?;
                match self.form {
                    Form::Bare => {
                        let output = O::from(serde_json::from_slice(&message.payload)?);
                        self.wire.store(to, &id(&output), &output, slot).await?;
                    }
                    Form::Enveloped => {
                        let event: Envelope<'_, I> = serde_json::from_slice(&message.payload)?;
                        let id = event.next_id()?;
                        self.wire.store(to, &id, &event.next::<O>(&id)?, slot).await?;
                    }
                }
                self.under_way[slot] = Some(message.reply.context("no delivery of JetStream")?);
            }
        }
    }
}
