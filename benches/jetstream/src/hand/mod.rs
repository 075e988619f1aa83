//! By hand, on the plain client, in the best form that we know: one inbox for confirmations, deliveries and answers, which
//! are counted and not awaited one by one; two pulls under way; everything decoded.

mod agent;
mod ask;
mod chain;
mod form;
mod publish;
mod pull;
mod setup;
mod wire;

use crate::{Case, Meter, Run};

pub(crate) use self::{
    form::Form,
    setup::{prepare, remove_streams},
};

/// The stream, and what its subjects begin with.
pub(crate) const STREAM: &str = "BENCH";

pub(crate) async fn run(run: &Run, form: Form, ahead: bool, meter: &'static Meter) -> anyhow::Result<()> {
    match run.case {
        Case::Publish => publish::run(run, form, meter).await,
        Case::Pull => pull::run(run, form, ahead, meter).await,
        Case::Chain => chain::run(run, form, meter).await,
        Case::Ask => ask::run(run, meter).await,
    }
}
