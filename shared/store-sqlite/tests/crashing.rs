//! Nothing that was answered is lost, however the process ends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "these are tests, functions beside them included"
)]

mod scratch;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use scratch::Scratch;
use store::contract::samples::{entry, identity};
use store::{ExecutionStore, PutEntry};
use store_sqlite::{DATABASE_FILE, SqliteStore};

/// Where the process that is killed writes; it is this very test program, told so.
const DIRECTORY: &str = "BACKSTEP_CRASHING_DIRECTORY";

async fn put(store: &SqliteStore, revision: u64) {
    let entry = entry(&identity("order", "o-1"), revision, 1);
    assert_eq!(store.put_entry(&entry).await, Ok(PutEntry::Committed));
}

/// The revisions in the journal, from 1 without gaps.
async fn journal_length(path: &Path) -> u64 {
    let store = SqliteStore::open(path).unwrap();
    let entries = store.entries(&identity("order", "o-1").id, 0, 100_000).await.unwrap();
    let revisions: Vec<u64> = entries.iter().map(|entry| entry.revision).collect();
    let length = u64::try_from(revisions.len()).unwrap();
    assert_eq!(revisions, (1..=length).collect::<Vec<_>>());
    length
}

/// Puts entries one after the other, saying each when it was answered: as the process that is killed without end, otherwise ten.
#[tokio::test]
async fn entries_are_answered_one_after_the_other() {
    let scratch = Scratch::new();
    let told = std::env::var_os(DIRECTORY);
    let path = told.as_ref().map_or(scratch.path(), Path::new);
    let last = if told.is_some() { u64::MAX } else { 10 };
    {
        let store = SqliteStore::open(path).unwrap();
        for revision in 1..=last {
            put(&store, revision).await;
            println!("answered {revision}");
        }
    }
    assert_eq!(journal_length(path).await, last);
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_answered() {
    for answers in [1, 7, 40] {
        let scratch = Scratch::new();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "entries_are_answered_one_after_the_other", "--nocapture"])
            .env(DIRECTORY, scratch.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let answered = lines.filter_map(|line| line.unwrap().strip_prefix("answered ")?.parse::<u64>().ok());
        let last = answered.take(answers).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // What was being written when it was killed may be there as well.
        let length = journal_length(scratch.path()).await;
        assert!(length >= last, "{last} were answered, {length} are there");
    }
}

/// Copies what is in the files at this moment: what a power cut would leave, had the system written all it was given.
fn copy(from: &Path, to: &Path) {
    for name in [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal")] {
        std::fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

#[tokio::test]
async fn what_was_answered_is_in_the_files_at_that_moment() {
    let (scratch, copied) = (Scratch::new(), Scratch::new());
    let store = SqliteStore::open(scratch.path()).unwrap();
    for revision in 1..=20 {
        put(&store, revision).await;
    }
    copy(scratch.path(), copied.path());
    assert_eq!(journal_length(copied.path()).await, 20);
}

#[tokio::test]
async fn a_log_that_breaks_off_is_read_up_to_its_last_whole_commit() {
    let (scratch, whole) = (Scratch::new(), Scratch::new());
    let store = SqliteStore::open(scratch.path()).unwrap();
    for revision in 1..=20 {
        put(&store, revision).await;
    }
    copy(scratch.path(), whole.path());
    let log = format!("{DATABASE_FILE}-wal");
    let bytes = std::fs::metadata(whole.path().join(&log)).unwrap().len();
    let mut lengths = Vec::new();
    for tenth in 1..10 {
        let torn = Scratch::new();
        copy(whole.path(), torn.path());
        let file = std::fs::OpenOptions::new().write(true).open(torn.path().join(&log)).unwrap();
        file.set_len(bytes * tenth / 10).unwrap();
        lengths.push(journal_length(torn.path()).await);
    }
    assert!(lengths.is_sorted() && lengths.iter().all(|length| *length < 20), "{lengths:?}");
    assert!(lengths[8] > lengths[0], "{lengths:?}");
}
