//! Steps: what a task does itself, once, as far as that can be.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::to_raw_value;

use super::{
    error::TaskError,
    id,
    record::{Outcome, Recorded},
    run::TaskRun,
};
use crate::outputs::Failure;

/// Runs a step, unless what it gives is recorded.
pub(crate) async fn step<T, E, F>(
    run: &TaskRun,
    number: u32,
    name: &str,
    act: impl FnOnce(String) -> F,
) -> Result<T, TaskError>
where
    T: Serialize + DeserializeOwned,
    E: Failure,
    F: Future<Output = Result<T, E>>,
{
    let opened = run.open().await?;
    let what = format!("step {name}");
    let changed = |recorded: String| TaskError::Changed { number, recorded, now: format!("step {name}") };
    let known = if opened.fresh { None } else { opened.journal.outcome(number).await? };
    let recorded = match known {
        Some(recorded) => recorded,
        None => {
            if !opened.fresh
                && let Some(made) = opened.journal.made(number).await?
            {
                return Err(changed(made.what));
            }
            let busy = run.busy();
            let value = act(id::step_key(opened.task(), number, name)).await;
            let value = value.map_err(|error| TaskError::Step {
                name: name.to_owned(),
                source: Failure::into_error(error).reallocate_into_boxed_dyn_error_without_backtrace(),
            })?;
            let value = to_raw_value(&value).map_err(|source| value_error(name, source))?;
            let recorded = Recorded { what, outcome: Outcome::Given(value) };
            let recorded = opened.journal.record(number, recorded).await?;
            if run.is_over() {
                run.forget(opened, number).await?;
                return Err(TaskError::TakenOver);
            }
            drop(busy);
            recorded
        }
    };
    match recorded.outcome {
        Outcome::Given(value) if recorded.what == format!("step {name}") => {
            serde_json::from_str(value.get()).map_err(|source| value_error(name, source))
        }
        _ if recorded.what.is_empty() => Err(changed("a delegation or a sleep".to_owned())),
        _ => Err(changed(recorded.what)),
    }
}

fn value_error(name: &str, source: serde_json::Error) -> TaskError {
    TaskError::NotJson { name: name.to_owned(), source }
}
