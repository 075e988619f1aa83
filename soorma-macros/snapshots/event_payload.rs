// /// A customer placed an order.
// #[derive(EventPayload)]
// #[event(topic = BusinessFacts, event_type = "order.placed")]
// struct OrderPlaced {
//     order_id: String,
// }

#[automatically_derived]
#[allow(
    deprecated,
    unreachable_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::soorma::__private::EventPayload for OrderPlaced {
    const CONTRACT: ::soorma::__private::Contract = ::soorma::__private::Contract {
        topic: ::soorma::__private::EventTopic::BusinessFacts,
        event_type: "order.placed",
        type_name: "OrderPlaced",
        place: ::soorma::__private::Place {
            module: ::soorma::__private::core::module_path!(),
            file: ::soorma::__private::core::file!(),
            line: 4u32,
        },
        description: "A customer placed an order.",
        response: ::soorma::__private::None,
        keyed: false,
        definition: ::soorma::__private::EventDefinition::of::<OrderPlaced>,
    };
}
#[automatically_derived]
#[allow(
    deprecated,
    unreachable_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::soorma::__private::IntoOutputs for OrderPlaced {
    const PRODUCES: ::soorma::__private::Produces = ::soorma::__private::Produces::One(
        ::soorma::__private::contract_of::<Self>(),
    );
    fn into_outputs(
        self,
        __outputs: &mut ::soorma::__private::Outputs,
    ) -> ::soorma::__private::anyhow::Result<()> {
        ::soorma::__private::Outputs::push(__outputs, &self)
    }
}
#[automatically_derived]
#[allow(
    deprecated,
    unreachable_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::soorma::__private::DeclaredFact for OrderPlaced {}
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
    ::soorma::__private::inventory::submit! {
        ::soorma::__private::Declared(::soorma::__private::contract_of:: < OrderPlaced >
        ())
    }
};
