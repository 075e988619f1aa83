// #[derive(Outputs)]
// enum Decision {
//     Accepted(OrderAccepted),
//     Ignored,
// }

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
    const PARTS: ::soorma::__private::OutputsParts<Decision> = ::soorma::__private::OutputsParts {
        produces: ::soorma::__private::Produces::OneOf(
            &[
                <OrderAccepted as ::soorma::__private::IntoOutputs>::PRODUCES,
                ::soorma::__private::Produces::Nothing,
            ],
        ),
        into_outputs: |__this, __outputs| match __this {
            Decision::Accepted(__payload) => {
                <OrderAccepted as ::soorma::__private::IntoOutputs>::into_outputs(
                    __payload,
                    __outputs,
                )
            }
            Decision::Ignored => ::soorma::__private::Ok(()),
        },
    };
    #[automatically_derived]
    impl ::soorma::__private::IntoOutputs for Decision {
        const PRODUCES: ::soorma::__private::Produces = PARTS.produces;
        fn into_outputs(
            self,
            __outputs: &mut ::soorma::__private::Outputs,
        ) -> ::soorma::__private::anyhow::Result<()> {
            (PARTS.into_outputs)(self, __outputs)
        }
    }
};
