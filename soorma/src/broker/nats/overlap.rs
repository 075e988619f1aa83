//! Patterns of one consumer that do not overlap: the server takes no others.

use soorma_common::EventPattern;

/// The patterns without those that others contain; `>` where two overlap and neither contains the other, because
/// the server takes no filters that overlap.
pub(super) fn apart(patterns: &[EventPattern]) -> Vec<String> {
    let mut all: Vec<&str> = patterns.iter().map(EventPattern::as_str).collect();
    all.sort_unstable();
    all.dedup();
    let mut kept: Vec<String> = Vec::new();
    for (i, one) in all.iter().enumerate() {
        let contained = all.iter().enumerate().any(|(j, other)| i != j && contains(other, one));
        if !contained {
            kept.push((*one).to_owned());
        }
    }
    let overlap = |i: usize| kept.iter().skip(i + 1).any(|other| meet(&kept[i], other));
    if (0..kept.len()).any(overlap) { vec![">".to_owned()] } else { kept }
}

/// Whether every event type that `inner` matches is matched by `outer`.
fn contains(outer: &str, inner: &str) -> bool {
    let mut inner = inner.split('.');
    for segment in outer.split('.') {
        match (segment, inner.next()) {
            (">", Some(_)) => return true,
            (_, Some(">")) => return false,
            ("*", Some(_)) => {}
            (name, Some(other)) if name == other => {}
            _ => return false,
        }
    }
    inner.next().is_none()
}

/// Whether some event type is matched by both.
fn meet(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_never_overlap() {
        let of = |patterns: &[&str]| {
            let parsed: Vec<EventPattern> = patterns.iter().map(|one| one.parse().unwrap()).collect();
            apart(&parsed)
        };
        assert_eq!(of(&["a.b", "a.c", "a.b"]), ["a.b", "a.c"]);
        assert_eq!(of(&["a.b", "a.*", "a.>"]), ["a.>"]);
        assert_eq!(of(&["a.*", "*.b"]), [">"]);
        assert_eq!(of(&["a.>", "b.>"]), ["a.>", "b.>"]);
    }
}
