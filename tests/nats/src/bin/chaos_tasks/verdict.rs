//! What became of the run, and whether that is good.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    time::Duration,
};

use crate::{caller::Answer, effects::Effects, fleet::Report, journal::Left};

/// How many of a kind are named.
const NAMED: usize = 5;

/// What became of the run.
pub(crate) struct Verdict {
    pub(crate) tasks: u64,
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// The numbers by request.
    pub(crate) asked: HashMap<String, u64>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) effects: Effects,
    pub(crate) left: Left,
    pub(crate) settled: anyhow::Result<bool>,
    pub(crate) report: Report,
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        self.wrong().is_empty()
    }

    /// Everything that should not be.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = self.report.surprises.clone();
        let mut answered = BTreeSet::new();
        for answer in &self.answers {
            let number = answer.request.as_ref().and_then(|request| self.asked.get(request)).copied();
            let expected = number.map(|number| (number, [number, number + 1, number + 2]));
            if expected.is_none() || answer.planned != expected {
                wrong.push(format!("a wrong answer: {answer:?}"));
            }
            if answer.request.as_ref() != Some(&answer.correlation) {
                wrong.push(format!("a wrong correlation id: {answer:?}"));
            }
            if let Some(number) = number.filter(|number| !answered.insert(*number)) {
                wrong.push(format!("task {number} has two answers"));
            }
        }
        wrong.extend(
            (0..self.tasks)
                .filter(|task| !answered.contains(task))
                .map(|task| format!("task {task} has no answer")),
        );

        let mut keys: HashMap<u64, &str> = HashMap::new();
        for (key, done) in &self.effects.0 {
            for (task, _) in done {
                if keys.insert(*task, key).is_some_and(|other| other != key) {
                    wrong.push(format!("the step of task {task} had two keys"));
                }
            }
            let Some((_, before)) = done.split_last() else { continue };
            if before.iter().any(|(_, process)| !self.report.killed.contains(process)) {
                wrong.push(format!("repeated, and nobody was killed in it: {key} {done:?}"));
            }
        }
        wrong.extend(
            (0..self.tasks)
                .filter(|task| !keys.contains_key(task))
                .map(|task| format!("task {task} had no effect")),
        );
        wrong.extend(self.left.other.iter().map(|subject| format!("left of a journal: {subject}")));
        if self.left.letters > 0 {
            wrong.push(format!("{} dead letters", self.left.letters));
        }
        match &self.settled {
            Ok(true) => {}
            Ok(false) => wrong.push("not every delivery was settled".to_owned()),
            Err(error) => wrong.push(format!("{error:#}")),
        }
        wrong
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effects: usize = self.effects.0.values().map(Vec::len).sum();
        let kills: usize = self.report.kills.values().sum();
        writeln!(f, "| what | how many |\n| --- | --- |")?;
        writeln!(f, "| tasks | {} |", self.tasks)?;
        writeln!(f, "| answers, by id | {} |", self.answers.len())?;
        writeln!(f, "| workers killed | {kills} {:?} |", self.report.kills)?;
        writeln!(f, "| side effects, by key | {} |", self.effects.0.len())?;
        writeln!(f, "| side effects repeated | {} |", effects - self.effects.0.len())?;
        writeln!(f, "| journals left, done and to end by themselves | {} |", self.left.done)?;
        writeln!(f, "| records left otherwise | {} |", self.left.other.len())?;
        writeln!(f, "| dead letters | {} |", self.left.letters)?;
        writeln!(f, "| first request to last answer | {:.1} s |", self.took.as_secs_f64())?;
        for (name, peak) in &self.report.peaks {
            writeln!(f, "| peak of {name} | {} MB |", peak / 1_000)?;
        }
        let wrong = self.wrong();
        for what in wrong.iter().take(NAMED) {
            writeln!(f, "WRONG: {what}")?;
        }
        if wrong.len() > NAMED {
            writeln!(f, "WRONG: and {} more", wrong.len() - NAMED)?;
        }
        Ok(())
    }
}
