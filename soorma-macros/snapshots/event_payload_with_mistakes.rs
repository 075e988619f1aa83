// #[derive(EventPayload)]
// #[event(topic = ActionRequest, event_type = "inventory.reserve", response = InventoryReserved)]
// struct ReserveInventory {
//     sku: String,
// }

::core::compile_error! {
    "no topic `ActionRequest`; did you mean `ActionRequests`?\n  the topics are `ActionRequests`, `ActionResults`, `BusinessFacts`, `SystemEvents`, `NotificationEvents`, `PlanEvents`, `TaskEvents`, `BillingEvents`"
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
impl ::soorma::__private::EventPayload for ReserveInventory {
    const CONTRACT: ::soorma::__private::Contract = ::soorma::__private::Contract {
        topic: ::soorma::__private::EventTopic::BusinessFacts,
        event_type: "",
        type_name: "ReserveInventory",
        place: ::soorma::__private::Place {
            module: ::soorma::__private::core::module_path!(),
            file: ::soorma::__private::core::file!(),
            line: 3u32,
        },
        description: "",
        response: ::soorma::__private::None,
        keyed: true,
        definition: ::soorma::__private::EventDefinition::of::<ReserveInventory>,
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
impl ::soorma::__private::IntoOutputs for ReserveInventory {
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
impl ::soorma::__private::Request for ReserveInventory {
    type Response = InventoryReserved;
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
impl ::soorma::__private::DeclaredFact for ReserveInventory {}
