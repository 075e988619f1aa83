//! The cases, one file a family, in the order of the specification.

mod ask;
mod basics;
mod bodies;
mod drain;
mod failures;
mod groups;
mod handlers;
mod leases;
mod limits;
mod load;
mod order;
mod provision;
mod publish;
mod retry;
mod server;
mod support;
mod whole;

use crate::Case;

/// Every case, by id.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = [
        ask::CASES,
        basics::CASES,
        bodies::CASES,
        drain::CASES,
        failures::CASES,
        groups::CASES,
        leases::CASES,
        limits::CASES,
        load::CASES,
        order::CASES,
        provision::CASES,
        publish::CASES,
        retry::CASES,
        server::CASES,
        whole::CASES,
    ]
    .concat();
    cases.sort_by_key(|case| case.id);
    cases
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_are_58_of_them_and_each_id_is_there_once() {
        let ids: Vec<_> = super::all().iter().map(|case| case.id.to_owned()).collect();
        assert_eq!(ids, (1..=58).map(|n| format!("C{n:02}")).collect::<Vec<_>>());
    }
}
