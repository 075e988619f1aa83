//! From tokens to [`Main`], or to every mistake in them.

use proc_macro2::{Span, TokenStream};
use syn::{LitStr, Path};

use super::model::Main;
use crate::{
    attribute::{self, Reader, Vocabulary},
    docs,
    errors::Errors,
    function::{Head, Item},
    names::Names,
};

const OWNER: &str = "#[soorma::main]";
const MAIN: Vocabulary = Vocabulary { owner: OWNER, keys: &["name", "handlers_in", "crate"] };

/// What is left of a function with mistakes.
pub(super) struct Failed {
    pub(super) errors: Errors,
    pub(super) item: Item,
    /// Whether it is a function called `main`.
    pub(super) is_main: bool,
}

/// What stands in the attribute.
#[derive(Default)]
struct Written {
    name: Option<LitStr>,
    handlers_in: Vec<Path>,
    names: Names,
}

pub(super) fn parse(args: TokenStream, item: TokenStream) -> Result<Main, Box<Failed>> {
    let mut errors = Errors::default();
    let item = Item::new(item);
    let Written { name, handlers_in, names } = read_attribute(args, &mut errors);
    let head = Head::read(&item.rest, OWNER, &mut errors);
    if let Some(head) = &head {
        check(head, &mut errors);
    }
    let is_main = head.as_ref().is_some_and(|head| head.signature.ident == "main");
    match (name, head) {
        (Some(name), Some(head)) if errors.is_empty() => Ok(Main {
            names,
            span: head.signature.ident.span(),
            name,
            handlers_in,
            argument: head.arguments().next().cloned(),
            output: head.output().cloned(),
            description: docs::description(&item.attrs),
            item,
        }),
        _ => Err(Box::new(Failed { errors, item, is_main })),
    }
}

fn read_attribute(args: TokenStream, errors: &mut Errors) -> Written {
    let mut written = Written::default();
    let mut reader = Reader::new(MAIN);
    reader.read(args, errors, &mut |key, input, _| {
        match key.to_string().as_str() {
            "name" => written.name = Some(attribute::name(key, input, "order-processor")?),
            "handlers_in" => written.handlers_in = attribute::list(key, input, "handlers_in = [my_agents]")?,
            _ => written.names = Names::new(Some(attribute::path(key, input, "my_soorma")?)),
        }
        Ok(())
    });
    if !reader.saw("name") {
        let message = "say which agent this program is: `#[soorma::main(name = \"order-processor\")]`";
        errors.at(Span::call_site(), message);
    }
    written
}

fn check(head: &Head, errors: &mut Errors) {
    head.check(OWNER, errors);
    let signature = &head.signature;
    if signature.ident != "main" {
        errors.at(signature.ident.span(), format!("`{OWNER}` goes on `async fn main`"));
    }
    for extra in signature.inputs.iter().skip(1) {
        errors.over(extra, "`main` takes the app and nothing else: `async fn main(app: AppBuilder)`");
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn mistakes(args: TokenStream, item: TokenStream) -> Vec<String> {
        parse(args, item).err().map(|failed| failed.errors.messages()).unwrap_or_default()
    }

    #[test]
    fn both_forms_are_read() {
        let bare = parse(
            quote!(name = "hello"),
            quote!(
                async fn main() {}
            ),
        )
        .ok()
        .unwrap();
        assert!(bare.argument.is_none() && bare.handlers_in.is_empty());
        let full = parse(
            quote!(name = "orders", handlers_in = [my_agents, other::agents]),
            quote!(
                /// Processes orders.
                async fn main(app: AppBuilder) -> anyhow::Result<AppBuilder> {}
            ),
        )
        .ok()
        .unwrap();
        assert_eq!((full.handlers_in.len(), full.description.as_str()), (2, "Processes orders."));
    }

    #[test]
    fn every_mistake_is_found() {
        let found = mistakes(
            quote!(nam = "orders"),
            quote!(
                fn start(a: A, b: B) {}
            ),
        );
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!(found[0].starts_with("no argument `nam`; did you mean `name`?"));
        assert!(
            mistakes(
                quote!(name = "Orders"),
                quote!(
                    async fn main() {}
                )
            )[0]
            .starts_with("invalid `name`")
        );
    }
}
