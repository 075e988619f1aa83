//! One mistake is one error: counts what rustc reports for each `tests/ui/<mistake>/<case>.rs`, and compares what is
//! underlined, in words, with `tests/ui/errors.txt`.
//!
//! A case holds one mistake, unless its first line says otherwise: `//! mistakes: 3`, or, where rustc reports one
//! mistake more than once, `//! errors: 2, because ..`. `TRYBUILD=overwrite cargo test -p soorma-tests --test
//! ui_errors` writes `errors.txt` anew; read the difference. With another compiler than it was written with a
//! difference is shown and is no failure.

mod ui_errors {
    pub(crate) mod catalogue;
    pub(crate) mod compile;
    pub(crate) mod diagnostic;
    pub(crate) mod project;
}

use soorma_tests::rustc;

use self::ui_errors::{catalogue, compile::compile, diagnostic::Diagnostic, project::Case, project::Project};

#[test]
fn one_mistake_is_one_error_at_the_right_words() {
    let project = Project::write().unwrap();
    let diagnostics = compile(&project).unwrap();
    let found = |case: &Case| diagnostics.get(&case.name).map_or(&[][..], Vec::as_slice);
    let wrong: String = project.cases.iter().filter_map(|case| wrong(case, found(case))).collect();
    assert!(wrong.is_empty(), "\n{wrong}");
    let lines: Vec<_> =
        project.cases.iter().flat_map(|case| catalogue::lines(&case.name, found(case))).collect();
    let compared = catalogue::compare(&project.ui.join("errors.txt"), &lines);
    match (compared, rustc::another().unwrap()) {
        (Err(difference), None) => panic!("{difference}"),
        (Err(difference), Some(another)) => eprintln!("{difference}\n{another}"),
        (Ok(()), _) => {}
    }
}

/// Not as many errors as the case says, or a warning: the macros give no reason for one.
fn wrong(case: &Case, found: &[Diagnostic]) -> Option<String> {
    let Case { name, errors: expected } = case;
    let errors = found.iter().filter(|found| found.is_error()).count();
    let warnings = found.len() - errors;
    let rendered: String = found.iter().map(|found| found.rendered.as_str()).collect();
    (errors != *expected || warnings > 0).then(|| {
        format!("{name}: {expected} errors were expected, these are {errors}, and {warnings} warnings:\n{rendered}\n")
    })
}
