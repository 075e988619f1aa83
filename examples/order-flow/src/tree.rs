//! The events of one workflow as a tree, by `parent_event_id`.

use std::fmt::Write;

use soorma::prelude::*;

/// What the tree shows of an event.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    id: String,
    parent: Option<String>,
    event_type: String,
    source: String,
}

impl Node {
    pub(crate) fn of(event: &EventEnvelope) -> Self {
        Self {
            id: event.id.to_string(),
            parent: event.parent_event_id.as_deref().map(str::to_owned),
            event_type: event.event_type.to_string(),
            source: event.source.to_string(),
        }
    }
}

/// Draws the tree, whatever the order of `nodes`. What has no parent among them stands at the root.
pub(crate) fn draw(nodes: &[Node]) -> String {
    let mut rows = Vec::new();
    let roots = nodes.iter().filter(|node| {
        node.parent.as_ref().is_none_or(|parent| nodes.iter().all(|other| other.id != *parent))
    });
    for root in roots {
        rows.push((root.event_type.clone(), root));
        below(root, nodes, "", &mut rows);
    }
    let width = rows.iter().map(|(text, _)| text.chars().count()).max().unwrap_or_default();
    let mut drawn = String::new();
    for (text, node) in rows {
        let _ = writeln!(drawn, "  {text:<width$}  by {}", node.source);
    }
    drawn
}

fn below<'a>(parent: &Node, nodes: &'a [Node], indent: &str, rows: &mut Vec<(String, &'a Node)>) {
    let children: Vec<_> = nodes.iter().filter(|node| node.parent.as_ref() == Some(&parent.id)).collect();
    for (i, child) in children.iter().enumerate() {
        let last = i + 1 == children.len();
        rows.push((format!("{indent}{}{}", if last { "└─ " } else { "├─ " }, child.event_type), child));
        below(child, nodes, &format!("{indent}{}", if last { "   " } else { "│  " }), rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, parent: Option<&str>) -> Node {
        Node { id: id.into(), parent: parent.map(Into::into), event_type: id.into(), source: "test".into() }
    }

    #[test]
    fn children_stand_below_their_parent_in_whatever_order_they_came() {
        let nodes = [node("c", Some("b")), node("b", Some("a")), node("d", Some("a")), node("a", None)];
        assert_eq!(
            draw(&nodes),
            "  a        by test\n  ├─ b     by test\n  │  └─ c  by test\n  └─ d     by test\n"
        );
    }
}
