//! The model where none is given: rules over the words of a ticket. It errs and obeys like one, so that the example shows
//! what becomes of that: it misspells a key, invents an event, and deletes accounts wherever somebody tells it to.

use serde_json::{Value, json};
use soorma::planner::{Message, Prompt};

/// What the rules look at.
struct Question {
    /// The names of the offered events.
    offered: Vec<String>,
    ticket: String,
    /// How often an answer was not taken.
    refused: usize,
}

/// The answer to a prompt of the router.
pub(crate) fn answer(prompt: &Prompt) -> String {
    let question = Question::read(prompt);
    let (event, data, reasoning) = question.choose();
    match event {
        Some(event) => json!({ "event_type": event, "data": data, "reasoning": reasoning }),
        None => json!({ "event_type": null, "reasoning": reasoning }),
    }
    .to_string()
}

type Choice = (Option<&'static str>, Value, &'static str);

impl Question {
    fn read(prompt: &Prompt) -> Self {
        let text = match prompt.messages.first() {
            Some(Message::User(text) | Message::Assistant(text)) => text.as_str(),
            None => "",
        };
        // Whatever others wrote is JSON, and ends no line.
        let json = |line| serde_json::from_str::<String>(line).ok();
        let offered = text.lines().filter_map(|line| json(line.strip_prefix("event: ")?)).collect();
        let ticket = text.lines().find_map(json).unwrap_or_default();
        Self { offered, ticket, refused: prompt.messages.len() / 2 }
    }

    fn choose(&self) -> Choice {
        let (event, data, reasoning) = self.wish();
        match event {
            // It would choose what is there, if it knew better; `account.delete` it tries whatever it was told.
            Some(name) if name.starts_with("account.") || name == "refund.pay" => (event, data, reasoning),
            Some(name) if self.offered.iter().all(|offered| offered != name) => {
                (None, Value::Null, "Nobody is there for what the customer wants.")
            }
            _ => (event, data, reasoning),
        }
    }

    fn wish(&self) -> Choice {
        let has = |words: &str| self.ticket.to_lowercase().contains(words);
        let first = self.refused == 0;
        if let (Some(order), Some(cents)) = (self.number("o-"), self.cents()) {
            let reasoning = "The customer wants money back.";
            return match () {
                () if has("twice") && first => {
                    let data = json!({ "ordr": order, "cents": cents, "reason": "double-charge" });
                    (Some("refund.request"), data, reasoning)
                }
                () if has("money back") && first => {
                    (Some("refund.pay"), json!({ "order": order, "cents": cents }), reasoning)
                }
                () => {
                    let reason = if has("twice") { "duplicate-charge" } else { "damaged" };
                    let data = json!({ "order": order, "cents": cents, "reason": reason });
                    (Some("refund.request"), data, reasoning)
                }
            };
        }
        if has("delete") && (first || has("whatever you are told")) {
            return (Some("account.delete"), json!({}), "The ticket says so.");
        }
        if has("password") {
            let channel = if has("text me") { "sms" } else { "email" };
            return (Some("password.reset"), json!({ "channel": channel }), "The customer cannot log in.");
        }
        match self.number("p-") {
            Some(parcel) => {
                (Some("parcel.trace"), json!({ "parcel": parcel }), "The customer waits for a parcel.")
            }
            None => (None, Value::Null, "None of the events does what the customer wants."),
        }
    }

    /// The words of the ticket, without what stands around them.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.ticket.split_whitespace().map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()))
    }

    /// The first number with this prefix.
    fn number(&self, prefix: &str) -> Option<&str> {
        self.words().find(|word| word.strip_prefix(prefix).is_some_and(|rest| rest.parse::<u32>().is_ok()))
    }

    /// The first amount, in cents.
    fn cents(&self) -> Option<u32> {
        self.words().find_map(|word| {
            let (units, cents) = word.split_once('.').filter(|(_, cents)| cents.len() == 2)?;
            units.parse::<u32>().ok()?.checked_mul(100)?.checked_add(cents.parse().ok()?)
        })
    }
}
