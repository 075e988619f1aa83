//! Handlers in a second library crate. Another crate ends the program, at a moment that is not known here: so these
//! are seen by their shutdown hook, and by their number.

use soorma::prelude::*;

#[derive(Debug, Serialize, Deserialize, JsonSchema, EventPayload)]
#[event(topic = BillingEvents, event_type = "bill.paid")]
struct BillPaid {
    number: u32,
}

#[on_event]
async fn hear(bill: Event<BillPaid>) {
    println!("billing: bill {}", bill.number);
}

#[on_shutdown]
async fn close() {
    println!("billing: closed");
}
