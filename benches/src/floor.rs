//! Encode, a channel, decode: what nobody can do without.

use std::sync::Arc;

use anyhow::bail;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::{
    CHUNK,
    countdown::Countdown,
    payload::{Item, Order},
    program::Program,
};

pub(crate) fn start(payload: &str, countdown: Arc<Countdown>) -> anyhow::Result<Program> {
    Ok(match payload {
        "large" => channel(Order::large(), countdown),
        "small" => channel(Order::small(), countdown),
        "item" => channel(Item::ONE, countdown),
        "padded" => {
            let (sender, publish) = (consume::<Item>(countdown), RawValue::from_string(Item::padded())?);
            program(sender, publish)
        }
        _ => bail!("no payload `{payload}`"),
    })
}

fn channel<P: Clone + Serialize + DeserializeOwned + Send + Sync + 'static>(
    payload: P,
    countdown: Arc<Countdown>,
) -> Program {
    program(consume::<P>(countdown), payload)
}

fn consume<P: DeserializeOwned + Send + 'static>(countdown: Arc<Countdown>) -> mpsc::Sender<Box<RawValue>> {
    let (sender, mut receiver) = mpsc::channel::<Box<RawValue>>(CHUNK as usize);
    tokio::spawn(async move {
        while let Some(json) = receiver.recv().await {
            if serde_json::from_str::<P>(json.get()).is_ok() {
                countdown.one();
            }
        }
    });
    sender
}

fn program<P: Clone + Serialize + Send + Sync + 'static>(
    sender: mpsc::Sender<Box<RawValue>>,
    payload: P,
) -> Program {
    Program::new((), move |events| {
        let (sender, payload) = (sender.clone(), payload.clone());
        async move {
            for _ in 0..events {
                sender.send(serde_json::value::to_raw_value(&payload.clone())?).await?;
            }
            Ok(())
        }
    })
}
