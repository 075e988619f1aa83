// #[on_startup(agent = "inventory")]
// async fn open(bus: Bus) -> anyhow::Result<StockOpened> {}

#[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::single_call_fn)]
async fn open(bus: Bus) -> anyhow::Result<StockOpened> {}
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
struct open {}
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
        args: &[<Bus as ::soorma::__private::FromDelivery>::ARG],
        produces: <anyhow::Result<
            StockOpened,
        > as ::soorma::__private::IntoOutputs>::PRODUCES,
        call: |__incoming| ::soorma::__private::boxed(async move {
            let __argument_0 = <Bus as ::soorma::__private::FromDelivery>::from_delivery(
                __incoming,
            )?;
            let mut __outputs = <::soorma::__private::Outputs as ::soorma::__private::Default>::default();
            <anyhow::Result<
                StockOpened,
            > as ::soorma::__private::IntoOutputs>::into_outputs(
                open(__argument_0).await,
                &mut __outputs,
            )?;
            ::soorma::__private::Ok(__outputs)
        }),
        check: |__startup| ::soorma::__private::missing([
            <Bus as ::soorma::__private::FromDelivery>::check(__startup),
        ]),
        declared: &[&[]],
    };
    const _: () = ::soorma::__private::check::argument(
        ::soorma::__private::Role::OnStartup,
        PARTS.args,
        0usize,
        "Bus",
    );
    #[automatically_derived]
    impl ::soorma::__private::Registered for open {
        const ENTRIES: &'static [::soorma::__private::Entry] = &[
            ::soorma::__private::Entry::Hook(::soorma::__private::HookRegistration {
                role: ::soorma::__private::Role::OnStartup,
                agent: ::soorma::__private::Some("inventory"),
                handler: ::soorma::__private::core::concat!(
                    ::soorma::__private::core::module_path!(), "::", "open"
                ),
                file: ::soorma::__private::core::file!(),
                line: 2u32,
                produces: PARTS.produces,
                call: PARTS.call,
                check: PARTS.check,
            }),
        ];
    }
    ::soorma::__private::inventory::submit! {
        ::soorma::__private::Submission(< open as ::soorma::__private::Registered >
        ::ENTRIES)
    }
};
