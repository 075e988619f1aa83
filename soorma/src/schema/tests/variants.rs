//! Variants of enums, in each of serde's forms.

use super::{enums, structs};

enums! {
    unit_removed: { Open, Lost } { Open }
        => ["(root): the value no longer takes `Lost` (breaks consumers of the new form)"];
    unit_added: { Open, Lost } { Open, Lost, Found }
        => ["(root): the value takes `Found` now (breaks consumers of the old form)"];
    unit_described: { Open, Lost } { /** It is open. */ Open, Lost } => [];
    reordered: { Open, Lost(u8) } { Lost(u8), Open } => [];
    renamed: { Open } { Opened } => [
        "(root): the value no longer takes `Open` (breaks consumers of the new form)",
        "(root): the value takes `Opened` now (breaks consumers of the old form)",
    ];
    external_added: { A(u8) } { A(u8), B { x: u8 } }
        => ["(root): the value takes an object with `B` now (breaks consumers of the old form)"];
    external_removed: { A(u8), B { x: u8 } } { A(u8) }
        => ["(root): the value no longer takes an object with `B` (breaks consumers of the new form)"];
    external_changed: { A(u8), B { x: u8 } } { A(u8), B { x: bool } }
        => ["/B/x: `x` was an integer and is a boolean now (breaks consumers of either form)"];
    external_optional: { A { x: u8 }, B } { A { x: u8, y: Option<u8> }, B } => [];
    unit_to_struct: { A, B } { A, B { x: u8 } } => [
        "(root): the value no longer takes `B` (breaks consumers of the new form)",
        "(root): the value takes an object with `B` now (breaks consumers of the old form)",
    ];
    internal_added: #[schemars(tag = "kind")] { A { x: u8 } } { A { x: u8 }, B }
        => ["(root): the value takes an object whose `kind` is `B` now (breaks consumers of the old form)"];
    internal_removed: #[schemars(tag = "kind")] { A { x: u8 }, B } { A { x: u8 } }
        => ["(root): the value no longer takes an object whose `kind` is `B` (breaks consumers of the new form)"];
    internal_changed: #[schemars(tag = "kind")] { A { x: u8 }, B } { A { x: u8, y: u8 }, B }
        => ["/y: `y` is required now, where `kind` is `A` (breaks consumers of the new form)"];
    internal_optional: #[schemars(tag = "kind")] { A { x: u8 }, B { y: Option<bool> } } { A { x: u8, y: Option<u8> }, B { y: Option<bool> } } => [];
    internal_newtype: #[schemars(tag = "kind")] { A(Item), B } { A(Counted), B }
        => ["/count: `count` is required now, where `kind` is `A` (breaks consumers of the new form)"];
    adjacent_changed: #[schemars(tag = "t", content = "c")] { A(u8), B(String) } { A(bool), B(String) }
        => ["/c: `c` was an integer and is a boolean now, where `t` is `A` (breaks consumers of either form)"];
    untagged_the_same: #[schemars(untagged)] { A(u8), B(Item) } { A(u8), B(Item) } => [];
    untagged_added: #[schemars(untagged)] { A(u8), B(Item) } { A(u8), B(Item), C(bool) }
        => ["(root): the value takes a boolean now (breaks consumers of the old form)"];
    untagged_changed: #[schemars(untagged)] { A(u8), B(Item) } { A(u8), B(Counted) }
        => ["/count: `count` is required now (breaks consumers of the new form)"];
}

structs! {
    optional_enum_value: { pub s: Option<schema_enums::Old> } { pub s: Option<schema_enums::New> }
        => ["/s: `s` takes `Late` now (breaks consumers of the old form)"];
    text_to_enum: { pub s: String } { pub s: schema_enums::Old }
        => ["/s: `s` no longer takes a string other than `Open`, `Lost` (breaks consumers of the new form)"];
    enum_to_text: { pub s: schema_enums::Old } { pub s: String }
        => ["/s: `s` takes a string, not only `Open`, `Lost`, now (breaks consumers of the old form)"];
    flattened_enum: { pub id: u8, #[schemars(flatten)] pub s: schema_enums::Tagged } { pub id: u8, pub note: Option<String>, #[schemars(flatten)] pub s: schema_enums::Tagged } => [];
    flattened_enum_whose_field_is_taken: { pub id: u8, #[schemars(flatten)] pub s: schema_enums::Tagged }
        { pub id: u8, pub x: Option<String>, #[schemars(flatten)] pub s: schema_enums::Tagged }
        => ["/x: `x` is not described in the same way (breaks consumers of either form)"];
}

#[allow(dead_code)]
pub(super) mod schema_enums {
    use schemars::JsonSchema;

    #[derive(JsonSchema)]
    pub(crate) enum Old {
        Open,
        Lost,
    }

    #[derive(JsonSchema)]
    pub(crate) enum New {
        Open,
        Lost,
        Late,
    }

    #[derive(JsonSchema)]
    #[schemars(tag = "kind")]
    pub(crate) enum Tagged {
        A { x: Option<u8> },
        B,
    }
}
