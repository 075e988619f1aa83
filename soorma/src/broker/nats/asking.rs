//! The requests of one member, which its task and the member itself both send. Owns that sharing: each request is counted before
//! anybody else may count, and none without being sent. Must not know who has how much room.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::task::unconstrained;

use super::{
    consumer::Part,
    pull::{Pulls, whose},
};
use crate::nats::{Link, Numbers};

pub(super) struct Asking {
    link: Arc<Link>,
    /// Where requests go begins with it.
    subject: String,
    /// Where their answers go begins with it.
    pub(super) inbox: String,
    asked: Mutex<Asked>,
}

pub(super) struct Asked {
    /// Over which connection.
    connection: u64,
    pub(super) pulls: Vec<Pulls>,
}

/// A request that is counted.
pub(super) struct Request {
    subject: String,
    reply: String,
    body: Bytes,
}

/// What the name of a delivery says.
pub(super) struct Came {
    /// Of which consumer it is; of none that was left behind.
    pub(super) of: Option<(usize, Arc<Part>)>,
    pub(super) numbers: Numbers,
}

impl Asking {
    pub(super) fn new(link: &Arc<Link>, stream: &str, inbox: String, parts: Vec<Part>) -> Self {
        let asked = Asked { connection: link.connections(), pulls: pulls(parts, link.clock.now()) };
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}");
        Self { link: link.clone(), subject, inbox, asked: Mutex::new(asked) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the member: asks for what it has room for, if it is time. False where that is the task's to do: with lanes, with trouble
    /// on the connection, or where the client takes nothing now.
    pub(super) fn ask_at_once(&self, room: usize) -> bool {
        let mut asked = self.lock();
        if asked.connection != self.link.connections() || !self.link.is_connected() {
            return false;
        }
        let [only] = &mut asked.pulls[..] else { return false };
        let Some(request) = self.request(only, 0, room, false, self.link.clock.now()) else { return true };
        // It waits only for a client that is full: not for a budget of the caller, and not for an answer.
        let is_sent = unconstrained(self.send(request)).now_or_never().is_some();
        if !is_sent {
            only.take_back();
        }
        is_sent
    }

    /// For the task: what it is to send, with so much room; of each consumer, whether something of it is held.
    pub(super) fn due(&self, room: usize, held: impl Fn(usize) -> bool) -> Vec<Request> {
        let mut asked = self.lock();
        let connection = self.link.connections();
        if asked.connection != connection {
            asked.connection = connection;
            asked.pulls.iter_mut().for_each(Pulls::forget);
        }
        if room == 0 || !self.link.is_connected() {
            return Vec::new();
        }
        let (now, all) = (self.link.clock.now(), asked.pulls.iter_mut().enumerate());
        all.filter_map(|(index, pulls)| self.request(pulls, index, room, held(index), now)).collect()
    }

    fn request(
        &self,
        pulls: &mut Pulls,
        index: usize,
        room: usize,
        held: bool,
        now: Instant,
    ) -> Option<Request> {
        let (token, body) = pulls.request(index, room, held, now)?;
        let subject = format!("{}.{}", self.subject, pulls.part.consumer);
        Some(Request { subject, reply: format!("{}.{token}", self.inbox), body: body.into() })
    }

    pub(super) async fn send(&self, Request { subject, reply, body }: Request) {
        self.link.send(subject, Some(reply), body).await;
    }

    /// Counts a delivery of this name.
    pub(super) fn came(&self, name: &str, now: Instant) -> Option<Came> {
        let mut asked = self.lock();
        let (index, numbers) = whose(&mut asked.pulls, name)?;
        let of = index.map(|index| {
            let pulls = &mut asked.pulls[index];
            pulls.came(now);
            (index, pulls.part.clone())
        });
        Some(Came { of, numbers })
    }

    /// Forgets what was asked of a consumer of which nothing was heard for too long.
    pub(super) fn forget_silent(&self, now: Instant) -> Option<(usize, Arc<Part>)> {
        let mut asked = self.lock();
        let (index, pulls) = asked.pulls.iter_mut().enumerate().find(|(_, pulls)| pulls.is_silent(now))?;
        pulls.forget();
        Some((index, pulls.part.clone()))
    }

    pub(super) fn parts(&self) -> Vec<Arc<Part>> {
        self.lock().pulls.iter().map(|pulls| pulls.part.clone()).collect()
    }

    /// Goes on with other consumers.
    pub(super) fn replace(&self, parts: Vec<Part>) {
        self.lock().pulls = pulls(parts, self.link.clock.now());
    }
}

fn pulls(parts: Vec<Part>, now: Instant) -> Vec<Pulls> {
    parts.into_iter().map(|part| Pulls::new(part, now)).collect()
}
