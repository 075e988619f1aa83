// #[on_event(
//     topic = BusinessFacts,
//     event_type = "order.placed",
//     agent = "audit",
//     retry(max = 5, backoff = "1s..1m"),
//     timeout = "30s",
//     concurrency = 8,
//     ordered,
//     from = "start",
//     name = "audit",
//     was = "log",
//     outputs = "recorded",
//     produces(OrderNoted, OrderShipped),
// )]
// #[cfg(feature = "audit")]
// async fn handle(order: Event<OrderPlaced>) {}

#[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::single_call_fn)]
#[cfg(feature = "audit")]
async fn handle(order: Event<OrderPlaced>) {}
#[cfg(feature = "audit")]
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
#[cfg(feature = "audit")]
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
    const PARTS: ::soorma::__private::Parts = ::soorma::__private::Parts {
        args: &[<Event<OrderPlaced> as ::soorma::__private::FromDelivery>::ARG],
        produces: <() as ::soorma::__private::IntoOutputs>::PRODUCES,
        call: |__incoming| ::soorma::__private::boxed(async move {
            let __argument_0 = <Event<
                OrderPlaced,
            > as ::soorma::__private::FromDelivery>::from_delivery(__incoming)?;
            let mut __outputs = <::soorma::__private::Outputs as ::soorma::__private::Default>::default();
            <() as ::soorma::__private::IntoOutputs>::into_outputs(
                handle(__argument_0).await,
                &mut __outputs,
            )?;
            ::soorma::__private::Ok(__outputs)
        }),
        check: |__startup| ::soorma::__private::missing([
            <Event<OrderPlaced> as ::soorma::__private::FromDelivery>::check(__startup),
        ]),
        declared: &[
            &[
                ::soorma::__private::contract_of::<OrderNoted>(),
                ::soorma::__private::contract_of::<OrderShipped>(),
            ],
        ],
    };
    const _: () = ::soorma::__private::check::argument(
        ::soorma::__private::Role::OnEvent,
        PARTS.args,
        0usize,
        "Event<OrderPlaced>",
    );
    const _: () = ::soorma::__private::check::topic(
        ::soorma::__private::Some(::soorma::__private::EventTopic::BusinessFacts),
        true,
        PARTS.args,
    );
    const _: () = ::soorma::__private::check::event_type(
        ::soorma::__private::Role::OnEvent,
        ::soorma::__private::Some("order.placed"),
        true,
        PARTS.args,
    );
    const _: () = ::soorma::__private::check::ordered(
        ::soorma::__private::Role::OnEvent,
        PARTS.args,
    );
    #[automatically_derived]
    impl ::soorma::__private::Registered for handle {
        const ENTRIES: &'static [::soorma::__private::Entry] = &[
            ::soorma::__private::Entry::Handler(::soorma::__private::Registration {
                role: ::soorma::__private::Role::OnEvent,
                agent: ::soorma::__private::Some("audit"),
                handler: ::soorma::__private::core::concat!(
                    ::soorma::__private::core::module_path!(), "::", "handle"
                ),
                file: ::soorma::__private::core::file!(),
                line: 16u32,
                produces: PARTS.produces,
                call: PARTS.call,
                check: PARTS.check,
                topic: ::soorma::__private::resolve::topic(
                    ::soorma::__private::Some(
                        ::soorma::__private::EventTopic::BusinessFacts,
                    ),
                    PARTS.args,
                ),
                pattern: ::soorma::__private::resolve::event_type(
                    ::soorma::__private::Some("order.placed"),
                    PARTS.args,
                ),
                description: "",
                consumes: ::soorma::__private::resolve::consumes(PARTS.args),
                declared: PARTS.declared[0usize],
                options: ::soorma::__private::Options {
                    max_attempts: ::soorma::__private::Some(5u32),
                    backoff_ms: ::soorma::__private::Some((1000u64, 60000u64)),
                    timeout_ms: ::soorma::__private::Some(30000u64),
                    concurrency: ::soorma::__private::Some(8u32),
                    ordered: true,
                    from: ::soorma::__private::Some(
                        ::soorma::__private::Start::Beginning,
                    ),
                    name: "audit",
                    was: ::soorma::__private::Some("log"),
                    recorded: true,
                    ..::soorma::__private::Options::DEFAULT
                },
            }),
        ];
    }
    ::soorma::__private::inventory::submit! {
        ::soorma::__private::Submission(< handle as ::soorma::__private::Registered >
        ::ENTRIES)
    }
};
