//! What was promised and what came of it, by event: read from what the programs write down, outside of the framework.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::Read,
    path::Path,
};

use anyhow::Context;

use crate::{
    notes::{READY, Seen},
    work::{PACKED, PLACED},
};

/// Who must handle what: the agent by its name, and the event type.
const DUTIES: [(&str, &str); 3] = [("packer", PLACED), ("audit", PLACED), ("audit", PACKED)];

/// All that is known.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    events: HashMap<String, Fate>,
    /// What is read on in this round.
    files: Vec<Source>,
    round: usize,
    ready: usize,
    lines: usize,
    confirmed: usize,
    /// The duties done in this round with events that were confirmed in it.
    fresh: [bool; DUTIES.len()],
    pub(crate) again: Again,
}

/// Handled once more.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Again {
    /// Though its acknowledgement was confirmed before a cut.
    pub(crate) acknowledged: usize,
    /// In a later round, and no acknowledgement was confirmed.
    pub(crate) open: usize,
    /// With no cut in between.
    pub(crate) uncut: usize,
}

/// One event.
#[derive(Debug, Default)]
struct Fate {
    packed: bool,
    /// In which round, where that is known to be before its cut.
    confirmed: Option<usize>,
    /// By duty.
    done: [Done; DUTIES.len()],
}

#[derive(Clone, Copy, Debug, Default)]
struct Done {
    /// The last round in which it was handled.
    handled: Option<usize>,
    /// The last round in which the acknowledgement was confirmed, where that is known to be before its cut.
    acknowledged: Option<usize>,
}

/// What one program has written down.
#[derive(Debug)]
struct Source {
    agent: &'static str,
    file: File,
    /// The beginning of a line whose end is not there yet.
    rest: String,
}

/// What was confirmed and never handled, by the round in which it was confirmed.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    /// Events that somebody has not got.
    pub(crate) events: BTreeMap<usize, usize>,
    /// How many each agent has not got, and some of their ids.
    pub(crate) by_duty: BTreeMap<String, (usize, Vec<String>)>,
}

impl Ledger {
    /// Begins a round: what was written down in another one is not read on.
    pub(crate) fn begin(&mut self, round: usize) {
        self.files.clear();
        (self.round, self.ready, self.fresh) = (round, 0, [false; DUTIES.len()]);
    }

    pub(crate) fn round(&self) -> usize {
        self.round
    }

    /// Reads on in what a program writes down.
    pub(crate) fn follow(&mut self, agent: &'static str, file: &Path) -> anyhow::Result<()> {
        self.files.push(Source { agent, file: File::open(file)?, rest: String::new() });
        Ok(())
    }

    /// How many agents of this round hear everything.
    pub(crate) fn ready(&self) -> usize {
        self.ready
    }

    /// How many lines were read in all.
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    /// How many publications were confirmed before a cut.
    pub(crate) fn confirmed(&self) -> usize {
        self.confirmed
    }

    /// Whether everybody has handled what was published in this round.
    pub(crate) fn is_resumed(&self) -> bool {
        self.fresh.iter().all(|fresh| *fresh)
    }

    /// Who has not.
    pub(crate) fn not_resumed(&self) -> String {
        let open = DUTIES.iter().zip(&self.fresh).filter(|(_, fresh)| !**fresh);
        open.map(|((agent, event_type), _)| format!("`{event_type}` by `{agent}`"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Takes what is written down so far as said before any cut.
    pub(crate) fn read(&mut self) -> anyhow::Result<()> {
        self.read_all(true)
    }

    /// Takes what is left of a round. A promise among it may have been given after the cut, and is none; what was handled
    /// was handled.
    pub(crate) fn read_after_cut(&mut self) -> anyhow::Result<()> {
        self.read_all(false)
    }

    fn read_all(&mut self, before_cut: bool) -> anyhow::Result<()> {
        let mut files = std::mem::take(&mut self.files);
        for source in &mut files {
            let mut text = std::mem::take(&mut source.rest);
            source.file.read_to_string(&mut text)?;
            let end = text.rfind('\n').map_or(0, |end| end + 1);
            source.rest = text.split_off(end);
            for line in text.lines() {
                self.line(source.agent, line, before_cut).with_context(|| format!("no note: `{line}`"))?;
            }
        }
        self.files = files;
        Ok(())
    }

    fn line(&mut self, agent: &str, line: &str, before_cut: bool) -> Option<()> {
        self.lines += 1;
        if line == READY {
            self.ready += 1;
            return Some(());
        }
        let mut words = line.split(' ');
        let (what, event_type, id) = (Seen::read(words.next()?)?, words.next()?, words.next()?);
        let fate = self.events.entry(id.to_owned()).or_default();
        fate.packed = event_type == PACKED;
        let round = self.round;
        if what == Seen::Confirmed {
            if before_cut {
                self.confirmed += usize::from(fate.confirmed.is_none());
                fate.confirmed = Some(round);
            }
        } else {
            let duty = DUTIES.iter().position(|duty| *duty == (agent, event_type))?;
            let done = &mut fate.done[duty];
            if what == Seen::Acknowledged {
                if before_cut {
                    done.acknowledged = Some(round);
                }
            } else {
                match done.handled.replace(round) {
                    None => {}
                    Some(last) if last == round => self.again.uncut += 1,
                    Some(_) if done.acknowledged.is_some() => self.again.acknowledged += 1,
                    Some(_) => self.again.open += 1,
                }
            }
        }
        for (fresh, done) in self.fresh.iter_mut().zip(&fate.done) {
            *fresh |= fate.confirmed == Some(round) && done.handled == Some(round);
        }
        Some(())
    }

    /// What was confirmed, and somebody never got.
    pub(crate) fn lost(&self) -> Lost {
        let mut lost = Lost::default();
        for (id, fate) in &self.events {
            let Some(round) = fate.confirmed else { continue };
            let due = |event_type: &str| (event_type == PACKED) == fate.packed;
            let duties = DUTIES.iter().zip(&fate.done).filter(|((_, event_type), _)| due(event_type));
            let mut complete = true;
            for ((agent, event_type), _) in duties.filter(|(_, done)| done.handled.is_none()) {
                complete = false;
                let (count, ids) = lost.by_duty.entry(format!("{event_type} by {agent}")).or_default();
                *count += 1;
                ids.push(id.clone());
            }
            if !complete {
                *lost.events.entry(round).or_default() += 1;
            }
        }
        lost
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn note(ledger: &mut Ledger, agent: &str, line: &str) {
        ledger.line(agent, line, true).unwrap();
    }

    #[test]
    fn what_was_confirmed_before_a_cut_and_one_agent_never_got_is_lost() {
        let mut ledger = Ledger::default();
        for id in ["both", "one", "none"] {
            note(&mut ledger, "publisher", &format!("confirmed {PLACED} {id}"));
        }
        ledger.line("publisher", &format!("confirmed {PLACED} late"), false).unwrap();
        note(&mut ledger, "packer", &format!("handled {PLACED} both"));
        note(&mut ledger, "audit", &format!("handled {PLACED} both"));
        note(&mut ledger, "packer", &format!("handled {PLACED} one"));
        note(&mut ledger, "packer", &format!("confirmed {PACKED} packed"));
        ledger.begin(1);
        note(&mut ledger, "audit", &format!("handled {PACKED} packed"));

        assert_eq!(ledger.confirmed(), 4);
        let lost = ledger.lost();
        assert_eq!(lost.events, BTreeMap::from([(0, 2)]));
        assert_eq!(lost.by_duty["parcel.placed by audit"].0, 2);
        assert_eq!(lost.by_duty["parcel.placed by packer"].1, ["none"]);
        assert_eq!(lost.by_duty.len(), 2);
    }

    #[test]
    fn what_comes_again_is_told_apart_by_what_was_confirmed_before_the_cut() {
        let mut ledger = Ledger::default();
        for id in ["acknowledged", "late", "open", "open"] {
            note(&mut ledger, "packer", &format!("handled {PLACED} {id}"));
        }
        note(&mut ledger, "packer", &format!("acknowledged {PLACED} acknowledged"));
        ledger.line("packer", &format!("acknowledged {PLACED} late"), false).unwrap();
        ledger.begin(1);
        for id in ["acknowledged", "late", "open"] {
            note(&mut ledger, "packer", &format!("handled {PLACED} {id}"));
        }
        let Again { acknowledged, open, uncut } = ledger.again;
        assert_eq!((acknowledged, open, uncut), (1, 2, 1));
    }

    #[test]
    fn a_round_has_resumed_when_every_agent_has_handled_what_was_published_in_it() {
        let mut ledger = Ledger::default();
        note(&mut ledger, "publisher", &format!("confirmed {PLACED} old"));
        ledger.begin(1);
        note(&mut ledger, "packer", &format!("handled {PLACED} old"));
        note(&mut ledger, "audit", &format!("handled {PLACED} new"));
        note(&mut ledger, "publisher", &format!("confirmed {PLACED} new"));
        note(&mut ledger, "packer", &format!("confirmed {PACKED} packed"));
        note(&mut ledger, "audit", &format!("handled {PACKED} packed"));
        assert_eq!(ledger.not_resumed(), "`parcel.placed` by `packer`");
        note(&mut ledger, "packer", &format!("handled {PLACED} new"));
        assert!(ledger.is_resumed());
    }
}
