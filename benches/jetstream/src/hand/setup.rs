//! What there is before the clock runs: the stream, its consumers, and what waits to be pulled.

use std::time::Duration;

use async_nats::{
    Client,
    jetstream::{
        self,
        consumer::{AckPolicy, pull},
        stream::{Config, StorageType},
    },
};
use futures_util::TryStreamExt;

use super::{STREAM, form::Form, publish, wire::Wire};
use crate::{Case, Run};

/// As soorma has it, so that all streams do the same.
const DEDUP: Duration = Duration::from_secs(120);

/// Makes the stream, and fills it where that is what is pulled.
pub(crate) async fn prepare(client: &Client, form: Form, run: &Run) -> anyhow::Result<()> {
    let stream = Config {
        name: STREAM.to_owned(),
        subjects: vec!["bench.>".to_owned()],
        storage: StorageType::File,
        duplicate_window: DEDUP,
        ..Config::default()
    };
    jetstream::new(client.clone()).create_stream(stream).await?;
    if run.case == Case::Pull {
        publish::send(&mut Wire::new(client, 0).await?, form, run.events, 256, |_| {}, |_| {}).await?;
    }
    Ok(())
}

pub(super) async fn consumer(client: &Client, name: &str, subject: &str) -> anyhow::Result<()> {
    let config = pull::Config {
        durable_name: Some(name.to_owned()),
        filter_subject: subject.to_owned(),
        ack_policy: AckPolicy::Explicit,
        max_ack_pending: -1,
        ..pull::Config::default()
    };
    jetstream::new(client.clone()).create_consumer_on_stream(config, STREAM).await?;
    Ok(())
}

/// Nothing of a run is left for the next one.
pub(crate) async fn remove_streams(client: &Client) -> anyhow::Result<()> {
    let context = jetstream::new(client.clone());
    let names: Vec<String> = context.stream_names().try_collect().await?;
    for name in names {
        context.delete_stream(name).await?;
    }
    Ok(())
}
