use soorma::prelude::*;

#[on_event(topic = BusinessFacts, event_type = "clock.ticked")]
const fn tick() {}

fn main() {}
