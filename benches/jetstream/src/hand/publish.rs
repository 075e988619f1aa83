//! Publishing, so many unconfirmed at once.

use super::wire::{News, Wire};
use crate::{Meter, Run, order::Placed};

pub(super) async fn run(run: &Run, meter: &Meter) -> anyhow::Result<()> {
    let mut wire = Wire::new(&async_nats::connect(&run.url).await?, 0).await?;
    send(&mut wire, run.events, run.in_flight, |number| meter.sent(number), |number| meter.came(number)).await
}

pub(super) async fn send(
    wire: &mut Wire,
    events: usize,
    in_flight: usize,
    sent: impl Fn(usize),
    came: impl Fn(usize),
) -> anyhow::Result<()> {
    let (mut next, mut done) = (0, 0);
    while done < events {
        while next < events && next - done < in_flight {
            let order = Placed::new(next);
            sent(next);
            wire.store("bench.placed", &order.order_id, &order, next).await?;
            next += 1;
        }
        if let News::Stored(number) = wire.news().await? {
            came(number);
            done += 1;
        }
    }
    Ok(())
}
