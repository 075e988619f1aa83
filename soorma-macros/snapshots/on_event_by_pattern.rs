// /// Writes everything down.
// #[on_event(topic = BusinessFacts, event_type = ">")]
// pub(crate) async fn audit(event: EventEnvelope, context: Context, log: State<Log>) {}

#[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::single_call_fn)]
/// Writes everything down.
pub(crate) async fn audit(event: EventEnvelope, context: Context, log: State<Log>) {}
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
pub(crate) struct audit {}
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
        args: &[
            <EventEnvelope as ::soorma::__private::FromDelivery>::ARG,
            <Context as ::soorma::__private::FromDelivery>::ARG,
            <State<Log> as ::soorma::__private::FromDelivery>::ARG,
        ],
        produces: <() as ::soorma::__private::IntoOutputs>::PRODUCES,
        call: |__incoming| ::soorma::__private::boxed(async move {
            let __argument_0 = <EventEnvelope as ::soorma::__private::FromDelivery>::from_delivery(
                __incoming,
            )?;
            let __argument_1 = <Context as ::soorma::__private::FromDelivery>::from_delivery(
                __incoming,
            )?;
            let __argument_2 = <State<
                Log,
            > as ::soorma::__private::FromDelivery>::from_delivery(__incoming)?;
            let mut __outputs = <::soorma::__private::Outputs as ::soorma::__private::Default>::default();
            <() as ::soorma::__private::IntoOutputs>::into_outputs(
                audit(__argument_0, __argument_1, __argument_2).await,
                &mut __outputs,
            )?;
            ::soorma::__private::Ok(__outputs)
        }),
        check: |__startup| ::soorma::__private::missing([
            <EventEnvelope as ::soorma::__private::FromDelivery>::check(__startup),
            <Context as ::soorma::__private::FromDelivery>::check(__startup),
            <State<Log> as ::soorma::__private::FromDelivery>::check(__startup),
        ]),
        declared: &[&[]],
    };
    const _: () = ::soorma::__private::check::argument(
        ::soorma::__private::Role::OnEvent,
        PARTS.args,
        0usize,
        "EventEnvelope",
    );
    const _: () = ::soorma::__private::check::argument(
        ::soorma::__private::Role::OnEvent,
        PARTS.args,
        1usize,
        "Context",
    );
    const _: () = ::soorma::__private::check::argument(
        ::soorma::__private::Role::OnEvent,
        PARTS.args,
        2usize,
        "State<Log>",
    );
    const _: () = ::soorma::__private::check::topic(
        ::soorma::__private::Some(::soorma::__private::EventTopic::BusinessFacts),
        true,
        PARTS.args,
    );
    const _: () = ::soorma::__private::check::event_type(
        ::soorma::__private::Role::OnEvent,
        ::soorma::__private::Some(">"),
        true,
        PARTS.args,
    );
    #[automatically_derived]
    impl ::soorma::__private::Registered for audit {
        const ENTRIES: &'static [::soorma::__private::Entry] = &[
            ::soorma::__private::Entry::Handler(::soorma::__private::Registration {
                role: ::soorma::__private::Role::OnEvent,
                agent: ::soorma::__private::None,
                handler: ::soorma::__private::core::concat!(
                    ::soorma::__private::core::module_path!(), "::", "audit"
                ),
                file: ::soorma::__private::core::file!(),
                line: 3u32,
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
                    ::soorma::__private::Some(">"),
                    PARTS.args,
                ),
                description: "Writes everything down.",
                consumes: ::soorma::__private::resolve::consumes(PARTS.args),
                declared: PARTS.declared[0usize],
                options: ::soorma::__private::Options {
                    ..::soorma::__private::Options::DEFAULT
                },
            }),
        ];
    }
    ::soorma::__private::inventory::submit! {
        ::soorma::__private::Submission(< audit as ::soorma::__private::Registered >
        ::ENTRIES)
    }
};
