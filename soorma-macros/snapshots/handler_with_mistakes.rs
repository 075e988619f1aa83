// #[on_event(topic = BusinesFacts, event_type = "Order Placed")]
// pub fn handle(order: Event<OrderPlaced>) {}

#[allow(dead_code)]
pub fn handle(order: Event<OrderPlaced>) {}
::core::compile_error! {
    "`#[on_event]` goes on an `async fn`: write `async` before `fn`"
}
::core::compile_error! {
    "no topic `BusinesFacts`; did you mean `BusinessFacts`?\n  the topics are `ActionRequests`, `ActionResults`, `BusinessFacts`, `SystemEvents`, `NotificationEvents`, `PlanEvents`, `TaskEvents`, `BillingEvents`"
}
::core::compile_error! {
    "invalid event type: upper-case letters are not allowed\n  Order Placed\n  ^ here\n  did you mean `order.placed`?"
}
#[doc(hidden)]
#[allow(
    deprecated,
    unreachable_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
pub struct handle {}
impl ::soorma::__private::Registered for handle {
    const ENTRIES: &'static [::soorma::__private::Entry] = &[];
}
