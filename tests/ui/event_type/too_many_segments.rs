use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "a.b.c.d.e.f.g.h.i")]
async fn audit(_event: EventEnvelope) {}

fn main() {}
