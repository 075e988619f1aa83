//! The summary of a run, on standard output.

use soorma::broker::DeadLetter;

use crate::{
    audit::Heard,
    books::Books,
    reader::Run,
    text::{counted, grouped, money},
    tree,
};

/// How many dead letters are looked at.
pub(crate) const DEAD_LETTERS: usize = 1000;

/// How many of them, and of other things that went wrong, are named.
const NAMED: usize = 5;

/// Prints the summary, and gives what went wrong.
pub(crate) fn print(run: &Run, after: &Books, heard: &Heard, dead_letters: &[DeadLetter]) -> Vec<String> {
    let tally = &run.tally;
    let seconds = tally.elapsed().as_secs_f64();
    println!("{} in {seconds:.2} s\n", counted(tally.ended(), "order"));
    row("completed", tally.completed);
    row("refused, out of stock", tally.out_of_stock);
    row("refused, card declined", tally.card_declined);
    events(heard, seconds);
    row("\ndead letters", dead_letters.len() as u64);
    for letter in dead_letters.iter().take(NAMED) {
        println!("  {}: {}: {}", letter.subscription, letter.reason, letter.errors.join(": "));
    }
    if !heard.tree.is_empty() {
        println!("\none order, event by event\n{}", tree::draw(&heard.tree).trim_end());
    }
    let wrong = wrong(run, after);
    println!();
    books(after, wrong.is_empty());
    wrong
}

fn row(what: &str, count: u64) {
    println!("  {what:<40}{:>12}", grouped(count));
}

fn events(heard: &Heard, seconds: f64) {
    let total = heard.total();
    if total == 0 {
        println!("\nevents: the audit ran elsewhere");
        return;
    }
    println!(
        "\n{}, {} a second",
        counted(total, "event"),
        grouped((total as f64 / seconds.max(0.001)) as u64)
    );
    for (topic, types) in &heard.counts {
        for (event_type, count) in types {
            println!("  {topic:<18}{event_type:<22}{:>12}", grouped(*count));
        }
    }
}

fn books(after: &Books, right: bool) {
    let (stock, balances) = (after.stock, after.balances);
    println!(
        "stock     {} pieces = {} left + {} sold",
        grouped(stock.opened),
        grouped(stock.left),
        grouped(stock.taken())
    );
    println!(
        "balances  {} = {} left + {} charged",
        money(balances.opened),
        money(balances.left),
        money(balances.taken())
    );
    if right {
        println!("every order has one outcome; stock and money add up");
    }
}

fn wrong(run: &Run, after: &Books) -> Vec<String> {
    let tally = &run.tally;
    let mut wrong = Vec::new();
    if tally.bad_lines > 0 {
        wrong.push(format!(
            "{} no order",
            match tally.bad_lines {
                1 => "1 line is".to_owned(),
                n => format!("{} lines are", grouped(n)),
            }
        ));
    }
    if tally.second_outcomes > 0 {
        wrong.push(counted(tally.second_outcomes, "outcome") + " too many");
    }
    match &run.end {
        None => println!(
            "\nstopped before the end: {} in flight",
            counted(tally.in_flight().len() as u64, "order")
        ),
        Some(end) => {
            if let Err(error) = end {
                wrong.push(format!("{error:#}"));
            }
            let open: Vec<_> = tally.in_flight().take(NAMED).map(String::as_str).collect();
            if !open.is_empty() {
                let count = counted(tally.in_flight().len() as u64, "order");
                wrong.push(format!("{count} without an outcome, for example {}", open.join(", ")));
            }
            wrong.extend(after.mistakes(&run.before, tally));
        }
    }
    wrong
}
