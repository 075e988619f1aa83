//! Pulling: what is decoded counts, and has its place until its acknowledgement is confirmed.

use std::collections::VecDeque;

use anyhow::Context;

use super::{
    setup,
    wire::{News, Wire},
};
use crate::{Meter, Run, order::Placed};

pub(super) async fn run(run: &Run, meter: &Meter) -> anyhow::Result<()> {
    let client = async_nats::connect(&run.url).await?;
    setup::consumer(&client, "puller", "bench.placed").await?;
    let mut wire = Wire::new(&client).await?;
    let (mut waiting, mut unconfirmed, mut done) = (VecDeque::new(), 0, 0);
    while done < run.events || unconfirmed > 0 {
        wire.pull("puller").await?;
        match wire.news().await? {
            News::Delivered(message) => waiting.push_back(message),
            News::Acked(_) => unconfirmed -= 1,
            News::Stored(_) => {}
        }
        while unconfirmed < run.in_flight
            && let Some(message) = waiting.pop_front()
        {
            wire.begun();
            let order: Placed = serde_json::from_slice(&message.payload)?;
            anyhow::ensure!(order.customer == "customer-4711", "not the order that was sent");
            meter.one();
            wire.ack(message.reply.context("no delivery of JetStream")?, done).await?;
            done += 1;
            unconfirmed += 1;
        }
    }
    Ok(())
}
