//! Requests under way, all on one inbox. Owns whose an answer is, what goes out together, and what ends a request that is not
//! answered: the loss of its connection, a refusal, its deadline. Must not know what is asked.
//!
//! A request that is alone is the client's own, which wakes whoever asked one task earlier than an inbox does. What is
//! asked while others are under way is sent with all that is asked in the same turn of the runtime, so that client and
//! server read and write once for many.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_nats::{
    Client, HeaderMap, Message, PublishError, PublishErrorKind, Request, RequestError, RequestErrorKind,
    StatusCode, Subject, Subscriber,
};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::{
    sync::{Notify, oneshot, watch},
    task::{JoinSet, yield_now},
};

use super::{
    AskError, Outage,
    events::{Refusal, State},
};
use crate::{
    clock::Clock,
    race::{First, race},
};

/// How often deadlines are looked at: a request ends so much later at the most. One look for all costs less than a timer each.
const SWEEP: Duration = Duration::from_millis(100);

/// The requests of one connection.
pub(super) struct Requests {
    desk: Arc<Desk>,
    /// They end with it.
    _tasks: JoinSet<()>,
}

struct Desk {
    client: Client,
    clock: Clock,
    /// What answers are sent to begins with it.
    inbox: String,
    pending: Mutex<Pending>,
    /// There is something to send.
    queued: Notify,
    /// There is something to end in time.
    began: Notify,
}

/// Bounded by those who wait for an answer.
struct Pending {
    next: u64,
    asked: HashMap<u64, Asked>,
    queue: Vec<Outgoing>,
    /// The connection, as far as those under way have been told.
    known: State,
    /// Whether deadlines are looked at.
    swept: bool,
    /// Nobody hears answers any more: the connection is gone for good, or the runtime on which it was made.
    over: bool,
}

/// What waits for its answer.
struct Asked {
    answer: oneshot::Sender<Result<Message, AskError>>,
    subject: Subject,
    over: State,
    deadline: Instant,
    within: Duration,
}

struct Outgoing {
    id: u64,
    subject: Subject,
    headers: Option<HeaderMap>,
    payload: Bytes,
}

impl Requests {
    pub(super) async fn start(
        client: &Client,
        clock: &Clock,
        state: watch::Receiver<State>,
        refusals: Arc<Mutex<VecDeque<Refusal>>>,
    ) -> Result<Self, async_nats::SubscribeError> {
        let inbox = format!("{}.", client.new_inbox());
        let answers = client.subscribe(format!("{inbox}*")).await?;
        let known = *state.borrow();
        let pending =
            Pending { next: 0, asked: HashMap::new(), queue: Vec::new(), known, swept: false, over: false };
        let desk = Arc::new(Desk {
            client: client.clone(),
            clock: clock.clone(),
            inbox,
            pending: Mutex::new(pending),
            queued: Notify::new(),
            began: Notify::new(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(desk.clone().hear(answers));
        tasks.spawn(desk.clone().send_queued());
        tasks.spawn(desk.clone().watch(state, refusals));
        tasks.spawn(desk.clone().sweep());
        Ok(Self { desk, _tasks: tasks })
    }

    /// Sends a request over the connection of `state`, and waits for its answer. Cancelled, it may have been sent.
    pub(super) async fn ask(
        &self,
        state: State,
        subject: Subject,
        headers: Option<HeaderMap>,
        payload: Bytes,
        deadline: Instant,
    ) -> Result<Message, AskError> {
        let desk = &*self.desk;
        let within = deadline.saturating_duration_since(desk.clock.now());
        let (answer, mut answered) = oneshot::channel();
        let (id, alone) = {
            let mut pending = desk.lock();
            if pending.over
                || pending.known.epoch > state.epoch
                || (pending.known.epoch == state.epoch && !pending.known.connected)
            {
                return Err(AskError::Outage(Outage));
            }
            let id = pending.next;
            pending.next += 1;
            let asked = Asked { answer, subject: subject.clone(), over: state, deadline, within };
            pending.asked.insert(id, asked);
            let alone = pending.asked.len() == 1;
            if !std::mem::replace(&mut pending.swept, true) {
                desk.began.notify_one();
            }
            if alone {
                let request = Request { headers, ..Request::new().payload(payload).timeout(None) };
                (id, Some((subject, request)))
            } else {
                let outgoing = Outgoing { id, subject, headers, payload };
                pending.queue.push(outgoing);
                if pending.queue.len() == 1 {
                    desk.queued.notify_one();
                }
                (id, None)
            }
        };
        let withdrawn = Withdrawn { desk, id };
        let ended = match alone {
            None => answered.await,
            Some((subject, request)) => {
                let sent = desk.client.send_request(subject.clone(), request);
                match race(sent, &mut answered).await {
                    First::Left(answer) => return answer.map_err(|error| failed(error, &subject)),
                    First::Right(ended) => ended,
                }
            }
        };
        // Whoever ended it has taken it out.
        std::mem::forget(withdrawn);
        ended.unwrap_or(Err(AskError::Outage(Outage)))
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hear(self: Arc<Self>, mut answers: Subscriber) {
        let _hearing = Hearing(self.clone());
        while let Some(message) = answers.next().await {
            let id = message.subject.strip_prefix(self.inbox.as_str()).and_then(|id| id.parse().ok());
            let Some(asked) = id.and_then(|id: u64| self.lock().asked.remove(&id)) else { continue };
            // Whoever asked may be gone.
            let _ = asked.answer.send(match message.status {
                Some(StatusCode::NO_RESPONDERS) => Err(AskError::NoResponder(asked.subject.to_string())),
                _ => Ok(message),
            });
        }
    }

    async fn send_queued(self: Arc<Self>) {
        let mut together = Vec::new();
        loop {
            self.queued.notified().await;
            // Until whoever else can run has: they were woken by the same read, and ask as well.
            yield_now().await;
            std::mem::swap(&mut together, &mut self.lock().queue);
            for outgoing in together.drain(..) {
                self.send(outgoing).await;
            }
        }
    }

    async fn send(&self, Outgoing { id, subject, headers, payload }: Outgoing) {
        let reply = format!("{}{id}", self.inbox);
        let sent = match headers {
            Some(headers) => {
                self.client.publish_with_reply_and_headers(subject, reply, headers, payload).await
            }
            None => self.client.publish_with_reply(subject, reply, payload).await,
        };
        if let Err(error) = sent
            && let Some(asked) = self.lock().asked.remove(&id)
        {
            let _ = asked.answer.send(Err(refused(error)));
        }
    }

    /// Ends what was asked over a connection that is lost, and what the server refuses.
    async fn watch(
        self: Arc<Self>,
        mut states: watch::Receiver<State>,
        refusals: Arc<Mutex<VecDeque<Refusal>>>,
    ) {
        // Seen as changed once, for what has changed since `known`.
        states.mark_changed();
        while states.changed().await.is_ok() {
            let state = *states.borrow_and_update();
            let refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
            let is_refused = |asked: &Asked| {
                let later = |refusal: &&Refusal| refusal.number > asked.over.refused;
                refusals.iter().filter(later).any(|refusal| refusal.subject == asked.subject.as_str())
            };
            let mut pending = self.lock();
            pending.known = state;
            let ended = pending.asked.extract_if(|_, asked| {
                !state.connected || asked.over.epoch < state.epoch || is_refused(asked)
            });
            for (_, asked) in ended {
                let error = match is_refused(&asked) {
                    true => AskError::Denied(asked.subject.to_string()),
                    false => AskError::Outage(Outage),
                };
                let _ = asked.answer.send(Err(error));
            }
        }
    }

    /// Ends what is not answered in time.
    async fn sweep(self: Arc<Self>) {
        loop {
            self.began.notified().await;
            while self.lock().swept {
                self.clock.sleep(SWEEP).await;
                let now = self.clock.now();
                let mut pending = self.lock();
                // Until then nobody is woken for the next one.
                pending.swept = !pending.asked.is_empty();
                for (_, asked) in pending.asked.extract_if(|_, asked| now >= asked.deadline) {
                    let _ = asked.answer.send(Err(AskError::TimedOut(asked.within)));
                }
            }
        }
    }
}

/// Somebody hears answers.
struct Hearing(Arc<Desk>);

impl Drop for Hearing {
    fn drop(&mut self) {
        let mut pending = self.0.lock();
        pending.over = true;
        // Whoever waits is told of an outage.
        pending.asked.clear();
    }
}

/// Nobody waits for this answer any more.
struct Withdrawn<'a> {
    desk: &'a Desk,
    id: u64,
}

impl Drop for Withdrawn<'_> {
    fn drop(&mut self) {
        self.desk.lock().asked.remove(&self.id);
    }
}

fn refused(error: PublishError) -> AskError {
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => AskError::TooLarge,
        _ => AskError::Client(error.into()),
    }
}

fn failed(error: RequestError, subject: &Subject) -> AskError {
    match error.kind() {
        RequestErrorKind::NoResponders => AskError::NoResponder(subject.to_string()),
        RequestErrorKind::MaxPayloadExceeded => AskError::TooLarge,
        _ => AskError::Client(error.into()),
    }
}
