// #[derive(EventPayload)]
// #[event(
//     topic = ActionRequests,
//     event_type = "inventory.reserve",
//     response = InventoryReserved,
//     key = sku,
//     when_to_use = "An order was placed.",
//     not_when = "The order was cancelled.",
//     effects = Reversible,
//     tags = ["stock", "orders"],
//     version = 2,
//     example = ReserveInventory { sku: "apple".into() },
//     example = ReserveInventory { sku: "pear".into() },
// )]
// struct ReserveInventory {
//     sku: String,
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
impl ::soorma::__private::EventPayload for ReserveInventory {
    const CONTRACT: ::soorma::__private::Contract = ::soorma::__private::Contract {
        topic: ::soorma::__private::EventTopic::ActionRequests,
        event_type: "inventory.reserve",
        type_name: "ReserveInventory",
        place: ::soorma::__private::Place {
            module: ::soorma::__private::core::module_path!(),
            file: ::soorma::__private::core::file!(),
            line: 15u32,
        },
        description: "",
        response: ::soorma::__private::response_of::<Self>(),
        keyed: true,
        definition: ::soorma::__private::EventDefinition::of::<ReserveInventory>,
    };
    fn partition_key(&self) -> ::soorma::__private::Option<::soorma::__private::String> {
        ::soorma::__private::OrderKey::order_key(&self.sku)
    }
    fn examples() -> ::soorma::__private::Vec<Self> {
        let __example_0: Self = ReserveInventory {
            sku: "apple".into(),
        };
        let __example_1: Self = ReserveInventory {
            sku: "pear".into(),
        };
        ::soorma::__private::Vec::from([__example_0, __example_1])
    }
    fn guidance() -> ::soorma::__private::Guidance {
        ::soorma::__private::Guidance {
            version: 2u32,
            when_to_use: "An order was placed.",
            not_when: "The order was cancelled.",
            tags: &["stock", "orders"],
            effects: ::soorma::__private::Some(::soorma::__private::Effects::Reversible),
            ..::soorma::__private::Guidance::NONE
        }
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
#[allow(
    deprecated,
    unreachable_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
impl ::soorma::__private::Request for ReserveInventory {
    type Response = InventoryReserved;
}
#[allow(
    deprecated,
    unreachable_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction
)]
const _: () = ::soorma::__private::check::response(
    ::soorma::__private::contract_of::<ReserveInventory>(),
);
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
        ::soorma::__private::Declared(::soorma::__private::contract_of:: <
        ReserveInventory > ())
    }
};
