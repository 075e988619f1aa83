//! The description as a table.

use std::fmt::{self, Write};

use super::{DescribedAgent, DescribedHandler, DescribedHook, Description, Published};

const HEAD: [&str; 7] = ["AGENT", "ATTRIBUTE", "TOPIC", "EVENT TYPE", "PUBLISHES", "OPTIONS", "HANDLER"];

type Row = [String; HEAD.len()];

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![HEAD.map(str::to_owned)];
        for DescribedAgent { name, handlers, hooks, .. } in &self.agents {
            rows.extend(handlers.iter().map(|handler| of_handler(name, handler)));
            rows.extend(hooks.iter().map(|hook| of_hook(name, hook)));
        }
        let mut widths = [0; HEAD.len()];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                write!(line, "{cell:<width$}  ")?;
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn of_handler(agent: &str, handler: &DescribedHandler) -> Row {
    let DescribedHandler { attribute, topic, event_type, publishes, written, .. } = handler;
    [
        agent.to_owned(),
        (*attribute).to_owned(),
        topic.to_string(),
        (*event_type).to_owned(),
        events(publishes),
        or_dash(written.to_string()),
        handler.handler.to_owned(),
    ]
}

fn of_hook(agent: &str, hook: &DescribedHook) -> Row {
    let dash = || "-".to_owned();
    [
        agent.to_owned(),
        hook.attribute.to_owned(),
        dash(),
        dash(),
        events(&hook.publishes),
        dash(),
        hook.handler.to_owned(),
    ]
}

fn events(publishes: &[Published]) -> String {
    or_dash(publishes.iter().map(|event| event.event_type).collect::<Vec<_>>().join(", "))
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}
