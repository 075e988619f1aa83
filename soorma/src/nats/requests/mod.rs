//! Requests under way, all on one inbox. Owns whose an answer is, what goes out together, and what ends a request that is not
//! answered: the loss of its connection, a refusal, its deadline. Must not know what is asked.
//!
//! What one task asks is handed to the client at once: the client's own task runs when that one waits, and writes all of it
//! together. While several tasks ask, what they ask is sent with all that is asked in the same turn of the runtime, so that client
//! and server read and write once for many. That turn has a price, another thread that is woken, so one task does not pay it.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_nats::{
    Client, HeaderMap, Message, PublishError, PublishErrorKind, StatusCode, Subject, Subscriber,
};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::{
    sync::{Notify, oneshot, watch},
    task::{self, JoinSet, unconstrained, yield_now},
};

use super::{
    AskError, Outage,
    events::{Refusal, State},
    subject::check_subject,
};
use crate::{
    BoxFuture,
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
    asked: HashMap<u64, Asked, BuildHasherDefault<Spread>>,
    /// How many have ended without their asker having run since: they may ask again.
    ended: usize,
    /// Who has asked all of these.
    askers: Askers,
    queue: Vec<Outgoing>,
    /// The connection, as far as those under way have been told.
    known: State,
    /// Whether deadlines are looked at.
    swept: bool,
    /// Nobody hears answers any more: the connection is gone for good, or the runtime on which it was made.
    over: bool,
}

/// Numbers that count up, spread over the table. They are ours: nobody can choose those that meet.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[derive(PartialEq)]
enum Askers {
    /// One task, or whatever waits outside of tasks.
    One(Option<task::Id>),
    Several,
}

/// What waits for its answer.
struct Asked {
    answer: oneshot::Sender<Result<Message, AskError>>,
    subject: Subject,
    over: State,
    patience: Patience,
}

/// What is asked.
pub(super) struct Request {
    pub(super) subject: Subject,
    pub(super) headers: Option<HeaderMap>,
    pub(super) payload: Bytes,
}

/// Until when an answer is waited for.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) until: Instant,
    /// From when it was asked until then.
    pub(super) within: Duration,
}

struct Outgoing {
    id: u64,
    request: Request,
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
        let pending = Pending {
            next: 0,
            asked: HashMap::default(),
            ended: 0,
            askers: Askers::Several,
            queue: Vec::new(),
            known,
            swept: false,
            over: false,
        };
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
    pub(super) fn ask(
        &self,
        state: State,
        request: Request,
        patience: Patience,
    ) -> impl Future<Output = Result<Message, AskError>> + Send {
        let begun = self.desk.begin(state, request, patience);
        async move {
            let Begun { sending, mut answered, _waiting } = begun?;
            // There is one answer to wait for, so nobody is starved; and with the budget of a task, half of those that came
            // together would be taken a turn later.
            let answer = unconstrained(async {
                // A client that writes nothing takes nothing, and it may be over before.
                if let Some(sending) = sending
                    && let First::Right(ended) = race(sending, &mut answered).await
                {
                    return ended;
                }
                answered.await
            });
            answer.await.unwrap_or(Err(AskError::Outage(Outage)))
        }
    }
}

/// A request that waits for its answer.
struct Begun<'a> {
    /// What sends it, if it is sent at once. On the heap, so that what waits for its answer has no room for it.
    sending: Option<BoxFuture<'a, ()>>,
    answered: oneshot::Receiver<Result<Message, AskError>>,
    _waiting: Waiting<'a>,
}

impl Pending {
    /// Takes out what ends now; whoever waits for it must be told.
    fn end(&mut self, id: u64) -> Option<Asked> {
        let asked = self.asked.remove(&id);
        self.ended += usize::from(asked.is_some());
        asked
    }

    /// The same with all that are so.
    fn end_all(&mut self, mut are_so: impl FnMut(&Asked) -> bool) -> Vec<Asked> {
        let ended: Vec<Asked> =
            self.asked.extract_if(|_, asked| are_so(asked)).map(|(_, asked)| asked).collect();
        self.ended += ended.len();
        ended
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, over: State, request: Request, patience: Patience) -> Result<Begun<'_>, AskError> {
        check_subject(&request.subject).map_err(|error| AskError::Client(error.into()))?;
        let (answer, answered) = oneshot::channel();
        let mut pending = self.lock();
        let known = pending.known;
        if pending.over || known.epoch > over.epoch || (known.epoch == over.epoch && !known.connected) {
            return Err(AskError::Outage(Outage));
        }
        if !std::mem::replace(&mut pending.swept, true) {
            self.began.notify_one();
        }
        let id = pending.next;
        pending.next += 1;
        let asker = Askers::One(task::try_id());
        if pending.asked.is_empty() && pending.ended == 0 {
            pending.askers = asker;
        } else if pending.askers != asker {
            pending.askers = Askers::Several;
        }
        pending.asked.insert(id, Asked { answer, subject: request.subject.clone(), over, patience });
        let outgoing = Outgoing { id, request };
        let _waiting = Waiting { desk: self, id };
        if pending.askers != Askers::Several {
            drop(pending);
            return Ok(Begun { sending: Some(Box::pin(self.send(outgoing))), answered, _waiting });
        }
        pending.queue.push(outgoing);
        if pending.queue.len() == 1 {
            self.queued.notify_one();
        }
        Ok(Begun { sending: None, answered, _waiting })
    }

    async fn hear(self: Arc<Self>, mut answers: Subscriber) {
        let _hearing = Hearing(self.clone());
        while let Some(message) = answers.next().await {
            let id = message.subject.strip_prefix(self.inbox.as_str()).and_then(|id| id.parse().ok());
            let Some(asked) = id.and_then(|id: u64| self.lock().end(id)) else { continue };
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

    async fn send(&self, Outgoing { id, request }: Outgoing) {
        let Request { subject, headers, payload } = request;
        let reply = [self.inbox.as_str(), &id.to_string()].concat();
        let sent = match headers {
            Some(headers) => {
                self.client.publish_with_reply_and_headers(subject, reply, headers, payload).await
            }
            None => self.client.publish_with_reply(subject, reply, payload).await,
        };
        if let Err(error) = sent
            && let Some(asked) = self.lock().end(id)
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
            let ended = pending
                .end_all(|asked| !state.connected || asked.over.epoch < state.epoch || is_refused(asked));
            for asked in ended {
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
                for asked in pending.end_all(|asked| now >= asked.patience.until) {
                    let _ = asked.answer.send(Err(AskError::TimedOut(asked.patience.within)));
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
        drop(pending.end_all(|_| true));
    }
}

/// Somebody waits for this answer, until it is dropped.
struct Waiting<'a> {
    desk: &'a Desk,
    id: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut pending = self.desk.lock();
        if pending.asked.remove(&self.id).is_none() {
            pending.ended -= 1;
        }
    }
}

fn refused(error: PublishError) -> AskError {
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => AskError::TooLarge,
        _ => AskError::Client(error.into()),
    }
}

#[cfg(test)]
mod tests;
