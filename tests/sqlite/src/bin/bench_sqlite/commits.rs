//! How many commits the writer of this process has made, and how much was in them: what it says of them to `tracing`.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

const WRITER: &str = "soorma::sqlite::writer";

/// Of the synced ones: how many, and what was in them.
static SYNCED: AtomicU64 = AtomicU64::new(0);
static CHANGES: AtomicU64 = AtomicU64::new(0);
/// Those that are not synced by themselves.
static LIGHT: AtomicU64 = AtomicU64::new(0);

/// Listens from now on.
pub(crate) fn count() -> anyhow::Result<()> {
    tracing::subscriber::set_global_default(Listener).context("somebody else listens")
}

/// Synced commits, the changes in them, and the others.
pub(crate) fn counted() -> [u64; 3] {
    [&SYNCED, &CHANGES, &LIGHT].map(|count| count.load(Ordering::Relaxed))
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && (metadata.target() == WRITER || *metadata.level() <= Level::WARN)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn event(&self, event: &Event<'_>) {
        if *event.metadata().level() <= Level::WARN {
            eprintln!("{event:?}");
            return;
        }
        let mut commit = Commit::default();
        event.record(&mut commit);
        if commit.synced {
            SYNCED.fetch_add(1, Ordering::Relaxed);
            CHANGES.fetch_add(commit.changes, Ordering::Relaxed);
        } else {
            LIGHT.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Commit {
    changes: u64,
    synced: bool,
}

impl Visit for Commit {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "changes" {
            self.changes = value;
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "synced" {
            self.synced = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
