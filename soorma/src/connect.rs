//! From a URL to a broker or a store: the one place that knows which there are.

use std::{sync::Arc, time::Duration};

use soorma_common::duration;

use crate::{
    broker::{
        Broker,
        memory::{MemoryBroker, MemoryLimits},
    },
    clock::Clock,
    error::ConnectError,
    store::{Store, memory::MemoryStore},
};

const KNOWN: &str = "`memory:`";

/// The broker behind a URL.
///
/// # Errors
/// [`ConnectError`] where the scheme is unknown or a parameter makes no sense.
// Asynchronous for those that have a connection to make.
#[allow(clippy::unused_async)]
pub(crate) async fn broker(url: &str, clock: &Clock) -> Result<Arc<dyn Broker>, ConnectError> {
    match url.split_once(':') {
        Some(("memory", rest)) => {
            let limits = memory_limits(rest).map_err(|reason| ConnectError::Invalid {
                what: "broker",
                url: url.to_owned(),
                reason,
            })?;
            Ok(Arc::new(MemoryBroker::with_limits(clock.clone(), limits)))
        }
        _ => Err(ConnectError::UnknownScheme { what: "broker", url: url.to_owned(), known: KNOWN }),
    }
}

/// The store behind a URL.
///
/// # Errors
/// [`ConnectError`] where the scheme is unknown.
#[allow(clippy::unused_async)]
pub(crate) async fn store(url: &str, clock: &Clock) -> Result<Arc<dyn Store>, ConnectError> {
    match url.split_once(':') {
        Some(("memory", _)) => Ok(Arc::new(MemoryStore::new(clock.clone()))),
        _ => Err(ConnectError::UnknownScheme { what: "store", url: url.to_owned(), known: KNOWN }),
    }
}

/// `?capacity=1000&retention=1000&dedup=2m`.
fn memory_limits(rest: &str) -> Result<MemoryLimits, String> {
    let mut limits = MemoryLimits::default();
    let parameters = match rest.split_once('?') {
        Some(("", parameters)) => parameters,
        None if rest.is_empty() => return Ok(limits),
        _ => return Err("nothing but parameters may follow `memory:`".to_owned()),
    };
    for parameter in parameters.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let number = || {
            value
                .parse::<usize>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or(format!("`{name}` must be a number from 1 on"))
        };
        let time = || -> Result<Duration, String> {
            duration::parse(value).ok_or(format!("`{name}` must be {}", duration::EXPECTED))
        };
        match name {
            "capacity" => limits.capacity = number()?,
            "retention" => limits.retention = number()?,
            "dedup" => limits.dedup_window = time()?,
            _ => return Err(format!("no parameter `{name}`; there are `capacity`, `retention` and `dedup`")),
        }
    }
    Ok(limits)
}
