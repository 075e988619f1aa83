// #[on_task(timeout = "30s")]
// async fn reserve(task: Task<ReserveInventory>, stock: State<Stock>) -> anyhow::Result<InventoryReserved> {}

#[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::single_call_fn)]
async fn reserve(
    task: Task<ReserveInventory>,
    stock: State<Stock>,
) -> anyhow::Result<InventoryReserved> {}
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
struct reserve {}
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
            <Task<ReserveInventory> as ::soorma::__private::FromDelivery>::ARG,
            <State<Stock> as ::soorma::__private::FromDelivery>::ARG,
        ],
        produces: <anyhow::Result<
            InventoryReserved,
        > as ::soorma::__private::IntoOutputs>::PRODUCES,
        call: |__incoming| ::soorma::__private::boxed(async move {
            let __argument_0 = <Task<
                ReserveInventory,
            > as ::soorma::__private::FromDelivery>::from_delivery(__incoming)?;
            let __argument_1 = <State<
                Stock,
            > as ::soorma::__private::FromDelivery>::from_delivery(__incoming)?;
            let mut __outputs = <::soorma::__private::Outputs as ::soorma::__private::Default>::default();
            <anyhow::Result<
                InventoryReserved,
            > as ::soorma::__private::IntoOutputs>::into_outputs(
                reserve(__argument_0, __argument_1).await,
                &mut __outputs,
            )?;
            ::soorma::__private::Ok(__outputs)
        }),
        check: |__startup| ::soorma::__private::missing([
            <Task<
                ReserveInventory,
            > as ::soorma::__private::FromDelivery>::check(__startup),
            <State<Stock> as ::soorma::__private::FromDelivery>::check(__startup),
        ]),
        declared: &[&[]],
    };
    const _: () = ::soorma::__private::check::argument(
        ::soorma::__private::Role::OnTask,
        PARTS.args,
        0usize,
        "Task<ReserveInventory>",
    );
    const _: () = ::soorma::__private::check::argument(
        ::soorma::__private::Role::OnTask,
        PARTS.args,
        1usize,
        "State<Stock>",
    );
    const _: () = ::soorma::__private::check::answers(&PARTS.produces, PARTS.args);
    const _: () = ::soorma::__private::check::event_type(
        ::soorma::__private::Role::OnTask,
        ::soorma::__private::None,
        true,
        PARTS.args,
    );
    #[automatically_derived]
    impl ::soorma::__private::Registered for reserve {
        const ENTRIES: &'static [::soorma::__private::Entry] = &[
            ::soorma::__private::Entry::Handler(::soorma::__private::Registration {
                role: ::soorma::__private::Role::OnTask,
                agent: ::soorma::__private::None,
                handler: ::soorma::__private::core::concat!(
                    ::soorma::__private::core::module_path!(), "::", "reserve"
                ),
                file: ::soorma::__private::core::file!(),
                line: 2u32,
                produces: PARTS.produces,
                call: PARTS.call,
                check: PARTS.check,
                topic: ::soorma::__private::resolve::topic(
                    ::soorma::__private::Some(
                        ::soorma::__private::EventTopic::ActionRequests,
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
                    timeout_ms: ::soorma::__private::Some(30000u64),
                    ..::soorma::__private::Options::DEFAULT
                },
            }),
        ];
    }
    ::soorma::__private::inventory::submit! {
        ::soorma::__private::Submission(< reserve as ::soorma::__private::Registered >
        ::ENTRIES)
    }
};
