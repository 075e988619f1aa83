//! The field that `key = ..` names.

use syn::{Data, Index, Member, ext::IdentExt};

use crate::suggest;

/// The field that `key = ..` names, with the span of what was written and the hygiene of the field.
pub(super) fn find(data: &Data, key: Member) -> syn::Result<Member> {
    let Data::Struct(data) = data else {
        return Err(syn::Error::new_spanned(key, "`key` names a field, and an enum has none of its own"));
    };
    for member in data.fields.members() {
        match (&key, &member) {
            (Member::Named(key), Member::Named(field)) if key.unraw() == field.unraw() => {
                let mut field = field.clone();
                field.set_span(key.span().resolved_at(field.span()));
                return Ok(Member::Named(field));
            }
            (Member::Unnamed(key), Member::Unnamed(field)) if key.index == field.index => {
                return Ok(Member::Unnamed(Index { index: field.index, span: key.span }));
            }
            _ => {}
        }
    }
    let text = |member: &Member| match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    };
    let fields: Vec<_> = data.fields.members().map(|member| text(&member)).collect();
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    let message = match fields[..] {
        [] => "`key` names a field, and this type has none".to_owned(),
        _ => suggest::unknown("field", &text(&key), "the fields are", &fields),
    };
    Err(syn::Error::new_spanned(key, message))
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse_quote;

    use super::*;

    fn key(key: Member, item: syn::DeriveInput) -> Result<String, String> {
        find(&item.data, key).map(|found| quote!(#found).to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_field_is_found_by_name_or_place() {
        let raw: Member = parse_quote!(r#type);
        assert_eq!(
            key(
                raw,
                parse_quote!(
                    struct A {
                        r#type: String,
                    }
                )
            ),
            Ok("r#type".into())
        );
        assert_eq!(
            key(
                parse_quote!(1),
                parse_quote!(
                    struct A(u8, String);
                )
            ),
            Ok("1".into())
        );
    }

    #[test]
    fn a_misspelt_field_is_answered_with_a_guess_and_the_list() {
        assert_eq!(
            key(
                parse_quote!(custmer),
                parse_quote!(
                    struct A {
                        id: u8,
                        customer: String,
                    }
                )
            )
            .unwrap_err(),
            "no field `custmer`; did you mean `customer`?\n  the fields are `id`, `customer`"
        );
    }

    #[test]
    fn a_type_without_fields_has_no_key() {
        assert!(
            key(
                parse_quote!(a),
                parse_quote!(
                    struct A;
                )
            )
            .unwrap_err()
            .ends_with("this type has none")
        );
        assert!(
            key(
                parse_quote!(a),
                parse_quote!(
                    enum A {
                        B,
                    }
                )
            )
            .unwrap_err()
            .ends_with("none of its own")
        );
    }
}
