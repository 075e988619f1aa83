//! Requests for deliveries, and what the server says to them. Owns the protocol of one consumer's pulls; must not
//! know what is done with what comes.

use std::{
    collections::VecDeque,
    mem::take,
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::{HeaderMap, Message, StatusCode};

use super::{consumer::Part, subject::Lane};
use crate::nats::{Numbers, named, numbers};

/// How long the server keeps a request.
pub(super) const EXPIRES: Duration = Duration::from_secs(60);

/// How often the server says that it still has it, where there is nothing else to say: for 200 idle durables 100 small
/// messages a second.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(2);

/// Without a word for so long, the request is taken for lost. A cluster that has lost a leader has no other before 4 s.
const SILENCE: Duration = Duration::from_millis(4500);

/// So many at once.
const LARGEST: usize = 1000;

/// So many requests of one consumer at a time: one is filled while the next is on its way. More would be of no use,
/// and the server keeps only so many for all members.
const REQUESTS: usize = 2;

/// The requests of one consumer.
pub(super) struct Pulls {
    pub(super) part: Arc<Part>,
    /// What the names of its deliveries begin with, once there was one.
    head: Option<String>,
    /// How many deliveries the server may still send to each, the oldest first.
    requests: VecDeque<usize>,
    /// How many of these have come, and the member was not told yet: until then its room does not show them.
    untold: usize,
    /// What was asked before this is forgotten.
    generation: u64,
    heard: Instant,
    /// A pause after trouble.
    not_before: Option<Instant>,
}

/// What a word of the server means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// It is alive.
    Heartbeat,
    /// So many of a request will not come.
    Over(usize),
    /// All requests are gone; ask again.
    Again,
    /// The consumer is gone, or JetStream is: look.
    Look,
}

impl Pulls {
    pub(super) fn new(part: Part, now: Instant) -> Self {
        let (part, requests) = (Arc::new(part), VecDeque::new());
        Self { part, head: None, requests, untold: 0, generation: 0, heard: now, not_before: None }
    }

    /// A request for what there is room for: where the answers go, and its body; `None` while it is no use to ask. Of a lane,
    /// something may be `held`.
    pub(super) fn request(
        &mut self,
        index: usize,
        room: usize,
        held: bool,
        now: Instant,
    ) -> Option<(String, String)> {
        let wanted = match self.part.lane {
            // It gives one at a time, and what it gives too early is kept here.
            Lane::Number(_) => usize::from(self.outstanding() == 0 && !held),
            Lane::Any | Lane::Keyless if runs_low(self.outstanding(), room) => room - self.outstanding(),
            Lane::Any | Lane::Keyless => 0,
        };
        if wanted == 0 || self.requests.len() >= REQUESTS || self.not_before.is_some_and(|at| now < at) {
            return None;
        }
        let wanted = wanted.min(LARGEST);
        self.not_before = None;
        self.requests.push_back(wanted);
        self.heard = now;
        let body = format!(
            r#"{{"batch":{wanted},"expires":{},"idle_heartbeat":{}}}"#,
            EXPIRES.as_nanos(),
            HEARTBEAT.as_nanos()
        );
        Some((format!("{index}.{}", self.generation), body))
    }

    /// The last request could not be sent.
    pub(super) fn take_back(&mut self) {
        self.requests.pop_back();
    }

    /// A delivery came.
    pub(super) fn came(&mut self, now: Instant) {
        self.untold += 1;
        self.heard = now;
    }

    /// The member was told of what came.
    pub(super) fn told(&mut self) {
        let told = take(&mut self.untold);
        self.take(told);
    }

    /// How many deliveries the member is still to be told of.
    fn outstanding(&self) -> usize {
        self.requests.iter().sum()
    }

    /// So many will not come any more, or have come. The server may fill several at once; only the sum is certain.
    fn take(&mut self, mut count: usize) {
        while let Some(oldest) = self.requests.front_mut() {
            let taken = count.min(*oldest);
            *oldest -= taken;
            count -= taken;
            if *oldest > 0 {
                return;
            }
            self.requests.pop_front();
        }
    }

    /// The server said something to a request of this generation.
    pub(super) fn said(&mut self, generation: u64, word: &Word, now: Instant) {
        if generation != self.generation {
            return;
        }
        self.heard = now;
        match word {
            Word::Heartbeat => {}
            Word::Over(rest) => self.take(*rest),
            Word::Again | Word::Look => self.forget(),
        }
    }

    /// Nothing that was asked will be answered.
    pub(super) fn forget(&mut self) {
        self.requests.clear();
        self.untold = 0;
        self.generation += 1;
    }

    pub(super) fn pause(&mut self, until: Instant) {
        self.not_before = Some(until);
    }

    /// What pauses goes on once it is time, and silence where nothing was asked for is none: also where nothing is to be asked for,
    /// nobody is to be woken for it again and again.
    pub(super) fn look_at(&mut self, now: Instant) {
        self.not_before = self.not_before.filter(|at| now < *at);
        if self.requests.is_empty() {
            self.heard = now;
        }
    }

    pub(super) fn is_silent(&self, now: Instant) -> bool {
        !self.requests.is_empty() && now >= self.heard + SILENCE
    }

    /// When to look again by itself. For silence, also where nothing was asked for: who looks is not told when the member asks.
    pub(super) fn wakes(&self) -> Instant {
        let silence = self.heard + SILENCE;
        self.not_before.map_or(silence, |at| at.min(silence))
    }
}

/// Of which of these consumers a delivery of this name is, and what else its name says; of none where that was left behind.
pub(super) fn whose(all: &mut [Pulls], name: &str) -> Option<(Option<usize>, Numbers)> {
    let read = |pulls: &Pulls| numbers(name.strip_prefix(pulls.head.as_deref()?)?);
    if let Some(found) = all.iter().enumerate().find_map(|(index, pulls)| Some((Some(index), read(pulls)?))) {
        return Some(found);
    }
    let named = named(name)?;
    let index = all.iter().position(|pulls| pulls.part.consumer == named.consumer);
    if let Some(pulls) = index.and_then(|index| all.get_mut(index)) {
        pulls.head = Some(named.head.to_owned());
    }
    Some((index, named.numbers))
}

/// Whether it is time to ask for more: half of the room is not spoken for. Until then enough is on its way.
fn runs_low(outstanding: usize, room: usize) -> bool {
    outstanding * 2 <= room
}

/// What the server says where it does not deliver; `None` for a delivery.
pub(super) fn word(message: &Message) -> Option<Word> {
    let status = message.status?;
    let text = message.description.as_deref().unwrap_or_default().to_lowercase();
    Some(match status {
        StatusCode::IDLE_HEARTBEAT => Word::Heartbeat,
        StatusCode::NO_RESPONDERS => Word::Look,
        _ if text.contains("consumer deleted") => Word::Look,
        _ => match pending(message.headers.as_ref()) {
            Some(rest) => Word::Over(rest),
            None => Word::Again,
        },
    })
}

fn pending(headers: Option<&HeaderMap>) -> Option<usize> {
    headers?.get("Nats-Pending-Messages")?.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outstanding_is_counted_and_old_words_change_nothing() {
        let now = Instant::now();
        let mut pulls = Pulls::new(Part { consumer: "c".into(), lane: Lane::Any }, now);
        assert_eq!(pulls.request(0, 5, false, now).unwrap().0, "0.0");
        come(&mut pulls, 1, now);
        pulls.said(0, &Word::Over(3), now);
        assert_eq!(pulls.outstanding(), 1);
        pulls.forget();
        assert!(pulls.request(0, 2, false, now).is_some() && pulls.request(0, 4, false, now).is_some());
        assert!(pulls.request(0, 9, false, now).is_none(), "two are enough");
        come(&mut pulls, 2, now);
        pulls.said(0, &Word::Over(2), now);
        assert_eq!(pulls.outstanding(), 2, "that was said of an older request");
        assert!(!pulls.is_silent(now) && pulls.is_silent(now + SILENCE));
    }

    fn come(pulls: &mut Pulls, count: usize, now: Instant) {
        for _ in 0..count {
            pulls.came(now);
        }
        pulls.told();
    }

    #[test]
    fn never_more_is_outstanding_than_there_is_room_for() {
        let now = Instant::now();
        let mut pulls = Pulls::new(Part { consumer: "c".into(), lane: Lane::Any }, now);
        assert!(pulls.request(0, 0, false, now).is_none());
        assert!(pulls.request(0, 8, false, now).unwrap().1.contains(r#""batch":8,"#));
        come(&mut pulls, 3, now);
        assert!(pulls.request(0, 8, false, now).is_none(), "more than half is on its way");
        come(&mut pulls, 1, now);
        assert!(pulls.request(0, 8, false, now).unwrap().1.contains(r#""batch":4,"#));
    }

    #[test]
    fn what_came_is_outstanding_until_the_member_was_told() {
        let now = Instant::now();
        let mut pulls = Pulls::new(Part { consumer: "c".into(), lane: Lane::Any }, now);
        pulls.request(0, 2, false, now).unwrap();
        pulls.came(now);
        pulls.came(now);
        assert!(pulls.request(0, 2, false, now).is_none());
        pulls.told();
        pulls.told();
        assert!(pulls.request(0, 2, false, now).is_some());
        pulls.came(now);
        pulls.forget();
        pulls.request(0, 2, false, now).unwrap();
        pulls.told();
        assert_eq!(pulls.outstanding(), 2, "that came of an older request");
    }

    #[test]
    fn what_is_taken_back_is_asked_for_again_and_nothing_else() {
        let now = Instant::now();
        let mut pulls = Pulls::new(Part { consumer: "c".into(), lane: Lane::Any }, now);
        pulls.request(0, 2, false, now).unwrap();
        pulls.request(0, 8, false, now).unwrap();
        pulls.take_back();
        assert_eq!(pulls.outstanding(), 2);
        assert!(pulls.request(0, 8, false, now).unwrap().1.contains(r#""batch":6,"#));
    }

    #[test]
    fn a_lane_is_asked_for_one_unless_it_is_held() {
        let now = Instant::now();
        let mut pulls = Pulls::new(Part { consumer: "c".into(), lane: Lane::Number(3) }, now);
        assert!(pulls.request(3, 8, true, now).is_none());
        assert!(pulls.request(3, 8, false, now).unwrap().1.contains(r#""batch":1,"#));
        assert!(pulls.request(3, 8, false, now).is_none());
    }

    #[test]
    fn a_pause_that_is_over_wakes_nobody_where_nothing_is_asked_for() {
        let (now, pause) = (Instant::now(), Duration::from_secs(1));
        let mut pulls = Pulls::new(Part { consumer: "c".into(), lane: Lane::Any }, now);
        pulls.pause(now + pause);
        pulls.look_at(now);
        assert_eq!(pulls.wakes(), now + pause);
        assert!(pulls.request(0, 1, false, now).is_none());
        pulls.look_at(now + pause);
        assert_eq!(pulls.wakes(), now + pause + SILENCE);
        assert!(pulls.request(0, 1, false, now + pause).is_some());
    }

    #[test]
    fn whoever_looks_in_time_misses_no_silence_whenever_something_was_asked_for() {
        let now = Instant::now();
        let mut pulls = Pulls::new(Part { consumer: "c".into(), lane: Lane::Any }, now);
        let looks = pulls.wakes();
        pulls.look_at(looks);
        assert!(!pulls.is_silent(looks), "nothing was asked for");
        let looks = pulls.wakes();
        let asked = now + SILENCE + SILENCE / 2;
        pulls.request(0, 1, false, asked).unwrap();
        assert!(looks <= asked + SILENCE);
        pulls.look_at(looks);
        assert_eq!(pulls.wakes(), asked + SILENCE);
        assert!(pulls.is_silent(asked + SILENCE));
    }

    #[test]
    fn a_delivery_is_known_by_its_name_the_first_time_and_later() {
        let of =
            |consumer: &str| Pulls::new(Part { consumer: consumer.into(), lane: Lane::Any }, Instant::now());
        let mut all = [of("shop"), of("shop-2")];
        for sequence in [7, 8] {
            let mut read = |of: &str| whose(&mut all, &format!("$JS.ACK.{of}.2.{sequence}.1.17.0"));
            let numbers = Numbers { delivered: 2, sequence };
            assert_eq!(read("facts.shop"), Some((Some(0), numbers)));
            assert_eq!(read("facts.shop-2"), Some((Some(1), numbers)));
            assert_eq!(
                read("hub.acc.facts.shop"),
                Some((Some(0), numbers)),
                "another form, as after a new connection"
            );
            assert_eq!(read("facts.left"), Some((None, numbers)));
            assert_eq!(read("facts.shop.x"), None);
        }
    }

    #[test]
    fn more_is_asked_for_when_half_of_the_room_is_free_and_always_where_nothing_is_on_its_way() {
        assert!(runs_low(0, 1) && runs_low(16, 32));
        assert!(!runs_low(1, 1) && !runs_low(17, 32));
    }
}
