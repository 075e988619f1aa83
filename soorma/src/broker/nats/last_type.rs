//! The event type that the subject of a delivery says. Most deliveries are of the same one as the delivery before, so that is
//! looked at once.

use super::subject::event_type_of;

/// What was read last.
#[derive(Default)]
pub(super) struct LastType {
    subject: String,
    event_type: String,
}

impl LastType {
    /// The event type of this subject; nothing where it is none.
    pub(super) fn of(&mut self, subject: &str) -> &str {
        if self.subject != subject {
            subject.clone_into(&mut self.subject);
            self.event_type.clear();
            self.event_type.push_str(&event_type_of(subject).unwrap_or_default());
        }
        &self.event_type
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_gives_its_own_event_type_whatever_came_before() {
        let mut last = LastType::default();
        for (subject, event_type) in [
            ("prod.facts._._.order.placed", "order.placed"),
            ("prod.facts._._.order.placed", "order.placed"),
            ("prod.facts._.03.order.paid", "order.paid"),
            ("prod.facts._._.a%2a", ""),
            ("prod.facts._._.order.placed", "order.placed"),
        ] {
            assert_eq!(last.of(subject), event_type);
        }
    }
}
