//! What the open file does when things go wrong, seen through [`Database`].

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, StatementStatus};

use super::{
    Change, Database, FileError,
    scratch::{Scratch, open},
};
use crate::clock::Clock;

const PATIENCE: Duration = Duration::from_secs(30);

/// All that is said of a file that cannot be opened.
async fn refusal(path: &Path) -> String {
    let error = anyhow::Error::from(open(path, &Clock::system()).await.err().unwrap());
    format!("{error:#}")
}

/// Writes one row, of so many bytes.
fn row(bytes: u32) -> impl Fn(&Change<'_>) -> rusqlite::Result<()> + Send + 'static {
    move |change| {
        let sql = "INSERT INTO store (key, value) VALUES (hex(randomblob(8)), zeroblob(?1))";
        change.file.execute(sql, [bytes]).map(drop)
    }
}

async fn rows(file: &Database) -> i64 {
    let count = |file: &Connection| file.query_row("SELECT count(*) FROM store", [], |row| row.get(0));
    file.read(count).await.unwrap()
}

/// Holds the writer up until it is dropped: what is written meanwhile is one commit.
async fn hold(file: &Arc<Database>) -> std::sync::mpsc::Sender<()> {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (begins, begun) = tokio::sync::oneshot::channel();
    let mut begins = Some(begins);
    let file = file.clone();
    tokio::spawn(async move {
        let hold = file.write(move |_| {
            let _ = begins.take().map(|begins| begins.send(()));
            // An error is how it ends.
            let _ = held.recv();
            Ok(())
        });
        hold.await
    });
    begun.await.unwrap();
    release
}

/// From now on the file takes no more, or does again.
async fn set_full(file: &Database, full: bool) {
    let pages = if full { 1 } else { 1_000_000 };
    file.write(move |change| change.file.pragma_update(None, "max_page_count", pages)).await.unwrap();
}

#[tokio::test]
async fn what_one_handle_has_written_another_reads_and_is_told_of() {
    let place = Scratch::new();
    let (one, other) = (place.open().await, place.open().await);
    let mut news = other.news();
    let told = one.write(|change| {
        change.tell();
        row(1)(change)
    });
    told.await.unwrap();
    tokio::time::timeout(PATIENCE, news.changed()).await.unwrap().unwrap();
    assert_eq!(rows(&other).await, 1);
    assert!((one.clock().now() - other.clock().now()).abs() < 1_000);
}

#[tokio::test]
async fn a_change_that_fails_or_panics_is_undone_alone() {
    let place = Scratch::new();
    let one = place.open().await;
    let failing = one.write(|change| {
        row(1)(change)?;
        change.file.execute("UPDATE nowhere SET seen = 1", [])
    });
    let panicking = one.write(|change| -> rusqlite::Result<()> {
        row(1)(change)?;
        panic!("on purpose");
    });
    let held = hold(&one).await;
    let release = async { drop(held) };
    let (failed, panicked, worked, ()) = tokio::join!(failing, panicking, one.write(row(1)), release);
    let failed = failed.unwrap_err().to_string();
    assert!(failed.contains("no such table: nowhere"), "{failed}");
    assert!(matches!(panicked, Err(FileError::Panicked(text)) if text == "on purpose"));
    worked.unwrap();
    assert_eq!(rows(&one).await, 1);
    let panicked = one.read(|_| -> rusqlite::Result<()> { panic!("on purpose") }).await;
    assert!(matches!(panicked, Err(FileError::Panicked(_))), "{panicked:?}");
    assert_eq!(rows(&one).await, 1);
}

#[tokio::test]
async fn what_a_change_has_borrowed_is_given_back_before_its_caller_goes_on() {
    let place = Scratch::new();
    let one = place.open().await;
    let own = Arc::new(());
    for _ in 0..200 {
        let borrowed = own.clone();
        let uses = move |_: &Change<'_>| Ok(Arc::strong_count(&borrowed));
        assert_eq!(one.write_light(uses).await.unwrap(), 2);
        assert_eq!(Arc::strong_count(&own), 1);
    }
}

#[tokio::test]
async fn a_statement_is_planned_once_whatever_is_bound() {
    let place = Scratch::new();
    let one = place.open().await;
    let planned_anew = one.read(|file| {
        let mut join = file.prepare(
            "SELECT b.key FROM store a JOIN store b ON b.revision = a.until WHERE a.revision = ?1",
        )?;
        for revision in 0..10 {
            join.exists([revision])?;
        }
        Ok(join.get_status(StatementStatus::RePrepare))
    });
    assert_eq!(planned_anew.await.unwrap(), 0);
}

#[tokio::test]
async fn a_full_disk_fails_all_that_would_have_been_committed_together_and_is_over_when_there_is_room() {
    let place = Scratch::new();
    let one = place.open().await;
    one.write(row(1)).await.unwrap();
    set_full(&one, true).await;
    // Small enough for what is there, large enough for more, and small again: one commit.
    let held = hold(&one).await;
    let release = async { drop(held) };
    let (before, large, after, ()) =
        tokio::join!(one.write(row(1)), one.write(row(1_000_000)), one.write(row(1)), release);
    for result in [before, large, after] {
        assert!(matches!(result, Err(FileError::Full(_))), "{result:?}");
    }
    assert_eq!(rows(&one).await, 1);
    set_full(&one, false).await;
    one.write(row(1_000_000)).await.unwrap();
    assert_eq!(rows(&*place.open().await).await, 2);
}

#[tokio::test]
async fn a_change_that_keeps_quiet_about_a_full_disk_commits_nothing_of_the_others() {
    let place = Scratch::new();
    let one = place.open().await;
    set_full(&one, true).await;
    let quiet = one.write(|change| {
        drop(row(1_000_000)(change));
        Ok(())
    });
    let held = hold(&one).await;
    let release = async { drop(held) };
    let (before, quiet, after, ()) = tokio::join!(one.write(row(1)), quiet, one.write(row(1)), release);
    for result in [before, quiet, after] {
        assert!(matches!(result, Err(FileError::Undone)), "{result:?}");
    }
    assert_eq!(rows(&one).await, 0);
    one.write(row(1)).await.unwrap();
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_left_as_it_was() {
    let place = Scratch::new();
    Connection::open(place.file()).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    let before = std::fs::read(place.file()).unwrap();
    let refused = refusal(&place.file()).await;
    assert!(refused.contains("a database of another program"), "{refused}");
    assert!(std::fs::read(place.file()).unwrap() == before, "it was written into");
}

#[tokio::test]
async fn what_is_no_database_damaged_or_newer_is_refused() {
    let place = Scratch::new();
    std::fs::write(place.file(), "these are the minutes of our last meeting, not a database".repeat(99))
        .unwrap();
    let refused = refusal(&place.file()).await;
    assert!(refused.contains("is no sound database: file is not a database"), "{refused}");

    let place = Scratch::new();
    let one = place.open().await;
    one.write(|change| change.file.pragma_update(None, "user_version", 99)).await.unwrap();
    let refused = refusal(&place.file()).await;
    assert!(refused.contains("a newer version of soorma (its tables are version 99"), "{refused}");

    let place = Scratch::new();
    let one = place.open().await;
    for _ in 0..50 {
        one.write(row(3_000)).await.unwrap();
    }
    drop(one);
    let closed = async {
        while place.folder().join("a.db-wal").exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
    let mut bytes = std::fs::read(place.file()).unwrap();
    for byte in &mut bytes[4_096..] {
        *byte = 0xa5;
    }
    std::fs::write(place.file(), bytes).unwrap();
    let refused = refusal(&place.file()).await;
    assert!(refused.contains("is no sound database"), "{refused}");
}

#[tokio::test]
async fn what_cannot_be_a_file_is_refused_with_what_to_do() {
    let place = Scratch::new();
    for (path, says) in [
        (Path::new("/nowhere/a.db"), "the folder `/nowhere` does not exist; make it first"),
        (place.folder(), "it is a folder; name a file in it"),
        (Path::new("/dev/null/a.db"), "`/dev/null` is no folder"),
        (Path::new("/sys/a.db"), "both must be writable"),
    ] {
        let refused = refusal(path).await;
        assert!(refused.contains(says), "{refused}");
    }
    std::os::unix::fs::symlink(place.folder().join("none"), place.file()).unwrap();
    let refused = refusal(&place.file()).await;
    assert!(refused.contains("it is a link to nothing"), "{refused}");
}

#[tokio::test]
async fn two_names_of_one_file_are_one() {
    let place = Scratch::new();
    let one = place.open().await;
    let link = place.folder().join("link.db");
    std::os::unix::fs::symlink(place.file(), &link).unwrap();
    let other = open(&link, &Clock::system()).await.unwrap();
    let mut news = other.news();
    news.mark_unchanged();
    one.write(|change| {
        change.tell();
        row(1)(change)
    })
    .await
    .unwrap();
    tokio::time::timeout(PATIENCE, news.changed()).await.unwrap().unwrap();
    assert_eq!(rows(&other).await, 1);
    assert!(!place.folder().join("link.db-turn").exists());
}

#[tokio::test]
async fn a_file_that_is_deleted_or_replaced_is_noticed_and_nothing_is_written_into_it() {
    for name in ["a.db", "a.db-wal", "a.db-turn"] {
        let place = Scratch::new();
        let one = place.open().await;
        one.write(row(1)).await.unwrap();
        let (path, aside) = (place.folder().join(name), place.folder().join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        let count = one.read(|file| file.query_row("SELECT 1", [], |row| row.get::<_, i64>(0)));
        for result in [one.write(row(1)).await, count.await.map(drop)] {
            assert!(matches!(&result, Err(FileError::Gone(gone)) if *gone == path), "{result:?}");
        }
        std::fs::copy(&aside, &path).unwrap();
        assert!(matches!(one.write(row(1)).await, Err(FileError::Gone(_))));
        // Put back, it goes on.
        std::fs::rename(&aside, &path).unwrap();
        one.write(row(1)).await.unwrap();
        assert_eq!(rows(&one).await, 2);
    }
}

#[tokio::test]
async fn somebody_who_writes_without_taking_turns_is_named() {
    let place = Scratch::new();
    let one = place.open().await;
    let other = Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = one.write(row(1)).await;
    assert!(matches!(locked, Err(FileError::Locked(_))), "{locked:?}");
    other.execute_batch("COMMIT").unwrap();
    one.write(row(1)).await.unwrap();
}

#[tokio::test]
async fn the_time_is_noted_and_what_was_on_its_way_is_written_when_the_last_handle_goes() {
    let place = Scratch::new();
    let one = place.open().await;
    one.write(|change| change.file.execute("UPDATE clock SET seen = 0", [])).await.unwrap();
    let mut writes = Vec::new();
    for _ in 0..100 {
        let one = one.clone();
        writes.push(tokio::spawn(async move { one.write(row(1)).await }));
    }
    drop(one);
    for write in writes {
        write.await.unwrap().unwrap();
    }
    let one = place.open().await;
    assert_eq!(rows(&one).await, 100);
    let seen = one.read(|file| file.query_row("SELECT seen FROM clock", [], |row| row.get::<_, i64>(0)));
    assert!(seen.await.unwrap() > one.clock().now() - 60_000);
}
