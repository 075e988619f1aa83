//! A program without a handler, and without a list of them: nothing in this file is one.

use soorma::App;

#[test]
fn a_program_without_handlers_says_where_they_may_hide() {
    let error = App::builder("a").describe().map(drop).map_err(|error| error.to_string());
    let text = "no handlers found. If they are in a library crate (also this package's own src/lib.rs), \
                name it: #[soorma::main(name = \"..\", handlers_in = [my_agents])]";
    assert_eq!(error, Err(text.to_owned()));
}
