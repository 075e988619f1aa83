//! The store of one file, and real processes that share it.

#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Output, Stdio},
    sync::Arc,
    time::Duration,
};

use soorma::{
    BoxFuture, Clock,
    store::{Entry, Key, Store, StoreError, Watched, conformance},
};
use soorma_sqlite_tests::{How, Place, Write, Written};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
};

const PATIENCE: Duration = Duration::from_secs(60);
const PROCESS: &str = env!("CARGO_BIN_EXE_store_process");

async fn open(url: &str) -> Arc<dyn Store> {
    soorma::connect::store(url, &Clock::system()).await.unwrap()
}

fn process(program: &Path, does: &str, url: &str) -> Command {
    let mut command = Command::new(program);
    command.args([does, url]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

async fn output(mut command: Command) -> Output {
    tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Writes in a process of its own, and reads and watches here.
struct Elsewhere {
    here: Arc<dyn Store>,
    talk: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
    _process: Child,
}

impl Elsewhere {
    async fn new(url: &str) -> Self {
        let mut process = process(Path::new(PROCESS), "serve", url).spawn().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let talk = Mutex::new((process.stdin.take().unwrap(), answers));
        Self { here: open(url).await, talk, _process: process }
    }

    async fn write(
        &self,
        how: How,
        key: &Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<u64, StoreError> {
        let segments = key.segments().map(|segment| segment.into_owned()).collect();
        let mut line = serde_json::to_string(&Write { how, key: segments, value, ttl }).unwrap();
        line.push('\n');
        let mut talk = self.talk.lock().await;
        talk.0.write_all(line.as_bytes()).await.unwrap();
        let answer = talk.1.next_line().await.unwrap().unwrap();
        match serde_json::from_str(&answer).unwrap() {
            Written::Done(revision) => Ok(revision),
            Written::Conflict => Err(StoreError::Conflict(key.clone())),
            Written::Failed(error) => Err(StoreError::Unavailable(error.into())),
        }
    }
}

impl Store for Elsewhere {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        self.here.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.write(How::Put, key, value, ttl))
    }

    fn create<'a>(
        &'a self,
        key: &'a Key,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.write(How::Create, key, value, ttl))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a Key,
        revision: u64,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.write(How::Set(revision), key, value, ttl))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move { Ok(self.write(How::Delete, key, Vec::new(), None).await? == 1) })
    }

    fn list<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Vec<Key>, StoreError>> {
        self.here.list(prefix)
    }

    fn watch<'a>(&'a self, prefix: &'a Key) -> BoxFuture<'a, Result<Watched, StoreError>> {
        self.here.watch(prefix)
    }
}

#[tokio::test]
async fn what_one_process_writes_another_reads_as_the_suite_says() {
    let place = Place::new("suite").unwrap();
    let store: Arc<dyn Store> = Arc::new(Elsewhere::new(&place.url()).await);
    let mut tasks = Vec::new();
    for case in conformance::CASES {
        let store = store.clone();
        tasks.push((case.name, tokio::spawn(async move { case.run(&store, &Clock::system()).await })));
    }
    for (name, task) in tasks {
        if let Err(error) = task.await.unwrap() {
            panic!("{name}: {error}");
        }
    }
}

#[tokio::test]
async fn of_many_processes_that_open_a_new_file_at_the_same_moment_all_work() {
    let place = Place::new("opened").unwrap();
    let mut processes = Vec::new();
    for _ in 0..12 {
        processes.push(process(Path::new(PROCESS), "serve", &place.url()).spawn().unwrap());
    }
    for (n, child) in processes.iter_mut().enumerate() {
        let write =
            Write { how: How::Create, key: vec!["a".into(), n.to_string()], value: vec![], ttl: None };
        let line = format!("{}\n", serde_json::to_string(&write).unwrap());
        child.stdin.take().unwrap().write_all(line.as_bytes()).await.unwrap();
    }
    for child in processes {
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        assert!(text(&output.stdout).contains("Done"), "{output:?}");
    }
    assert_eq!(open(&place.url()).await.list(&Key::from(["a"])).await.unwrap().len(), 12);
}

#[tokio::test]
async fn processes_that_are_killed_lose_nothing_and_hold_nobody_up() {
    let place = Place::new("killed").unwrap();
    let (mut said, mut killed) = (0, 0);
    let mut processes: Vec<Child> = Vec::new();
    for round in 0..20_u64 {
        while processes.len() < 3 {
            processes.push(process(Path::new(PROCESS), "count", &place.url()).spawn().unwrap());
        }
        // The oldest has counted for two rounds, and is in the middle of something.
        let mut oldest = processes.remove(0);
        let mut counted = oldest.stdout.take().unwrap();
        let mut first = [0; 2];
        tokio::time::timeout(PATIENCE, counted.read_exact(&mut first)).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(round * 3)).await;
        oldest.kill().await.unwrap();
        let mut rest = String::new();
        counted.read_to_string(&mut rest).await.unwrap();
        said += 1 + rest.lines().count() as u64;
        killed += 1;
    }
    for mut last in processes {
        last.kill().await.unwrap();
        let mut rest = String::new();
        last.stdout.take().unwrap().read_to_string(&mut rest).await.unwrap();
        said += rest.lines().count() as u64;
        killed += 1;
    }
    let entry = open(&place.url()).await.get(&Key::from(["counter"])).await.unwrap().unwrap();
    let stored: u64 = String::from_utf8(entry.value).unwrap().parse().unwrap();
    // Each may have written one of which it could not speak any more.
    assert!(stored >= said && stored <= said + killed, "{said} said, {stored} stored");
}

#[tokio::test]
async fn a_process_that_dies_when_it_is_its_turn_lets_the_others_go_on() {
    let place = Place::new("turn").unwrap();
    let store = open(&place.url()).await;
    let turn = place.folder().join("a.db-turn");
    let mut holds = process(Path::new(PROCESS), "hold", &turn.display().to_string()).spawn().unwrap();
    let mut held = [0; 5];
    holds.stdout.take().unwrap().read_exact(&mut held).await.unwrap();
    assert!(File::open(&turn).unwrap().try_lock().is_err(), "it is nobody's turn");
    let writes = tokio::spawn({
        let store = store.clone();
        async move { store.put(&Key::from(["a"]), Vec::new(), None).await }
    });
    // Reading goes on.
    assert_eq!(store.get(&Key::from(["a"])).await.unwrap(), None);
    assert!(!writes.is_finished());
    holds.kill().await.unwrap();
    tokio::time::timeout(PATIENCE, writes).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_disk_that_takes_no_more_is_an_error_that_leaves_nothing_half_written() {
    let place = Place::new("limit").unwrap();
    // The largest file, in blocks of 512 bytes; what is larger is an error and no signal.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2000; exec \"$@\"", "sh", PROCESS, "fill", &place.url()]);
    let filled = output(limited).await;
    let said = text(&filled.stdout);
    let mut lines = said.lines();
    let error = lines.next().unwrap();
    assert!(error.contains("the store is unavailable") && error.contains("a.db"), "{error}");
    let (written, there) = lines.next().unwrap().split_once(' ').unwrap();
    assert_eq!(written, there, "{said}");
    let store = open(&place.url()).await;
    assert_eq!(store.list(&Key::from(["fill"])).await.unwrap().len().to_string(), written);
    store.put(&Key::from(["after"]), Vec::new(), None).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_named_and_what_comes_after_it_works() {
    let place = Place::new("full").unwrap();
    let script =
        "mount -t tmpfs -o size=3m tmpfs \"$1\" && head -c 1000000 /dev/zero > \"$1/ballast\" || exit 77
        exec \"$2\" fill \"sqlite:$1/a.db\" \"$1/ballast\"";
    let mut mounted = Command::new("unshare");
    mounted.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(place.folder()).arg(PROCESS);
    let filled = mounted.output().await;
    let said = match filled {
        Ok(filled) if filled.status.success() => text(&filled.stdout),
        Ok(filled) if filled.stdout.is_empty() => {
            eprintln!("not tested: no file system can be mounted here: {}", text(&filled.stderr));
            return;
        }
        other => panic!("{other:?}"),
    };
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].contains("cannot grow: the disk is full; it goes on when there is room"), "{said}");
    for counts in &lines[1..] {
        let (written, there) = counts.split_once(' ').unwrap();
        assert_eq!(written, there, "{said}");
    }
    assert_eq!(lines.len(), 3, "{said}");
}

#[tokio::test]
async fn a_read_only_file_or_folder_is_refused_with_what_to_do() {
    for (name, file_mode, folder_mode) in [("file", 0o444, 0o777), ("folder", 0o666, 0o555)] {
        let place = Place::new(&format!("read-only-{name}")).unwrap();
        let first = open(&place.url()).await;
        first.put(&Key::from(["a"]), Vec::new(), None).await.unwrap();
        drop(first);
        let gone = async {
            while place.folder().join("a.db-wal").exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.unwrap();
        let program = place.folder().join("program");
        // By another process: what a fork of this one holds open for writing cannot be run.
        assert!(Command::new("cp").args([Path::new(PROCESS), &program]).status().await.unwrap().success());
        for beside in ["a.db", "a.db-turn"] {
            let mode = if beside == "a.db" { file_mode } else { 0o666 };
            fs::set_permissions(place.folder().join(beside), Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(place.folder(), Permissions::from_mode(folder_mode)).unwrap();
        let mut command = process(&program, "fill", &place.url());
        // Nothing is read-only for root.
        if is_root() {
            command.uid(65_534).gid(65_534);
        }
        let refused = text(&output(command).await.stderr);
        fs::set_permissions(place.folder(), Permissions::from_mode(0o777)).unwrap();
        assert!(refused.contains("both must be writable"), "{name}: {refused}");
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
