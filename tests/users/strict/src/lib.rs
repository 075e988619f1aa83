//! Programs of users who forbid and deny whatever can be: what soorma's macros write must not be what they are told of.
//!
//! The same code is compiled in every edition.

#![forbid(unsafe_code)]
#![deny(warnings)]
#![deny(
    ambiguous_negative_literals,
    closure_returning_async_block,
    deprecated_in_future,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    ffi_unwind_calls,
    future_incompatible,
    impl_trait_redundant_captures,
    keyword_idents,
    let_underscore,
    let_underscore_drop,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    nonstandard_style,
    redundant_imports,
    redundant_lifetimes,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unstable_features,
    unused,
    unused_crate_dependencies,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
// Of clippy's restrictions those that crates do choose. Tests may do what these forbid.
#![cfg_attr(
    not(test),
    deny(
        clippy::absolute_paths,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::clone_on_ref_ptr,
        clippy::dbg_macro,
        clippy::else_if_without_else,
        clippy::empty_structs_with_brackets,
        clippy::exhaustive_enums,
        clippy::exhaustive_structs,
        clippy::expect_used,
        clippy::get_unwrap,
        clippy::if_then_some_else_none,
        clippy::impl_trait_in_params,
        clippy::indexing_slicing,
        clippy::let_underscore_must_use,
        clippy::let_underscore_untyped,
        clippy::map_err_ignore,
        clippy::mem_forget,
        clippy::min_ident_chars,
        clippy::missing_asserts_for_indexing,
        clippy::missing_docs_in_private_items,
        clippy::multiple_inherent_impl,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::partial_pub_fields,
        clippy::pattern_type_mismatch,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::redundant_type_annotations,
        clippy::renamed_function_params,
        clippy::same_name_method,
        clippy::shadow_reuse,
        clippy::shadow_same,
        clippy::shadow_unrelated,
        clippy::single_call_fn,
        clippy::str_to_string,
        clippy::string_slice,
        clippy::tests_outside_test_module,
        clippy::todo,
        clippy::try_err,
        clippy::undocumented_unsafe_blocks,
        clippy::unimplemented,
        clippy::unnecessary_self_imports,
        clippy::unneeded_field_pattern,
        clippy::unreachable,
        clippy::unseparated_literal_suffix,
        clippy::unused_result_ok,
        clippy::unused_trait_names,
        clippy::unwrap_in_result,
        clippy::unwrap_used,
        clippy::use_debug,
        clippy::wildcard_enum_match_arm
    )
)]

pub mod attributes;
pub mod contracts;
pub mod extractors;
pub mod handlers;
pub mod no_prelude;
pub mod outputs;
pub mod places;
pub mod shadowed;
pub mod two_apps;

#[cfg(test)]
mod tests;
