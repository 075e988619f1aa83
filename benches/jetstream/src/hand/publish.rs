//! Publishing, so many unconfirmed at once.

use super::{
    form::Form,
    wire::{News, Wire},
};
use crate::{Meter, Run, order::Placed};

pub(super) async fn run(run: &Run, form: Form, meter: &Meter) -> anyhow::Result<()> {
    let mut wire = Wire::new(&async_nats::connect(&run.url).await?, 0).await?;
    let (sent, came) = (|number| meter.sent(number), |number| meter.came(number));
    send(&mut wire, form, run.events, run.in_flight, sent, came).await
}

pub(super) async fn send(
    wire: &mut Wire,
    form: Form,
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
            form.place(wire, order, next).await?;
            next += 1;
        }
        if let News::Stored(number) = wire.news().await? {
            came(number);
            done += 1;
        }
    }
    Ok(())
}
