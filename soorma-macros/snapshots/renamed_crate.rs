// #[on_event(crate = bus::framework)]
// async fn handle(order: Event<OrderPlaced>) {}

#[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::single_call_fn)]
async fn handle(order: Event<OrderPlaced>) {}
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
#[allow(
    deprecated,
    unreachable_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
const _: () = {
    const PARTS: bus::framework::__private::Parts = bus::framework::__private::Parts {
        args: &[<Event<OrderPlaced> as bus::framework::__private::FromDelivery>::ARG],
        produces: <() as bus::framework::__private::IntoOutputs>::PRODUCES,
        call: |__incoming| bus::framework::__private::boxed(async move {
            let __argument_0 = <Event<
                OrderPlaced,
            > as bus::framework::__private::FromDelivery>::from_delivery(__incoming)?;
            let mut __outputs = <bus::framework::__private::Outputs as bus::framework::__private::Default>::default();
            <() as bus::framework::__private::IntoOutputs>::into_outputs(
                handle(__argument_0).await,
                &mut __outputs,
            )?;
            bus::framework::__private::Ok(__outputs)
        }),
        check: |__startup| bus::framework::__private::missing([
            <Event<
                OrderPlaced,
            > as bus::framework::__private::FromDelivery>::check(__startup),
        ]),
        declared: &[&[]],
    };
    const _: () = bus::framework::__private::check::argument(
        bus::framework::__private::Role::OnEvent,
        PARTS.args,
        0usize,
        "Event<OrderPlaced>",
    );
    const _: () = bus::framework::__private::check::topic(
        bus::framework::__private::None,
        false,
        PARTS.args,
    );
    const _: () = bus::framework::__private::check::event_type(
        bus::framework::__private::Role::OnEvent,
        bus::framework::__private::None,
        false,
        PARTS.args,
    );
    #[automatically_derived]
    impl bus::framework::__private::Registered for handle {
        const ENTRIES: &'static [bus::framework::__private::Entry] = &[
            bus::framework::__private::Entry::Handler(bus::framework::__private::Registration {
                role: bus::framework::__private::Role::OnEvent,
                agent: bus::framework::__private::None,
                handler: bus::framework::__private::core::concat!(
                    bus::framework::__private::core::module_path!(), "::", "handle"
                ),
                file: bus::framework::__private::core::file!(),
                line: 2u32,
                produces: PARTS.produces,
                call: PARTS.call,
                check: PARTS.check,
                topic: bus::framework::__private::resolve::topic(
                    bus::framework::__private::None,
                    PARTS.args,
                ),
                pattern: bus::framework::__private::resolve::event_type(
                    bus::framework::__private::None,
                    PARTS.args,
                ),
                description: "",
                consumes: bus::framework::__private::resolve::consumes(PARTS.args),
                declared: PARTS.declared[0usize],
                options: bus::framework::__private::Options {
                    ..bus::framework::__private::Options::DEFAULT
                },
            }),
        ];
    }
    bus::framework::__private::inventory::submit! {
        bus::framework::__private::Submission(< handle as
        bus::framework::__private::Registered > ::ENTRIES)
    }
};
