// #[on_event(broadcast, from = "now")]
// async fn handle(order: Event<OrderPlaced>) {}

#[allow(dead_code)]
async fn handle(order: Event<OrderPlaced>) {}
::core::compile_error! {
    "`from` does not go with `broadcast`: it hears what comes while it lives, and has no position to start from"
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
struct handle {}
impl ::soorma::__private::Registered for handle {
    const ENTRIES: &'static [::soorma::__private::Entry] = &[];
}
