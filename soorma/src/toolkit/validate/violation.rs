//! What is wrong with a value, for programs and in words.

use std::fmt;

use super::given::cut;

/// How many violations are kept; the others are counted.
const KEPT: usize = 1000;
/// How many lines are written.
const LINES: usize = 20;
/// About how many bytes are written in all.
const BYTES: usize = 4000;
/// How many characters a line may have.
const LINE: usize = 400;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Where: a JSON Pointer. A key of more than 80 characters is cut; one below a sensitive field is `*`, unless the schema
    /// declares it.
    pub path: String,
    /// The keyword of JSON Schema that is violated; `depth` or `effort` for a value that is not looked at to its end.
    pub rule: &'static str,
    /// What came, cut to 80 characters, or only what kind of value it was.
    pub given: String,
    /// What would be right.
    pub expected: String,
    /// The name or value that was meant, if one is near.
    pub nearest: Option<String>,
}

impl Violation {
    pub(super) fn new(
        path: String,
        rule: &'static str,
        given: String,
        expected: String,
        nearest: Option<String>,
    ) -> Self {
        Self { path, rule, given, expected, nearest }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "(root)".to_owned() } else { cut(&self.path, LINE / 2) };
        let mut line = format!("{path}: {}; expected {}", self.given, cut(&self.expected, LINE));
        if let Some(nearest) = &self.nearest {
            line += &format!("; did you mean `{}`?", cut(nearest, LINE));
        }
        f.write_str(&cut(&line, LINE))
    }
}

/// All that is wrong with a value.
///
/// Its `Display` is meant for whoever wrote the value, a language model for example: a line a violation, at most 20 of
/// them and about 4,000 bytes.
#[derive(Clone, Debug, Default)]
pub struct Violations {
    kept: Vec<Violation>,
    total: usize,
    /// Whether they are only counted.
    counted: bool,
}

impl Violations {
    pub(super) fn of(violation: Violation) -> Self {
        Self { kept: vec![violation], total: 1, counted: false }
    }

    /// None yet, and none will be kept.
    pub(super) fn counted() -> Self {
        Self { counted: true, ..Self::default() }
    }

    pub(super) fn add(&mut self, violation: impl FnOnce() -> Violation) {
        self.total += 1;
        if !self.counted && self.kept.len() < KEPT {
            self.kept.push(violation());
        }
    }

    /// The violations, in the order of the schema: the first 1,000.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.kept.iter()
    }

    /// How many there are, also of those that were not kept.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.total == 1 { "" } else { "s" };
        write!(f, "{} violation{plural} of the schema:", self.total)?;
        let mut written = 0;
        let mut lines = 0;
        for line in self.kept.iter().take(LINES).map(ToString::to_string) {
            written += line.len();
            if written > BYTES {
                break;
            }
            write!(f, "\n{line}")?;
            lines += 1;
        }
        match self.total - lines {
            0 => Ok(()),
            others => write!(f, "\nand {others} more"),
        }
    }
}

impl std::error::Error for Violations {}
