//! The summary of a run, as text: what the tickets said, what the model chose, what was repaired, and the answer.

use std::fmt::Write;

use crate::{
    board::{Board, Place},
    tickets::{Chosen, Outcome},
};

/// How much of a text is shown, in characters.
const SHOWN: usize = 100;

pub(crate) fn text(board: &Board) -> String {
    let mut text = String::new();
    for place in board.places() {
        // Writing to a string cannot fail.
        let _ = ticket(&mut text, place);
    }
    let _ = totals(&mut text, board);
    text
}

fn ticket(text: &mut String, place: &Place) -> std::fmt::Result {
    let ticket = &place.ticket;
    writeln!(text, "ticket {} of {}: {}", ticket.number, ticket.customer, shown(&ticket.text))?;
    let Some(handled) = &place.handled else { return writeln!(text, "  no outcome\n") };
    for violations in &handled.not_taken {
        writeln!(text, "  not taken  {}", indented(violations))?;
    }
    let chose = |text: &mut String, chosen: &Chosen| {
        writeln!(text, "  chosen     {} {}", chosen.event, shown(&chosen.data.to_string()))
    };
    match &handled.outcome {
        Outcome::Answered { chosen, answer } => {
            chose(text, chosen)?;
            writeln!(text, "  answer     {}\n", shown(&answer.to_string()))
        }
        Outcome::Failed { chosen, reason } => {
            chose(text, chosen)?;
            writeln!(text, "  failed     {}\n", shown(reason))
        }
        Outcome::NoneFits { reason } => writeln!(text, "  none fits  {}\n", shown(reason)),
        Outcome::Undecided { reason } => writeln!(text, "  undecided  {}\n", indented(reason)),
        Outcome::NoAnswer { reason } => writeln!(text, "  no answer  {}\n", indented(reason)),
    }
}

fn totals(text: &mut String, board: &Board) -> std::fmt::Result {
    let outcomes: Vec<_> = board.places().filter_map(|place| place.handled.as_ref()).collect();
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|handled| is(&handled.outcome)).count();
    let undecided = |outcome: &Outcome| matches!(outcome, Outcome::Undecided { .. });
    let repaired =
        outcomes.iter().filter(|handled| !handled.not_taken.is_empty() && !undecided(&handled.outcome));
    writeln!(text, "{} tickets", board.places().count())?;
    writeln!(
        text,
        "  answered                 {:>4}",
        count(|outcome| matches!(outcome, Outcome::Answered { .. }))
    )?;
    writeln!(
        text,
        "  failed                   {:>4}",
        count(|outcome| matches!(outcome, Outcome::Failed { .. }))
    )?;
    writeln!(
        text,
        "  none of the events fits  {:>4}",
        count(|outcome| matches!(outcome, Outcome::NoneFits { .. }))
    )?;
    writeln!(text, "  undecided                {:>4}", count(undecided))?;
    writeln!(
        text,
        "  model gave no answer     {:>4}",
        count(|outcome| matches!(outcome, Outcome::NoAnswer { .. }))
    )?;
    writeln!(text, "  repaired                 {:>4}", repaired.count())
}

/// A text of ours, its further lines below the first one.
fn indented(text: &str) -> String {
    text.replace('\n', "\n             ")
}

/// The beginning of a text on one line. Customers and models wrote it: no letter of it moves the cursor.
fn shown(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let mut shown: String = text.chars().map(plain).take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push_str(" ..");
    }
    shown
}
