//! `tests/ui/errors.txt`: a line an error, in the order of the cases.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, ensure};
use soorma_tests::rustc;

use super::diagnostic::Diagnostic;

/// `folder/case | number of errors | the underlined words | the first line of the message`, for each error.
pub(crate) fn lines(case: &str, found: &[Diagnostic]) -> Vec<String> {
    let errors: Vec<_> = found.iter().filter(|found| found.is_error()).collect();
    let line = |error: &&Diagnostic| {
        format!("{case} | {} | {} | {}", errors.len(), error.underlined, error.first_line)
    };
    errors.iter().map(line).collect()
}

/// Compares with the file, or writes it, as trybuild does.
pub(crate) fn compare(path: &Path, found: &[String]) -> anyhow::Result<()> {
    if rustc::overwrites() {
        return fs::write(path, found.join("\n") + "\n").context("`errors.txt` cannot be written");
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    let (expected, found) = (by_case(expected.lines()), by_case(found.iter().map(String::as_str)));
    let mut differences = String::new();
    for case in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
        let (expected, found) = (expected.get(case), found.get(case));
        if expected != found {
            differences.extend(expected.into_iter().flatten().map(|line| format!("- {line}\n")));
            differences.extend(found.into_iter().flatten().map(|line| format!("+ {line}\n")));
        }
    }
    ensure!(
        differences.is_empty(),
        "not as in {}:\n{differences}If that is how it shall be: TRYBUILD=overwrite cargo test -p soorma-tests --test \
         ui_errors",
        path.display()
    );
    Ok(())
}

fn by_case<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut cases: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in lines {
        cases.entry(line.split(" | ").next().unwrap_or("")).or_default().push(line);
    }
    cases
}
