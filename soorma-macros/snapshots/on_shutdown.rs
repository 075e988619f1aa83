// #[on_shutdown]
// async fn close() {}

#[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::single_call_fn)]
async fn close() {}
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
struct close {}
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
        args: &[],
        produces: <() as ::soorma::__private::IntoOutputs>::PRODUCES,
        call: |__incoming| ::soorma::__private::boxed(async move {
            let mut __outputs = <::soorma::__private::Outputs as ::soorma::__private::Default>::default();
            <() as ::soorma::__private::IntoOutputs>::into_outputs(
                close().await,
                &mut __outputs,
            )?;
            ::soorma::__private::Ok(__outputs)
        }),
        check: |__startup| ::soorma::__private::missing([]),
        declared: &[&[]],
    };
    #[automatically_derived]
    impl ::soorma::__private::Registered for close {
        const ENTRIES: &'static [::soorma::__private::Entry] = &[
            ::soorma::__private::Entry::Hook(::soorma::__private::HookRegistration {
                role: ::soorma::__private::Role::OnShutdown,
                agent: ::soorma::__private::None,
                handler: ::soorma::__private::core::concat!(
                    ::soorma::__private::core::module_path!(), "::", "close"
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
        ::soorma::__private::Submission(< close as ::soorma::__private::Registered >
        ::ENTRIES)
    }
};
