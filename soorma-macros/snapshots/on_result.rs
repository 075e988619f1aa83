// #[on_result]
// async fn reserved(result: TaskResult<InventoryReserved>) {}

#[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::single_call_fn)]
async fn reserved(result: TaskResult<InventoryReserved>) {}
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
struct reserved {}
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
            <TaskResult<InventoryReserved> as ::soorma::__private::FromDelivery>::ARG,
        ],
        produces: <() as ::soorma::__private::IntoOutputs>::PRODUCES,
        call: |__incoming| ::soorma::__private::boxed(async move {
            let __argument_0 = <TaskResult<
                InventoryReserved,
            > as ::soorma::__private::FromDelivery>::from_delivery(__incoming)?;
            let mut __outputs = <::soorma::__private::Outputs as ::soorma::__private::Default>::default();
            <() as ::soorma::__private::IntoOutputs>::into_outputs(
                reserved(__argument_0).await,
                &mut __outputs,
            )?;
            ::soorma::__private::Ok(__outputs)
        }),
        check: |__startup| ::soorma::__private::missing([
            <TaskResult<
                InventoryReserved,
            > as ::soorma::__private::FromDelivery>::check(__startup),
        ]),
        declared: &[&[]],
    };
    const _: () = ::soorma::__private::check::argument(
        ::soorma::__private::Role::OnResult,
        PARTS.args,
        0usize,
        "TaskResult<InventoryReserved>",
    );
    const _: () = ::soorma::__private::check::event_type(
        ::soorma::__private::Role::OnResult,
        ::soorma::__private::None,
        true,
        PARTS.args,
    );
    #[automatically_derived]
    impl ::soorma::__private::Registered for reserved {
        const ENTRIES: &'static [::soorma::__private::Entry] = &[
            ::soorma::__private::Entry::Handler(::soorma::__private::Registration {
                role: ::soorma::__private::Role::OnResult,
                agent: ::soorma::__private::None,
                handler: ::soorma::__private::core::concat!(
                    ::soorma::__private::core::module_path!(), "::", "reserved"
                ),
                file: ::soorma::__private::core::file!(),
                line: 2u32,
                produces: PARTS.produces,
                call: PARTS.call,
                check: PARTS.check,
                topic: ::soorma::__private::resolve::topic(
                    ::soorma::__private::Some(
                        ::soorma::__private::EventTopic::ActionResults,
                    ),
                    PARTS.args,
                ),
                pattern: ::soorma::__private::resolve::event_type(
                    ::soorma::__private::None,
                    PARTS.args,
                ),
                description: "",
                consumes: ::soorma::__private::resolve::consumes(PARTS.args),
                declared: PARTS.declared[0usize],
                options: ::soorma::__private::Options {
                    ..::soorma::__private::Options::DEFAULT
                },
            }),
        ];
    }
    ::soorma::__private::inventory::submit! {
        ::soorma::__private::Submission(< reserved as ::soorma::__private::Registered >
        ::ENTRIES)
    }
};
