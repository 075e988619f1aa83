//! The summary of a run, as text.

use std::fmt::Write;

use soorma::broker::DeadLetter;

use crate::{
    audit::Heard,
    books::Books,
    reader::Run,
    text::{counted, grouped, money},
    tree,
    verdict::Verdict,
};

/// How many dead letters are looked at.
pub(crate) const DEAD_LETTERS: usize = 1000;

/// How many of them are shown.
const SHOWN: usize = 5;

/// The summary: outcomes, events, dead letters, the events of one order, and the books.
pub(crate) fn text(
    run: &Run,
    verdict: &Verdict,
    after: &Books,
    heard: &Heard,
    dead_letters: &[DeadLetter],
) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = outcomes(&mut text, run);
    let _ = events(&mut text, run, heard);
    let _ = letters(&mut text, dead_letters);
    let _ = books(&mut text, verdict, after);
    text
}

fn row(text: &mut String, what: &str, count: u64) -> std::fmt::Result {
    writeln!(text, "  {what:<40}{:>12}", grouped(count))
}

fn outcomes(text: &mut String, run: &Run) -> std::fmt::Result {
    let tally = &run.tally;
    writeln!(text, "{} in {:.2} s", counted(tally.ended(), "order"), tally.elapsed().as_secs_f64())?;
    row(text, "completed", tally.completed)?;
    row(text, "refused, out of stock", tally.out_of_stock)?;
    row(text, "refused, card declined", tally.card_declined)?;
    if run.end.is_none() {
        let open = tally.in_flight().len() as u64;
        writeln!(text, "stopped before the end: {} without an outcome", counted(open, "order"))?;
    }
    Ok(())
}

fn events(text: &mut String, run: &Run, heard: &Heard) -> std::fmt::Result {
    let total = heard.total();
    if total == 0 {
        return writeln!(text, "\nno events: the audit runs elsewhere");
    }
    let a_second = total as f64 / run.tally.elapsed().as_secs_f64().max(0.001);
    writeln!(text, "\n{}, {} a second", counted(total, "event"), grouped(a_second as u64))?;
    for (topic, types) in &heard.counts {
        for (event_type, count) in types {
            row(text, &format!("{topic:<17} {event_type}"), *count)?;
        }
    }
    writeln!(text, "\none order, event by event\n{}", tree::draw(&heard.tree).trim_end())
}

fn letters(text: &mut String, letters: &[DeadLetter]) -> std::fmt::Result {
    let more = if letters.len() == DEAD_LETTERS { " or more" } else { "" };
    writeln!(text, "\n{}{more}", counted(letters.len() as u64, "dead letter"))?;
    for letter in letters.iter().take(SHOWN) {
        writeln!(text, "  {}: {}: {}", letter.subscription, letter.reason, letter.errors.join(": "))?;
    }
    Ok(())
}

fn books(text: &mut String, verdict: &Verdict, after: &Books) -> std::fmt::Result {
    let (stock, balances) = (after.stock, after.balances);
    let [opened, left, taken] = [stock.opened, stock.left, stock.taken()].map(grouped);
    writeln!(text, "\nstock     {opened} pieces = {left} left + {taken} sold")?;
    let [opened, left, taken] = [balances.opened, balances.left, balances.taken()].map(money);
    writeln!(text, "balances  {opened} = {left} left + {taken} charged")?;
    if verdict.adds_up {
        writeln!(text, "every order has one outcome; stock and money add up")?;
    }
    Ok(())
}
