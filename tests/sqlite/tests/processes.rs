//! The cases of the conformance suite that speak of another process, a kill or a start, with processes that are some.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use rusqlite::Connection;
use soorma::prelude::*;
use soorma_sqlite_tests::{Does, Place, Step};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
};

const PATIENCE: Duration = Duration::from_secs(120);

/// What processes say, in the order in which it comes: who, and the words.
type Said = mpsc::Receiver<(usize, String)>;

struct Processes {
    url: String,
    tell: mpsc::Sender<(usize, String)>,
    said: Said,
    all: Vec<Child>,
}

impl Processes {
    fn new(place: &Place) -> Self {
        let (tell, said) = mpsc::channel(10_000);
        Self { url: place.url(), tell, said, all: Vec::new() }
    }

    /// Starts one more; its number.
    fn spawn(&mut self, role: &str) -> usize {
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

    async fn next(&mut self) -> (usize, String) {
        tokio::time::timeout(PATIENCE, self.said.recv()).await.expect("nothing is said").unwrap()
    }

    /// Waits for words, and drops those before; who said them.
    async fn until(&mut self, words: &str) -> usize {
        loop {
            let (who, said) = self.next().await;
            if said == words {
                return who;
            }
        }
    }

    async fn start(&mut self, role: &str) -> usize {
        let number = self.spawn(role);
        self.until("ready").await;
        number
    }

    /// By SIGKILL.
    async fn kill(&mut self, number: usize) {
        self.all[number].kill().await.unwrap();
    }
}

async fn publish(client: &Client, number: u32, key: &str, does: Does) {
    client.publish(Step { number, key: key.to_owned(), does }).await.unwrap();
}

fn count(place: &Place, query: &str) -> i64 {
    let file = Connection::open(place.file()).unwrap();
    file.busy_timeout(PATIENCE).unwrap();
    file.query_row(query, (), |row| row.get(0)).unwrap()
}

async fn settled(place: &Place) {
    let all = "SELECT sum(waiting + in_hand + delayed) FROM subscriptions";
    let settled = async {
        while count(place, all) > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, settled).await.expect("something is left to do");
}

#[tokio::test]
async fn c05_c43_processes_that_start_at_once_on_a_new_file_share_the_work() {
    let place = Place::new("shared").unwrap();
    let mut processes = Processes::new(&place);
    let mut ready = 0;
    for _ in 0..3 {
        processes.spawn("works");
    }
    while ready < 3 {
        assert_eq!(processes.next().await.1, "ready");
        ready += 1;
    }
    let client = Client::connect(&place.url(), "test").await.unwrap();
    let mut by = [0; 3];
    for number in 0..300 {
        publish(&client, number, &number.to_string(), Does::Work).await;
    }
    while by.iter().sum::<u32>() < 300 {
        let (who, said) = processes.next().await;
        by[who] += u32::from(said.starts_with("end"));
    }
    settled(&place).await;
    assert!(processes.said.try_recv().is_err(), "one was handled twice");
    assert!(by.iter().all(|share| *share >= 30), "{by:?}");
}

#[tokio::test]
async fn c08_c20_what_a_killed_process_had_in_hand_and_what_came_meanwhile_goes_to_the_next() {
    let place = Place::new("killed").unwrap();
    let mut processes = Processes::new(&place);
    let hangs = processes.start("hangs").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    publish(&client, 1, "a", Does::Hang).await;
    assert_eq!(processes.until("begin 1").await, hangs);
    processes.kill(hangs).await;
    publish(&client, 2, "b", Does::Work).await;
    let other = processes.start("works").await;
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let (who, said) = processes.next().await;
        if let Some(number) = said.strip_prefix("end ") {
            assert_eq!(who, other);
            ended.push(number.to_owned());
        }
    }
    ended.sort();
    assert_eq!(ended, ["1", "2"]);
    settled(&place).await;
    assert_eq!(count(&place, "SELECT count(*) FROM failed"), 0);
}

#[tokio::test]
async fn c10_c11_order_by_key_holds_across_processes_and_a_kill() {
    let place = Place::new("ordered").unwrap();
    let mut processes = Processes::new(&place);
    let first = processes.start("works").await;
    processes.start("works").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    for number in 0..200 {
        publish(&client, number, &(number % 4).to_string(), Does::Work).await;
    }
    let mut ended: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut killed = false;
    // One that was ended, and not yet acknowledged at the kill, comes again.
    while ended.values().map(|numbers| numbers.iter().max().unwrap() / 4).sum::<u32>() < 4 * 49 {
        let (who, said) = processes.next().await;
        if let Some(number) = said.strip_prefix("end ") {
            let number: u32 = number.parse().unwrap();
            let before = ended.entry(number % 4).or_default();
            let last = before.last().copied();
            assert!(
                last.map_or(number < 4, |last| number == last + 4 || (killed && number == last)),
                "{number} after {before:?}"
            );
            before.push(number);
            if !killed && who == first && ended.values().map(Vec::len).sum::<usize>() > 60 {
                processes.kill(first).await;
                killed = true;
            }
        }
    }
    assert!(killed, "the first one has done nothing");
    settled(&place).await;
}

#[tokio::test]
async fn c46_an_event_that_kills_each_process_is_a_dead_letter_and_the_others_are_handled() {
    let place = Place::new("deadly").unwrap();
    let mut processes = Processes::new(&place);
    processes.start("works").await;
    let client = Client::connect(&place.url(), "test").await.unwrap();
    publish(&client, 666, "a", Does::Die).await;
    let letters = "SELECT count(*) FROM failed WHERE reason = 'process-lost'";
    let mut deaths = 0;
    while count(&place, letters) == 0 {
        assert!(deaths < 40, "it has killed 40 processes");
        let looks = tokio::time::timeout(Duration::from_millis(200), processes.said.recv()).await;
        if looks.is_ok_and(|said| said.unwrap().1 == "gone") {
            deaths += 1;
            processes.start("works").await;
        }
    }
    assert!(deaths > 1);
    publish(&client, 1, "a", Does::Work).await;
    processes.until("end 1").await;
    settled(&place).await;
}

#[tokio::test]
async fn c29_c35_what_a_process_has_published_before_it_is_killed_is_there() {
    let place = Place::new("published").unwrap();
    let mut processes = Processes::new(&place);
    let publisher = processes.spawn("publishes");
    processes.until("stored 100").await;
    processes.kill(publisher).await;
    let mut last = 100;
    while let Some(number) = processes.next().await.1.strip_prefix("stored ") {
        last = number.parse().unwrap();
    }
    let stored =
        count(&place, "SELECT count(DISTINCT data ->> 'number') FROM events WHERE type = 'process.step'");
    // One may be stored of which it could not speak any more.
    assert!(stored == last + 1 || stored == last + 2, "{last} was the last that was stored, of {stored}");
}
