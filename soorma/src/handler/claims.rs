//! Which payload type an event belongs to: one, or several that look the same on the wire.

use soorma_common::{Contract, Place};

use super::{Entry, Handlers};
use crate::{schema::first_difference, sorted::Sorted};

/// Finds types that claim the same event and do not have the same schema.
///
/// A schema is built for those events only that more than one type claims, so a program in order pays nothing.
pub(super) fn check(handlers: &Handlers, problems: &mut Vec<String>) {
    let mut claims = Sorted::<_, Sorted<_, Contract>>::default();
    for contract in contracts(handlers) {
        let claimed = claims.or_insert_with((contract.topic.as_str(), contract.event_type), Sorted::default);
        let Place { file, line, module } = contract.place;
        claimed.or_insert_with((file, line, module, contract.type_name), || contract);
    }
    for ((topic, event_type), claimed) in claims.into_pairs() {
        let claimed: Vec<Contract> = claimed.into_values().collect();
        let Some((first, others)) = claimed.split_first().filter(|(_, others)| !others.is_empty()) else {
            continue;
        };
        let schema = (first.definition)().payload.schema;
        for other in others {
            let Some(difference) = first_difference(&schema, &(other.definition)().payload.schema) else {
                continue;
            };
            problems.push(format!(
                "two types claim `{event_type}` on {topic} with different schemas, {} and {}: {difference}; \
                 use one type, or give one of them another event type",
                place(first),
                place(other),
            ));
        }
    }
}

/// All that the handlers name, and all that the program declares.
fn contracts(handlers: &Handlers) -> Vec<Contract> {
    let mut all = handlers.declared.clone();
    for entry in &handlers.entries {
        all.extend(match entry {
            Entry::Handler(registration) => registration.contracts(),
            Entry::Hook(hook) => hook.publishes(),
        });
    }
    let responses: Vec<Contract> = all.iter().filter_map(|contract| contract.response.copied()).collect();
    all.extend(responses);
    all
}

fn place(contract: &Contract) -> String {
    let Contract { type_name, place, .. } = contract;
    format!("`{}::{type_name}` ({}:{})", place.module, place.file, place.line)
}
