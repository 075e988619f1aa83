//! Limits, patterns and formats.

use super::structs;

structs! {
    wider_integer: { pub a: u8 } { pub a: u16 }
        => ["/a: `a` takes numbers above 255 now (breaks consumers of the old form)"];
    narrower_integer: { pub a: u16 } { pub a: u8 }
        => ["/a: `a` no longer takes numbers above 255 (breaks consumers of the new form)"];
    wider_by_format_only: { pub a: u32 } { pub a: u64 }
        => ["/a: `a` takes numbers above 4294967295 now (breaks consumers of the old form)"];
    signed: { pub a: u64 } { pub a: i64 } => [
        "/a: `a` takes numbers below 0 now (breaks consumers of the old form)",
        "/a: `a` no longer takes numbers above 9223372036854775807 (breaks consumers of the new form)",
    ];
    nonzero: { pub a: u8 } { pub a: std::num::NonZeroU8 }
        => ["/a: `a` no longer takes numbers below 1 (breaks consumers of the new form)"];
    signed_nonzero: { pub a: i8 } { pub a: std::num::NonZeroI8 }
        => ["/a: `a` is not described in the same way: `not` cannot be compared (breaks consumers of either form)"];
    minimum_added: { pub a: u8 } { #[schemars(range(min = 1))] pub a: u8 }
        => ["/a: `a` no longer takes numbers below 1 (breaks consumers of the new form)"];
    maximum_raised: { #[schemars(range(max = 5))] pub a: u8 } { #[schemars(range(max = 9))] pub a: u8 }
        => ["/a: `a` takes numbers above 5 now (breaks consumers of the old form)"];
    length_added: { pub a: String } { #[schemars(length(min = 1, max = 9))] pub a: String } => [
        "/a: `a` no longer takes texts of fewer characters than 1 (breaks consumers of the new form)",
        "/a: `a` no longer takes texts of more characters than 9 (breaks consumers of the new form)",
    ];
    length_removed: { #[schemars(length(max = 9))] pub a: String } { pub a: String }
        => ["/a: `a` takes texts of more characters than 9 now (breaks consumers of the old form)"];
    items_limited: { pub a: Vec<u8> } { #[schemars(length(max = 9))] pub a: Vec<u8> }
        => ["/a: `a` no longer takes more items than 9 (breaks consumers of the new form)"];
    pattern_added: { pub a: String } { #[schemars(regex(pattern = "^a"))] pub a: String }
        => ["/a: `a` no longer takes values other than of pattern `^a` (breaks consumers of the new form)"];
    pattern_removed: { #[schemars(regex(pattern = "^a"))] pub a: String } { pub a: String }
        => ["/a: `a` takes values other than of pattern `^a` now (breaks consumers of the old form)"];
    pattern_changed: { #[schemars(regex(pattern = "^a"))] pub a: String } { #[schemars(regex(pattern = "^b"))] pub a: String }
        => ["/a: `a` was of pattern `^a` and is of pattern `^b` now (breaks consumers of either form)"];
    format_added: { pub a: String } { #[schemars(email)] pub a: String }
        => ["/a: `a` no longer takes values other than of format `email` (breaks consumers of the new form)"];
    letter: { pub a: String } { pub a: char } => [
        "/a: `a` no longer takes texts of fewer characters than 1 (breaks consumers of the new form)",
        "/a: `a` no longer takes texts of more characters than 1 (breaks consumers of the new form)",
    ];
    array_longer: { pub a: [u8; 2] } { pub a: [u8; 3] } => [
        "/a: `a` no longer takes fewer items than 3 (breaks consumers of the new form)",
        "/a: `a` takes more items than 2 now (breaks consumers of the old form)",
    ];
}
