// #[derive(Outputs)]
// enum Decision {
//     Accepted { order: OrderAccepted },
// }

::core::compile_error! {
    "a variant holds one payload: `Accepted(Payload)`, or nothing: `Accepted`"
}
#[automatically_derived]
impl ::soorma::__private::IntoOutputs for Decision {
    const PRODUCES: ::soorma::__private::Produces = ::soorma::__private::Produces::OneOf(
        &[],
    );
    fn into_outputs(
        self,
        _: &mut ::soorma::__private::Outputs,
    ) -> ::soorma::__private::anyhow::Result<()> {
        ::soorma::__private::Ok(())
    }
}
