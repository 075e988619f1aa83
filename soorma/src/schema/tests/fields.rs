//! Fields of objects.

use super::structs;

structs! {
    the_same: { pub a: String } { pub a: String } => [];
    required_field_added: { pub a: String } { pub a: String, pub b: u32 }
        => ["/b: `b` is required now (breaks consumers of the new form)"];
    required_field_removed: { pub a: String, pub b: u32 } { pub a: String }
        => ["/b: `b` is no longer required (breaks consumers of the old form)"];
    optional_field_added: { pub a: String } { pub a: String, pub b: Option<u32> } => [];
    optional_field_removed: { pub a: String, pub b: Option<u32> } { pub a: String } => [];
    field_made_optional: { pub a: String } { pub a: Option<String> } => [
        "/a: `a` takes null now (breaks consumers of the old form)",
        "/a: `a` is no longer required (breaks consumers of the old form)",
    ];
    field_made_required: { pub a: Option<String> } { pub a: String } => [
        "/a: `a` no longer takes null (breaks consumers of the new form)",
        "/a: `a` is required now (breaks consumers of the new form)",
    ];
    struct_made_optional: { pub a: Item } { pub a: Option<Item> } => [
        "/a: `a` takes null now (breaks consumers of the old form)",
        "/a: `a` is no longer required (breaks consumers of the old form)",
    ];
    default_given: { pub a: u32 } { #[schemars(default)] pub a: u32 }
        => ["/a: `a` is no longer required (breaks consumers of the old form)"];
    renamed: { pub a: String } { pub b: String } => [
        "/b: `b` is required now (breaks consumers of the new form)",
        "/a: `a` is no longer required (breaks consumers of the old form)",
    ];
    type_changed: { pub a: String } { pub a: bool }
        => ["/a: `a` was a string and is a boolean now (breaks consumers of either form)"];
    optional_of_another_type: { pub a: Option<String> } { pub a: Option<bool> } => [
        "/a: `a` no longer takes a string (breaks consumers of the new form)",
        "/a: `a` takes a boolean now (breaks consumers of the old form)",
    ];
    integer_to_float: { pub a: u64 } { pub a: f64 } => [
        "/a: `a` takes a number now (breaks consumers of the old form)",
        "/a: `a` takes numbers below 0 now (breaks consumers of the old form)",
        "/a: `a` takes numbers above 18446744073709551615 now (breaks consumers of the old form)",
        "/a: `a` no longer takes values other than of format `double` (breaks consumers of the new form)",
    ];
    inside_a_list: { pub items: Vec<Item> } { pub items: Vec<Counted> }
        => ["/items/[]/count: `count` is required now (breaks consumers of the new form)"];
    inside_a_map: { pub items: HashMap<String, Item> } { pub items: HashMap<String, Counted> }
        => ["/items/*/count: `count` is required now (breaks consumers of the new form)"];
    inside_an_option: { pub item: Option<Item> } { pub item: Option<Counted> }
        => ["/item/count: `count` is required now (breaks consumers of the new form)"];
    map_with_integer_keys: { pub m: BTreeMap<u32, u8> } { pub m: BTreeMap<u32, String> }
        => ["/m/*: a value of `m` was an integer and is a string now (breaks consumers of either form)"];
    values_of_a_map: { pub m: HashMap<String, u8> } { pub m: HashMap<String, u16> }
        => ["/m/*: a value of `m` takes numbers above 255 now (breaks consumers of the old form)"];
    flattened_struct_is_its_fields: { #[schemars(flatten)] pub a: Item } { pub sku: String } => [];
    flattened_field_added: { #[schemars(flatten)] pub a: Item } { #[schemars(flatten)] pub a: Counted }
        => ["/count: `count` is required now (breaks consumers of the new form)"];
    map_flattened: { pub a: u8 } { pub a: u8, #[schemars(flatten)] pub rest: HashMap<String, Value> } => [];
    optional_field_beside_a_map: { #[schemars(flatten)] pub rest: HashMap<String, Value> }
        { pub a: Option<u8>, #[schemars(flatten)] pub rest: HashMap<String, Value> } => [
        "/a: `a` no longer takes anything but an integer or null (breaks consumers of the new form)",
        "/a: `a` no longer takes numbers below 0 (breaks consumers of the new form)",
        "/a: `a` no longer takes numbers above 255 (breaks consumers of the new form)",
    ];
    anything_to_text: { pub a: Value } { pub a: String }
        => ["/a: `a` no longer takes anything but a string (breaks consumers of the new form)"];
    text_to_anything: { pub a: String } { pub a: Value }
        => ["/a: `a` takes anything but a string now (breaks consumers of the old form)"];
    tuple_longer: { pub a: (u8, String) } { pub a: (u8, String, bool) }
        => ["/a: `a` no longer takes fewer items than 3 (breaks consumers of the new form)",
            "/a: `a` takes more items than 2 now (breaks consumers of the old form)",
            "/a: `a` is not a list of the same fixed items (breaks consumers of either form)"];
    tuple_changed: { pub a: (u8, String) } { pub a: (u8, bool) }
        => ["/a/1: `1` was a string and is a boolean now (breaks consumers of either form)"];
    list_to_single: { pub a: Vec<String> } { pub a: String }
        => ["/a: `a` was a list and is a string now (breaks consumers of either form)"];
    set_instead_of_list: { pub a: Vec<String> } { pub a: std::collections::BTreeSet<String> }
        => ["/a: `a` no longer takes values other than of uniqueItems true (breaks consumers of the new form)"];
    described: { pub a: String } { /** Its name. */ pub a: String } => [];
    recursive: { pub a: Option<Box<Payload>> } { pub a: Option<Box<Payload>> } => [];
    recursive_changed: { pub a: Option<Box<Payload>>, pub b: u8 } { pub a: Option<Box<Payload>>, pub b: bool }
        => ["/b: `b` was an integer and is a boolean now (breaks consumers of either form)"];
    field_with_slash: { #[schemars(rename = "a/b")] pub a: u8 } { #[schemars(rename = "a/b")] pub a: bool }
        => ["/a~1b: `a/b` was an integer and is a boolean now (breaks consumers of either form)"];
}
