//! How far a task is: said once, whichever run of it comes there.

use super::{error::TaskError, run::TaskRun, step::step};
use crate::{error::BusError, lifecycle};

/// Publishes how far a task is, where it belongs to a plan.
pub(crate) async fn progress(
    run: &TaskRun,
    number: u32,
    fraction: f64,
    message: &str,
) -> Result<(), TaskError> {
    if run.request().plan_id.is_none() {
        return Ok(());
    }
    let publish = async |id: String| {
        let said =
            lifecycle::progress(&run.services, &run.agent, run.request(), id.into(), (fraction, message));
        let said =
            said.map_err(|source| BusError::Encode { event_type: "task.progress".to_owned(), source })?;
        for stored in run.services.broker.publish(said.into_iter().collect()).await {
            stored.map_err(|source| BusError::Publish { event_type: "task.progress".to_owned(), source })?;
        }
        Ok::<_, BusError>(())
    };
    step(run, number, "progress", publish).await
}
