//! One mistake is one error: counts what rustc reports for each `tests/ui/<mistake>/<case>.rs`, and compares what is
//! underlined, in words, with `tests/ui/errors.txt`.
//!
//! A case holds one mistake, unless its first line says otherwise: `//! mistakes: 3`, or, where rustc reports one
//! mistake more than once, `//! errors: 2, because ..`. `TRYBUILD=overwrite cargo test -p soorma-tests --test
//! ui_errors` writes `errors.txt` anew; read the difference.

mod ui_errors {
    pub(crate) mod compile;
    pub(crate) mod diagnostic;
    pub(crate) mod project;
}

use std::{collections::BTreeMap, env, fmt::Write, fs, path::Path};

use self::ui_errors::{
    compile::compile,
    diagnostic::Diagnostic,
    project::{Case, Project},
};

#[test]
fn one_mistake_is_one_error_at_the_right_words() {
    let project = Project::write();
    let diagnostics = compile(&project);
    let mut wrong = String::new();
    let mut catalogue = String::new();
    for case in &project.cases {
        let found = diagnostics.get(&case.name).map_or(&[][..], Vec::as_slice);
        check(case, found, &mut wrong);
        let errors: Vec<_> = found.iter().filter(|found| found.is_error()).collect();
        for error in &errors {
            writeln!(
                catalogue,
                "{} | {} | {} | {}",
                case.name,
                errors.len(),
                error.underlined,
                error.first_line
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    compare(&project.ui.join("errors.txt"), &catalogue);
}

/// As many errors as the case says, no warning, and nothing that points at the attribute as a whole.
fn check(case: &Case, found: &[Diagnostic], wrong: &mut String) {
    let errors = found.iter().filter(|found| found.is_error()).count();
    if errors != case.errors {
        writeln!(wrong, "{}: {errors} errors, and {} were expected:", case.name, case.errors).unwrap();
        found.iter().for_each(|found| wrong.push_str(&found.rendered));
    }
    for warning in found.iter().filter(|found| !found.is_error()) {
        writeln!(wrong, "{}: a warning:\n{}", case.name, warning.rendered).unwrap();
    }
}

fn compare(path: &Path, catalogue: &str) {
    if env::var_os("TRYBUILD").is_some_and(|mode| mode == "overwrite") {
        return fs::write(path, catalogue).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    let by_case = |text: &str| {
        let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in text.lines() {
            lines.entry(line.split(" | ").next().unwrap_or("").into()).or_default().push(line.into());
        }
        lines
    };
    let (expected, found) = (by_case(&expected), by_case(catalogue));
    let mut differences = String::new();
    let names: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    for name in names {
        let (expected, found) = (expected.get(name), found.get(name));
        if expected != found {
            expected.into_iter().flatten().for_each(|line| writeln!(differences, "- {line}").unwrap());
            found.into_iter().flatten().for_each(|line| writeln!(differences, "+ {line}").unwrap());
        }
    }
    assert!(
        differences.is_empty(),
        "errors differ from {}:\n{differences}\nTRYBUILD=overwrite cargo test -p soorma-tests --test ui_errors \
         writes them down",
        path.display()
    );
}
