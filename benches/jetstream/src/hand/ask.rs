//! Requests and answers, both stored; the answers of this process come to it by a push consumer without acknowledgements.

use anyhow::Context;
use async_nats::{
    HeaderMap, Subscriber,
    jetstream::{
        self,
        consumer::{AckPolicy, push},
    },
};
use futures_util::StreamExt;

use super::{
    STREAM,
    agent::Agent,
    form::Form,
    setup,
    wire::{ANSWER_TO, Wire},
};
use crate::{
    Meter, Run,
    order::{self, Answer, Placed, Question},
};

const ANSWERS: &str = "bench.answer.asker";

pub(super) async fn run(run: &Run, meter: &Meter) -> anyhow::Result<()> {
    let client = async_nats::connect(&run.url).await?;
    setup::consumer(&client, "answerer", "bench.question").await?;
    let answerer = Agent::new(&client, "answerer", Form::Bare, None, run.in_flight).await?;
    let answering =
        tokio::spawn(answerer.work::<Question, Answer>(|answer| format!("{}-answer", answer.order_id)));
    // The server looks for listeners on exactly this subject.
    let inbox = client.new_inbox();
    let answers = client.subscribe(inbox.clone()).await?;
    let wire = Wire::new(&client, 0).await?;
    let to_me = push::Config {
        deliver_subject: inbox,
        filter_subject: ANSWERS.to_owned(),
        ack_policy: AckPolicy::None,
        memory_storage: true,
        ..push::Config::default()
    };
    jetstream::new(client).create_consumer_on_stream(to_me, STREAM).await?;
    tokio::select! {
        asked = ask(wire, answers, run, meter) => asked?,
        answered = answering => answered??,
    }
    Ok(())
}

async fn ask(mut wire: Wire, mut answers: Subscriber, run: &Run, meter: &Meter) -> anyhow::Result<()> {
    let (mut next, mut done) = (0, 0);
    while done < run.events {
        while next < run.events && next - done < run.in_flight {
            let question = Question::from(Placed::new(next));
            let mut headers = HeaderMap::new();
            headers.insert(ANSWER_TO, ANSWERS);
            meter.sent(next);
            wire.store_with(headers, "bench.question", &question.order_id, &question, next).await?;
            next += 1;
        }
        tokio::select! {
            biased;
            answer = answers.next() => {
                let answer: Answer = serde_json::from_slice(&answer.context("the connection is gone")?.payload)?;
                meter.came(order::number(&answer.order_id));
                done += 1;
            }
            // An error, where a question was not stored.
            stored = wire.news() => drop(stored?),
        }
    }
    Ok(())
}
