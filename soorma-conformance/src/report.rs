//! What came of it: a table of case by target.

use std::{collections::BTreeMap, fmt, process::ExitCode, time::Duration};

use crate::{Case, Need};

/// What came of one case on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed; but for the parts that need what the target has not.
    Passed(Vec<Need>),
    /// It failed, and why.
    Failed(String),
    /// The target has not what the case needs.
    NotApplicable(Vec<Need>),
}

/// One cell of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// The table: a row a case, a column a target.
#[derive(Clone, Debug, Default)]
pub struct Report {
    targets: Vec<String>,
    rows: BTreeMap<usize, Row>,
}

#[derive(Clone, Debug)]
struct Row {
    case: Case,
    /// By target; several where the suite was run several times at once.
    cells: BTreeMap<usize, Vec<Cell>>,
}

impl Report {
    pub(crate) fn new(target: String) -> Self {
        Self { targets: vec![target], rows: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, place: usize, case: Case, cell: Cell) {
        let row = self.rows.entry(place).or_insert_with(|| Row { case, cells: BTreeMap::new() });
        row.cells.entry(0).or_default().push(cell);
    }

    /// Puts the columns of another report beside these.
    #[must_use]
    pub fn beside(mut self, other: Self) -> Self {
        let first = self.targets.len();
        self.targets.extend(other.targets);
        for (place, row) in other.rows {
            let mine =
                self.rows.entry(place).or_insert_with(|| Row { case: row.case, cells: BTreeMap::new() });
            mine.cells.extend(row.cells.into_iter().map(|(column, cells)| (first + column, cells)));
        }
        self
    }

    /// What failed: target, case, and why.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &Case, &str)> {
        self.cells().filter_map(|(target, case, cell)| match &cell.outcome {
            Outcome::Failed(why) => Some((target, case, why.as_str())),
            Outcome::Passed(_) | Outcome::NotApplicable(_) => None,
        })
    }

    /// All cells: target, case, what came of it.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &Case, &Cell)> {
        self.rows.values().flat_map(move |row| {
            row.cells.iter().flat_map(move |(column, cells)| {
                let target = self.targets[*column].as_str();
                cells.iter().map(move |cell| (target, &row.case, cell))
            })
        })
    }

    /// Whether at least one case ran, and none failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures().next().is_none()
            && self.cells().any(|(_, _, cell)| matches!(cell.outcome, Outcome::Passed(_)))
    }

    /// What a program that ran the suite ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// For a test.
    ///
    /// # Panics
    /// With the table, where a case failed or none ran.
    pub fn assert_passed(&self) {
        assert!(self.passed(), "\n{self}");
    }
}

impl Row {
    /// The worst of the copies.
    fn text(&self, column: usize) -> String {
        let Some(cells) = self.cells.get(&column) else { return "not run".to_owned() };
        let failed = cells.iter().filter(|cell| matches!(cell.outcome, Outcome::Failed(_))).count();
        let worst = cells
            .iter()
            .find(|cell| matches!(cell.outcome, Outcome::Failed(_)))
            .or(cells.first())
            .map_or_else(String::new, ToString::to_string);
        match (cells.len(), failed) {
            (1, _) => worst,
            (all, 0) => format!("{worst} x{all}"),
            (all, failed) => format!("{worst} ({failed} of {all})"),
        }
    }
}

fn list(needs: &[Need]) -> String {
    needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Passed(lacks) if lacks.is_empty() => f.write_str("pass"),
            Outcome::Passed(lacks) => write!(f, "pass (n/a: {})", list(lacks)),
            Outcome::NotApplicable(needs) => write!(f, "n/a: {}", list(needs)),
            Outcome::Failed(why) => write!(f, "FAIL: {why}"),
        }
    }
}

/// The table. What failed is told in full below it.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: String| match text.split_once(": ") {
            Some(("FAIL", _)) => "FAIL".to_owned(),
            _ => text,
        };
        let title = self.rows.values().map(|row| row.case.title.len()).max().unwrap_or(0);
        let columns: Vec<Vec<String>> = (0..self.targets.len())
            .map(|column| self.rows.values().map(|row| short(row.text(column))).collect())
            .collect();
        let widths: Vec<usize> = columns
            .iter()
            .zip(&self.targets)
            .map(|(cells, target)| cells.iter().map(String::len).max().unwrap_or(0).max(target.len()))
            .collect();
        write!(f, "| id  | {:<title$} |", "case")?;
        for (target, width) in self.targets.iter().zip(&widths) {
            write!(f, " {target:<width$} |")?;
        }
        write!(f, "\n| --- | {:-<title$} |", "")?;
        for width in &widths {
            write!(f, " {:-<width$} |", "")?;
        }
        for (place, row) in self.rows.values().enumerate() {
            write!(f, "\n| {} | {:<title$} |", row.case.id, row.case.title)?;
            for (cells, width) in columns.iter().zip(&widths) {
                write!(f, " {:<width$} |", cells[place])?;
            }
        }
        writeln!(f)?;
        for (target, case, why) in self.failures() {
            writeln!(f, "\n{target} {} ({}) failed: {why}", case.id, case.title)?;
        }
        Ok(())
    }
}
