//! A question and its answer as two persisted events, written by hand with async-nats: the streams, consumers, message
//! ids, confirmations and leases that soorma has, and nothing else of it but its envelope, where that is wanted (`form`).

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use async_nats::{
    Client, HeaderMap, Message,
    header::NATS_MESSAGE_ID,
    jetstream::{
        self, Context,
        consumer::{AckPolicy, PullConsumer, pull},
        kv, stream,
    },
};
use futures_util::TryStreamExt;
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use super::{
    contract::{Answer, Question},
    form::Form,
};

/// The header that names the request which an answer is to.
const ANSWERS: &str = "Answers";

/// The header that names the subject to which the answer goes.
const ANSWER_TO: &str = "Answer-To";

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many requests are answered at once; as many again are drawn.
const CONCURRENCY: usize = 16;

/// Both sides, on a connection each.
pub(super) struct ByHand {
    form: Form,
    context: Context,
    /// The subject of its answers; also the start of its ids.
    name: String,
    count: AtomicU64,
    waiting: Arc<Waiting>,
    failed: Failed,
    bucket: kv::Store,
}

/// The first thing that went wrong beside those who ask.
type Failed = Arc<OnceLock<String>>;

type Waiting = Mutex<HashMap<String, oneshot::Sender<Message>>>;

impl ByHand {
    pub(super) async fn start(url: &str, form: Form) -> anyhow::Result<Self> {
        let worker = async_nats::connect(url).await?;
        let context = jetstream::new(worker.clone());
        let failed = Failed::default();
        let requests = topic(&context, form, "requests").await?;
        let answers = topic(&context, form, "answers").await?;
        let durable = pull::Config {
            durable_name: Some("worker".to_owned()),
            filter_subject: question_subject(form),
            ack_policy: AckPolicy::Explicit,
            ack_wait: Duration::from_secs(33),
            max_ack_pending: -1,
            ..Default::default()
        };
        let requests = requests.create_consumer(durable).await?;
        tokio::spawn(noted(failed.clone(), work(worker, requests, form, failed.clone())));

        let asker = async_nats::connect(url).await?;
        let context = jetstream::new(asker.clone());
        let name = format!("{}.answers.{}", form.name(), asker.new_inbox().replace('.', "-"));
        let ephemeral = pull::Config {
            filter_subject: name.clone(),
            ack_policy: AckPolicy::None,
            memory_storage: true,
            inactive_threshold: Duration::from_secs(120),
            ..Default::default()
        };
        let answers = answers.create_consumer(ephemeral).await?;
        let waiting = Arc::<Waiting>::default();
        tokio::spawn(noted(failed.clone(), hear(answers, waiting.clone())));
        let config = kv::Config { bucket: form.name().to_owned(), ..Default::default() };
        let bucket = context.create_key_value(config).await?;
        Ok(Self { form, context, name, count: AtomicU64::new(0), waiting, failed, bucket })
    }

    /// Asks, and gives the answer.
    pub(super) async fn ask(&self, question: &Question) -> anyhow::Result<Answer> {
        let id = format!("{}-{}", self.name, self.count.fetch_add(1, Ordering::Relaxed));
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, id.as_str());
        headers.insert(ANSWER_TO, self.name.as_str());
        let payload = self.form.question(question, &self.name, PATIENCE)?.into();
        let answered = async {
            let sent = self.context.publish_with_headers(question_subject(self.form), headers, payload);
            sent.await?.await?;
            anyhow::Ok(answer.await?)
        };
        let answer = timeout(PATIENCE, answered).await??;
        if let Some(error) = self.failed.get() {
            bail!("by hand: {error}");
        }
        self.form.read(&answer.payload)
    }

    /// Creates an entry: what a journalled step cannot do without.
    pub(super) async fn create(&self) -> anyhow::Result<()> {
        let key = format!("outcomes.{:064}.0", self.count.fetch_add(1, Ordering::Relaxed));
        self.bucket.create(key, r#"{"what":"step number","outcome":{"given":0}}"#.into()).await?;
        Ok(())
    }
}

fn question_subject(form: Form) -> String {
    format!("{}.requests.question", form.name())
}

/// A stream as soorma has them.
async fn topic(context: &Context, form: Form, name: &str) -> anyhow::Result<stream::Stream> {
    let config = stream::Config {
        name: format!("{}_{name}", form.name()),
        subjects: vec![format!("{}.{name}.>", form.name())],
        storage: stream::StorageType::File,
        discard: stream::DiscardPolicy::New,
        max_age: Duration::from_secs(7 * 86_400),
        duplicate_window: Duration::from_secs(120),
        allow_direct: true,
        ..Default::default()
    };
    Ok(context.create_stream(config).await?)
}

/// Draws requests while others are answered: the next pull is sent when half of the last one has come.
async fn work(client: Client, consumer: PullConsumer, form: Form, failed: Failed) -> anyhow::Result<()> {
    let mut requests = consumer
        .stream()
        .max_messages_per_batch(2 * CONCURRENCY)
        .expires(Duration::from_secs(60))
        .heartbeat(Duration::from_secs(2))
        .messages()
        .await?;
    let places = Arc::new(Semaphore::new(CONCURRENCY));
    let context = jetstream::new(client.clone());
    while let Some(request) = requests.try_next().await? {
        let place = places.clone().acquire_owned().await?;
        let answered = respond(client.clone(), context.clone(), form, request.message);
        let failed = failed.clone();
        tokio::spawn(async move {
            noted(failed, answered).await;
            drop(place);
        });
    }
    Ok(())
}

/// The answer is stored before the request is acknowledged, and the acknowledgement confirmed, by the one subscription that the
/// client has for replies: `double_ack` would make one for each.
async fn respond(client: Client, context: Context, form: Form, request: Message) -> anyhow::Result<()> {
    let answer = form.answer(&request.payload)?;
    let header = |name: &str| {
        let headers = request.headers.as_ref().context("no headers")?;
        Ok::<_, anyhow::Error>(headers.get(name).context("a header is missing")?.as_str().to_owned())
    };
    let id = header(NATS_MESSAGE_ID.as_ref())?;
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, format!("{id}-answer").as_str());
    headers.insert(ANSWERS, id.as_str());
    context.publish_with_headers(header(ANSWER_TO)?, headers, answer.into()).await?.await?;
    let name = request.reply.context("a delivery has a name")?;
    client.request(name, "+ACK".into()).await?;
    Ok(())
}

async fn hear(consumer: PullConsumer, waiting: Arc<Waiting>) -> anyhow::Result<()> {
    let mut answers = consumer
        .stream()
        .max_messages_per_batch(64)
        .expires(Duration::from_secs(60))
        .heartbeat(Duration::from_secs(2))
        .messages()
        .await?;
    while let Some(answer) = answers.try_next().await? {
        let id = answer.headers.as_ref().and_then(|headers| headers.get(ANSWERS));
        let id = id.context("an answer to nothing")?.as_str();
        let caller = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        ensure!(caller.is_some_and(|caller| caller.send(answer.message).is_ok()), "nobody waits");
    }
    Ok(())
}

/// Whoever asks next says that it failed.
async fn noted(failed: Failed, done: impl Future<Output = anyhow::Result<()>>) {
    if let Err(error) = done.await {
        // Only the first counts.
        let _ = failed.set(format!("{error:#}"));
    }
}
