//! Pulling: what is decoded counts, and has its place until its acknowledgement is confirmed. As soorma promises it, no more
//! than twice as many as are in flight are in hand; or a thousand ahead, so that the server never waits for a pull.

use std::collections::VecDeque;

use anyhow::Context;

use super::{
    form::Form,
    setup,
    wire::{News, Wire},
};
use crate::{Meter, Run, order::Placed};

/// So many ahead, where that is not bounded by those in flight.
const AHEAD: usize = 1_000;

pub(super) async fn run(run: &Run, form: Form, ahead: bool, meter: &Meter) -> anyhow::Result<()> {
    let client = async_nats::connect(&run.url).await?;
    setup::consumer(&client, "puller", "bench.placed").await?;
    let mut wire = Wire::new(&client, if ahead { AHEAD } else { 2 * run.in_flight }).await?;
    let (mut waiting, mut unconfirmed, mut done) = (VecDeque::new(), 0, 0);
    while done < run.events || unconfirmed > 0 {
        wire.pull("puller").await?;
        match wire.news().await? {
            News::Delivered(message) => waiting.push_back(message),
            News::Acked(_) => {
                unconfirmed -= 1;
                if !ahead {
                    wire.released();
                }
            }
            News::Stored(_) => {}
        }
        while (unconfirmed < run.in_flight || !ahead)
            && let Some(message) = waiting.pop_front()
        {
            if ahead {
                wire.released();
            }
            let order: Placed = form.read(&message.payload)?;
            anyhow::ensure!(order.customer == "customer-4711", "not the order that was sent");
            meter.one();
            wire.ack(message.reply.context("no delivery of JetStream")?, done).await?;
            done += 1;
            unconfirmed += 1;
        }
    }
    Ok(())
}
