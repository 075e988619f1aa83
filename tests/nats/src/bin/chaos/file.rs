//! A file, read by the program `sqlite3`: nothing but the views that the documentation has for people.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};

use crate::broker::Stored;

/// How long the program waits for a lock, in milliseconds.
const PATIENCE: &str = ".timeout 30000";

/// Every order that was placed, and what became of it: events, and different events. In one pass: a join of two views reads
/// the one again for each row of the other.
const COUNT: &str = "
WITH orders AS (
    SELECT max(type = 'order.placed') AS placed,
           count(*) FILTER (WHERE type <> 'order.placed') AS events,
           count(DISTINCT id) FILTER (WHERE type <> 'order.placed') AS ids,
           min(type) FILTER (WHERE type <> 'order.placed') AS outcome
    FROM events WHERE type IN ('order.placed', 'order.completed', 'order.refused')
    GROUP BY data ->> '$.order.order_id')
SELECT count(*) FILTER (WHERE placed),
       count(*) FILTER (WHERE placed AND ids = 1 AND outcome = 'order.completed'),
       count(*) FILTER (WHERE placed AND ids = 1 AND outcome = 'order.refused'),
       count(*) FILTER (WHERE placed AND events = 0), count(*) FILTER (WHERE placed AND ids > 1),
       count(*) FILTER (WHERE placed AND ids = 1 AND events > 1),
       count(*) FILTER (WHERE NOT placed)
FROM orders";

/// The database, and how far it was counted.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    /// The last event that was looked at, and the outcomes up to there.
    counted: (u64, usize),
}

/// What the program has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) placed: usize,
    pub(crate) completed: usize,
    pub(crate) refused: usize,
    pub(crate) missing: usize,
    pub(crate) contradicted: usize,
    pub(crate) repeated: usize,
    pub(crate) strangers: usize,
}

impl File {
    /// A new one in this folder, and its URL.
    pub(crate) fn new(folder: &Path, parameters: &str) -> anyhow::Result<(Self, String)> {
        let version = Command::new("sqlite3").arg("--version").stdin(Stdio::null()).output();
        let version = version.context(
            "the program `sqlite3` counts what is in the file, and is not there; install it (3.39 or newer)",
        )?;
        let version = String::from_utf8_lossy(&version.stdout);
        let mut numbers = version.split(['.', ' ']).map_while(|number| number.parse::<u32>().ok());
        let known = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
        ensure!(known >= (3, 39), "the program `sqlite3` must be 3.39 or newer, and is {}", version.trim());
        let path = folder.join("orders.db");
        let sign = if parameters.is_empty() { "" } else { "?" };
        let url = format!("sqlite:{}{sign}{parameters}", path.display());
        Ok((Self { path, counted: (0, 0) }, url))
    }

    /// Outcomes so far. Looks at what is new only.
    pub(crate) fn outcomes(&mut self) -> anyhow::Result<usize> {
        let (last, outcomes) = self.counted;
        let row = self.row(&format!(
            "SELECT coalesce(max(sequence), {last}),
                    count(*) FILTER (WHERE type IN ('order.completed', 'order.refused'))
             FROM events WHERE sequence > {last}"
        ))?;
        let [last, more] = row[..] else { anyhow::bail!("two columns, not {row:?}") };
        self.counted = (last as u64, outcomes + more);
        Ok(self.counted.1)
    }

    pub(crate) fn backlog(&self) -> anyhow::Result<Vec<String>> {
        let mut backlog = Vec::new();
        // The reader may have gone.
        let query =
            "SELECT agent || ' ' || pattern || ': ' || waiting || ' waiting, ' || in_hand || ' in hand, ' ||
                            delayed || ' delayed'
                     FROM subscriptions WHERE agent <> 'reader' AND waiting + in_hand + delayed > 0";
        self.each(query, |line| {
            backlog.push(line.to_owned());
            Ok(())
        })?;
        Ok(backlog)
    }

    pub(crate) fn events(
        &self,
        mut read: impl FnMut(Stored<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        // `unixepoch(.., 'subsec')` came with 3.42.
        let query = "SELECT sequence, (julianday(stored) - 2440587.5) * 86400.0, CAST(envelope AS TEXT)
                     FROM events ORDER BY sequence";
        self.each(query, |line| {
            let mut cells = line.splitn(3, '|');
            let mut cell = || cells.next().with_context(|| format!("three columns, not `{line}`"));
            let (sequence, stored, envelope) = (cell()?.parse()?, cell()?.parse()?, cell()?);
            read(Stored { at: (0, sequence), stored, envelope: envelope.as_bytes() })
        })
    }

    pub(crate) fn letters(&self) -> anyhow::Result<Vec<String>> {
        let mut letters = Vec::new();
        self.each(
            "SELECT json_object('handler', handler, 'reason', reason, 'error', error) FROM failed",
            |line| {
                letters.push(line.to_owned());
                Ok(())
            },
        )?;
        Ok(letters)
    }

    pub(crate) fn count(&self) -> anyhow::Result<Count> {
        let row = self.row(COUNT)?;
        let [placed, completed, refused, missing, contradicted, repeated, strangers] = row[..] else {
            anyhow::bail!("seven columns, not {row:?}")
        };
        Ok(Count { placed, completed, refused, missing, contradicted, repeated, strangers })
    }

    /// The numbers of the only row.
    fn row(&self, query: &str) -> anyhow::Result<Vec<usize>> {
        let mut row = Vec::new();
        self.each(query, |line| {
            row = line.split('|').map(str::parse).collect::<Result<_, _>>()?;
            Ok(())
        })?;
        Ok(row)
    }

    /// Reads a query's rows, line by line.
    fn each(&self, query: &str, mut read: impl FnMut(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut program = Command::new("sqlite3")
            .args(["-batch", "-readonly", "-list", "-cmd", PATIENCE])
            .arg(&self.path)
            .arg(query)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("the program `sqlite3` cannot be run")?;
        let lines = BufReader::new(program.stdout.take().context("no output")?).lines();
        let mut done = Ok(());
        for line in lines {
            done = line.map_err(Into::into).and_then(|line| read(&line).with_context(|| line.clone()));
            if done.is_err() {
                let _ = program.kill();
                break;
            }
        }
        let mut said = String::new();
        program.stderr.take().context("no errors")?.read_to_string(&mut said)?;
        let status = program.wait()?;
        done?;
        ensure!(status.success(), "sqlite3: {status}: {}", said.trim());
        Ok(())
    }
}
