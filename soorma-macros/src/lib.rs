//! The macros of `soorma`. Their documentation stands on the re-exports in `soorma`, where its examples run.
//!
//! Each macro is a folder: `parse.rs` reads tokens and gathers every mistake, `model.rs` holds what was read and
//! cannot be invalid, `expand.rs` writes the code and cannot fail. Generated code names nothing but the user's
//! own types and what `names.rs` lists. This crate must not know how an event is delivered.

mod attribute;
mod docs;
mod errors;
mod event_payload;
mod function;
mod handler;
mod main_fn;
mod names;
mod outputs;
mod quiet;
#[cfg(test)]
mod snapshots;
mod suggest;

use proc_macro::TokenStream;

use self::handler::Role;

/// See `soorma::EventPayload`.
#[proc_macro_derive(EventPayload, attributes(event))]
pub fn event_payload(item: TokenStream) -> TokenStream {
    event_payload::entry(item.into()).into()
}

/// See `soorma::Outputs`.
#[proc_macro_derive(Outputs, attributes(outputs))]
pub fn outputs(item: TokenStream) -> TokenStream {
    outputs::entry(item.into()).into()
}

/// See `soorma::on_event`.
#[proc_macro_attribute]
pub fn on_event(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::entry(Role::Event, args.into(), item.into()).into()
}

/// See `soorma::on_task`.
#[proc_macro_attribute]
pub fn on_task(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::entry(Role::Task, args.into(), item.into()).into()
}

/// See `soorma::on_result`.
#[proc_macro_attribute]
pub fn on_result(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::entry(Role::Result, args.into(), item.into()).into()
}

/// See `soorma::on_startup`.
#[proc_macro_attribute]
pub fn on_startup(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::entry(Role::Startup, args.into(), item.into()).into()
}

/// See `soorma::on_shutdown`.
#[proc_macro_attribute]
pub fn on_shutdown(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::entry(Role::Shutdown, args.into(), item.into()).into()
}

/// See `soorma::main`.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::entry(args.into(), item.into()).into()
}
