//! The options of an attribute, written as short as a table needs them.

use std::{fmt, time::Duration};

use soorma_common::duration;

use crate::{broker::Start, handler::Options};

/// Those options that the attribute names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written(pub(super) Options);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options {
            max_attempts,
            backoff_ms,
            timeout_ms,
            concurrency,
            ordered,
            broadcast,
            from,
            name,
            was,
            recorded,
        } = self.0;
        let time = |ms| duration::text(Duration::from_millis(ms));
        let written = [
            (!name.is_empty()).then(|| format!("name={name}")),
            was.map(|was| format!("was={was}")),
            max_attempts.map(|max| format!("max={max}")),
            backoff_ms.map(|(first, longest)| format!("backoff={}..{}", time(first), time(longest))),
            timeout_ms.map(|timeout| format!("timeout={}", time(timeout))),
            concurrency.map(|concurrency| format!("concurrency={concurrency}")),
            ordered.then(|| "ordered".to_owned()),
            broadcast.then(|| "broadcast".to_owned()),
            from.map(|from| format!("from={}", if from == Start::Now { "now" } else { "start" })),
            recorded.then(|| "outputs=recorded".to_owned()),
        ];
        let written: Vec<String> = written.into_iter().flatten().collect();
        f.write_str(&written.join(" "))
    }
}
