//! Three agents, one after the other; whoever publishes waits for the last of them.

use std::collections::VecDeque;

use anyhow::Context;

use super::{
    agent::Agent,
    form::Form,
    setup,
    wire::{News, Wire},
};
use crate::{
    Meter, Run,
    order::{self, Checked, Placed, Shipped},
};

pub(super) async fn run(run: &Run, form: Form, meter: &'static Meter) -> anyhow::Result<()> {
    let client = async_nats::connect(&run.url).await?;
    for (consumer, subject) in
        [("checker", "bench.placed"), ("shipper", "bench.checked"), ("closer", "bench.shipped")]
    {
        setup::consumer(&client, consumer, subject).await?;
    }
    let checker = Agent::new(&client, "checker", form, Some("bench.checked"), run.in_flight).await?;
    let shipper = Agent::new(&client, "shipper", form, Some("bench.shipped"), run.in_flight).await?;
    let agents = [
        tokio::spawn(checker.work::<Placed, Checked>(|checked| format!("{}-checked", checked.order_id))),
        tokio::spawn(shipper.work::<Checked, Shipped>(|shipped| format!("{}-shipped", shipped.order_id))),
        tokio::spawn(close(Wire::new(&client, 2 * run.in_flight).await?, form, run.in_flight, meter)),
        tokio::spawn(place(Wire::new(&client, 0).await?, form, run.events, meter)),
    ];
    meter.places.add_permits(run.in_flight);
    meter.finished().await;
    for agent in agents {
        if agent.is_finished() {
            agent.await??;
        } else {
            agent.abort();
        }
    }
    Ok(())
}

async fn place(mut wire: Wire, form: Form, events: usize, meter: &Meter) -> anyhow::Result<()> {
    let (mut next, mut stored) = (0, 0);
    while stored < events {
        tokio::select! {
            place = meter.places.acquire(), if next < events => {
                place?.forget();
                let order = Placed::new(next);
                meter.sent(next);
                form.place(&wire, order, next).await?;
                next += 1;
            }
            news = wire.news() => if let News::Stored(_) = news? {
                stored += 1;
            }
        }
    }
    Ok(())
}

/// The last agent, which returns nothing.
async fn close(mut wire: Wire, form: Form, in_flight: usize, meter: &Meter) -> anyhow::Result<()> {
    let (mut waiting, mut unconfirmed) = (VecDeque::new(), 0);
    loop {
        wire.pull("closer").await?;
        match wire.news().await? {
            News::Delivered(message) => waiting.push_back(message),
            News::Acked(_) => {
                unconfirmed -= 1;
                wire.released();
            }
            News::Stored(_) => {}
        }
        while unconfirmed < in_flight
            && let Some(message) = waiting.pop_front()
        {
            let order: Shipped = form.read(&message.payload)?;
            meter.came(order::number(&order.order_id));
            meter.places.add_permits(1);
            wire.ack(message.reply.context("no delivery of JetStream")?, 0).await?;
            unconfirmed += 1;
        }
    }
}
