//! What was measured, and the middle of it.

use crate::{Case, Variant, meter::Measured};

#[derive(Default)]
pub(super) struct Figures(Vec<(Variant, Case, usize, Vec<Measured>)>);

/// The middle of some figures, and between which the middle half of them lies.
#[derive(Clone, Copy)]
pub(super) struct Middle {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Middle {
    fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let last = figures.len().checked_sub(1)?;
        // No less than half of them, also where there are few.
        let (low, high) = (last / 4, last - last / 4);
        Some(Self { median: figures[last / 2], low: figures[low], high: figures[high] })
    }
}

impl Figures {
    pub(super) fn add(&mut self, variant: Variant, case: Case, in_flight: usize, measured: Measured) {
        let same = |row: &&mut (Variant, Case, usize, Vec<Measured>)| {
            (row.0, row.1, row.2) == (variant, case, in_flight)
        };
        match self.0.iter_mut().find(same) {
            Some(row) => row.3.push(measured),
            None => self.0.push((variant, case, in_flight, vec![measured])),
        }
    }

    /// One of each round.
    pub(super) fn of(&self, variant: Variant, case: Case, in_flight: usize) -> &[Measured] {
        let row = self.0.iter().find(|row| (row.0, row.1, row.2) == (variant, case, in_flight));
        row.map_or(&[], |row| &row.3)
    }

    pub(super) fn middle(
        &self,
        (variant, case, in_flight): (Variant, Case, usize),
        what: impl Fn(&Measured) -> f64,
    ) -> Option<Middle> {
        Middle::of(self.of(variant, case, in_flight).iter().map(what).collect())
    }

    /// Events a second as a part of those by hand in the same round.
    pub(super) fn ratio(&self, variant: Variant, case: Case, in_flight: usize) -> Option<Middle> {
        let by_hand = self.of(Variant::Hand, case, in_flight);
        let ours = self.of(variant, case, in_flight);
        Middle::of(ours.iter().zip(by_hand).map(|(ours, hand)| ours.rate / hand.rate).collect())
    }
}
