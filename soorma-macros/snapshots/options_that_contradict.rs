// #[on_event(broadcast, from = "now")]
// async fn handle(order: Event<OrderPlaced>) {}

#[allow(dead_code)]
async fn handle(order: Event<OrderPlaced>) {}
::core::compile_error! {
    "`from` does not go with `broadcast`: it hears what comes while it lives, and has no position to start from"
}
#[doc(hidden)]
#[allow(
    dead_code,
    missing_debug_implementations,
    non_camel_case_types,
    unreachable_pub,
    clippy::all
)]
struct handle {}
impl ::soorma::__private::Registered for handle {
    const ENTRIES: &'static [::soorma::__private::Entry] = &[];
}
