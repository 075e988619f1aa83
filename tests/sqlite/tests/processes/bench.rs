//! What the tests with real processes share: the processes, what they say, and what the file says of them.

use std::{collections::VecDeque, process::Stdio, time::Duration};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use soorma::prelude::*;
use soorma_sqlite_tests::{Does, Place, Step};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What processes say, in the order in which it comes: who, and the words.
type Said = mpsc::Receiver<(usize, String)>;

pub(crate) struct Processes {
    url: String,
    tell: mpsc::Sender<(usize, String)>,
    said: Said,
    /// What was said while somebody waited for a process to be ready.
    kept: VecDeque<(usize, String)>,
    all: Vec<Child>,
}

impl Processes {
    pub(crate) fn new(place: &Place) -> Self {
        Self::on(place.url())
    }

    pub(crate) fn on(url: String) -> Self {
        let (tell, said) = mpsc::channel(10_000);
        Self { url, tell, said, kept: VecDeque::new(), all: Vec::new() }
    }

    /// Starts one more; its number.
    pub(crate) fn spawn(&mut self, role: &str) -> usize {
        let mut command = Command::new(env!("CARGO_BIN_EXE_step_process"));
        command.args([role, &self.url]).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, number) = (self.tell.clone(), self.all.len());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if tell.send((number, line)).await.is_err() {
                    return;
                }
            }
            let _ = tell.send((number, "gone".to_owned())).await;
        });
        self.all.push(child);
        number
    }

    pub(crate) async fn next(&mut self) -> (usize, String) {
        match self.kept.pop_front() {
            Some(said) => said,
            None => tokio::time::timeout(PATIENCE, self.said.recv()).await.expect("nothing is said").unwrap(),
        }
    }

    /// Waits for words, and drops those before; who said them.
    pub(crate) async fn until(&mut self, words: &str) -> usize {
        loop {
            let (who, said) = self.next().await;
            if said == words {
                return who;
            }
        }
    }

    /// The same, and waits until it is ready. Its handlers may have begun before.
    pub(crate) async fn start(&mut self, role: &str) -> usize {
        let number = self.spawn(role);
        let mut kept = VecDeque::new();
        loop {
            match self.next().await {
                (who, said) if who == number && said == "ready" => break,
                said => kept.push_back(said),
            }
        }
        self.kept = kept;
        number
    }

    /// Writes a line to its standard input.
    pub(crate) async fn tell(&mut self, number: usize, line: &str) {
        let input = self.all[number].stdin.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        input.flush().await.unwrap();
    }

    /// Has it end well, and waits for that.
    pub(crate) async fn end(&mut self, number: usize) {
        drop(self.all[number].stdin.take());
        assert!(self.all[number].wait().await.unwrap().success());
    }

    /// By SIGKILL.
    pub(crate) async fn kill(&mut self, number: usize) {
        self.all[number].kill().await.unwrap();
    }

    /// It stands still from now on.
    pub(crate) fn pause(&self, number: usize) {
        self.signal(number, Signal::STOP);
    }

    pub(crate) fn resume(&self, number: usize) {
        self.signal(number, Signal::CONT);
    }

    fn signal(&self, number: usize, signal: Signal) {
        let id = self.all[number].id().unwrap();
        kill_process(Pid::from_raw(id.cast_signed()).unwrap(), signal).unwrap();
    }

    /// What was said that nobody has waited for.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        let kept = std::mem::take(&mut self.kept).into_iter();
        kept.chain(std::iter::from_fn(|| self.said.try_recv().ok())).map(|(_, said)| said).collect()
    }
}

pub(crate) async fn publish(client: &Client, number: u32, key: &str, does: Does) {
    client.publish(Step { number, key: key.to_owned(), does }).await.unwrap();
}

/// Somebody with a plain client.
pub(crate) fn by_hand(place: &Place) -> Connection {
    let file = Connection::open(place.file()).unwrap();
    file.busy_timeout(PATIENCE).unwrap();
    file
}

pub(crate) fn count(place: &Place, query: &str) -> i64 {
    by_hand(place).query_row(query, (), |row| row.get(0)).unwrap()
}

/// How many events of a type are stored.
pub(crate) fn stored(place: &Place, event_type: &str) -> i64 {
    count(place, &format!("SELECT count(*) FROM events WHERE type = '{event_type}'"))
}

/// Waits until the file says so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, so).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
}

pub(crate) async fn settled(place: &Place) {
    let all = "SELECT sum(waiting + in_hand + delayed) FROM subscriptions";
    until("nothing is left to do", || count(place, all) == 0).await;
}
