//! The table "what is checked when": each case that it names is there, and each kind of mistake is in it.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fs, path::Path};

const TABLE: &str = include_str!("../../soorma/src/mistakes.md");

/// What stands in backticks in the last column.
fn cases() -> BTreeSet<&'static str> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| --- "));
    let last = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit(" | ").next());
    last.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

fn is_test(name: &str, folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return is_test(name, &path);
        }
        fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("fn {name}()")))
    })
}

#[test]
fn every_case_in_the_table_exists() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = cases();
    assert!(cases.len() > 80, "{}", cases.len());
    for case in cases {
        let there = match case.contains('/') {
            true => here.join("ui").join(case).with_extension("stderr").is_file(),
            false => is_test(case, &here.join("tests")),
        };
        assert!(there, "`{case}` does not exist");
    }
}

#[test]
fn every_kind_of_mistake_is_in_the_table() {
    let told: BTreeSet<_> =
        cases().iter().filter_map(|case| case.split_once('/')).map(|(kind, _)| kind.to_owned()).collect();
    let kinds = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")).unwrap();
    let kinds = kinds.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let kinds: BTreeSet<_> = kinds.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(told, kinds);
}
