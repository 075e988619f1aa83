//! "No argument `topik`; did you mean `topic`?": what is said of a name that is none.

pub(crate) use soorma_common::suggest::{nearest, words};

/// "no topic `BusinesFacts`; did you mean `BusinessFacts`?", and on the next line the whole list.
pub(crate) fn unknown(kind: &str, given: &str, list: &str, known: &[&str]) -> String {
    let guess = match nearest(given, known) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    };
    let all: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("no {kind} `{given}`{guess}\n  {list} {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_list_follows() {
        assert_eq!(
            unknown("argument", "topik", "the arguments are", &["topic", "name"]),
            "no argument `topik`; did you mean `topic`?\n  the arguments are `topic`, `name`"
        );
    }
}
