//! What a directory must be to be opened, and what is found when it is opened again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "these are tests, functions beside them included"
)]

mod scratch;

use std::path::Path;
use std::time::Duration;

use interpreter::{DefinitionHash, ExecutionStatus, ValueHash};
use scratch::Scratch;
use store::contract::samples::{at, entry, head, held, identity, item, item_key, key, machine, put, taking, versioned};
use store::{Condition, ExecutionStore, LedgerExpectation, LedgerStore};
use store_sqlite::{DATABASE_FILE, OpenError, Purged, SqliteStore};

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).unwrap()
}

/// Changes the database behind the store's back.
fn tamper(path: &Path, statements: &str) {
    rusqlite::Connection::open(path.join(DATABASE_FILE)).unwrap().execute_batch(statements).unwrap();
}

#[tokio::test]
async fn everything_is_there_when_the_store_is_opened_again() {
    let scratch = Scratch::new();
    let (head, entry, text) = (head("order", "o-1", 5), entry(&identity("order", "o-1"), 1, 1), "{\"large\": true}");
    let id = &head.identity.id;
    {
        let store = open(scratch.path());
        store.create_head(&head).await.unwrap();
        store.put_entry(&entry).await.unwrap();
        store.put_values(id, &[(ValueHash::of(text), text.into())]).await.unwrap();
        store.put_definition(&DefinitionHash::of(text), text).await.unwrap();
        store.put_machine(&machine("order", 1)).await.unwrap();
        store.transact(&[taking("k", "one")], &[put("a", 1.into(), Condition::Absent)], at(0)).await.unwrap();
    }
    let store = open(scratch.path());
    assert_eq!(store.head(&head.identity.arn).await, Ok(Some(head.clone())));
    assert_eq!(store.latest_entry(id).await, Ok(Some(entry)));
    assert_eq!(store.values(id, &[ValueHash::of(text)]).await.unwrap().len(), 1);
    assert_eq!(store.definition(&DefinitionHash::of(text)).await, Ok(Some(text.into())));
    assert_eq!(store.list_machines(None, 10).await, Ok(vec![machine("order", 1)]));
    assert_eq!(store.ledger(&key("k")).await, Ok(Some(versioned(held("one", 1), 1))));
    assert_eq!(store.item(&item_key("stock", "a"), at(0)).await, Ok(Some(item("a", 1.into(), None, 1))));
    assert_eq!(store.due(at(9), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_directory_is_made_where_there_is_none() {
    let scratch = Scratch::new();
    let nested = scratch.path().join("a/b");
    open(&nested).put_machine(&machine("order", 1)).await.unwrap();
    assert!(nested.join(DATABASE_FILE).exists());
}

#[test]
fn a_directory_in_use_is_refused_by_naming_its_user() {
    let scratch = Scratch::new();
    let first = open(scratch.path());
    let error = SqliteStore::open(scratch.path()).unwrap_err();
    let expected = format!("data directory `{}` is in use by this process", scratch.path().display());
    assert_eq!(error.to_string(), expected);
    // As it would stand there if another process had written it.
    std::fs::write(scratch.path().join("backstep.lock"), "4711\n").unwrap();
    let error = SqliteStore::open(scratch.path()).unwrap_err();
    assert!(error.to_string().ends_with("is in use by process 4711"), "{error}");
    let clone = first.clone();
    drop(first);
    assert!(SqliteStore::open(scratch.path()).is_err(), "a clone is still there");
    drop(clone);
    assert!(SqliteStore::open(scratch.path()).is_ok(), "given up with the last one");
}

#[test]
fn a_file_where_the_directory_should_be_is_refused() {
    let scratch = Scratch::new();
    let file = scratch.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(SqliteStore::open(&file), Err(OpenError::Directory(_))));
}

#[test]
fn a_database_of_a_newer_release_is_refused_and_left_as_it_is() {
    let scratch = Scratch::new();
    drop(open(scratch.path()));
    tamper(scratch.path(), "PRAGMA user_version = 2");
    let error = SqliteStore::open(scratch.path()).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 2, known: 1 }), "{error}");
    tamper(scratch.path(), "PRAGMA user_version = 1");
    assert!(SqliteStore::open(scratch.path()).is_ok());
}

#[test]
fn a_database_of_something_else_is_refused() {
    let check = |statements: &str| {
        let scratch = Scratch::new();
        tamper(scratch.path(), statements);
        assert!(matches!(SqliteStore::open(scratch.path()), Err(OpenError::Foreign)), "{statements}");
    };
    check("CREATE TABLE notes (text TEXT)");
    check("PRAGMA user_version = 1");
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join(DATABASE_FILE), "not a database at all, but long enough to be read as one".repeat(20))
        .unwrap();
    assert!(matches!(SqliteStore::open(scratch.path()), Err(OpenError::Database(_))));
}

#[tokio::test]
async fn what_ended_long_ago_is_purged_with_all_that_is_its_own() {
    let scratch = Scratch::new();
    let store = open(scratch.path());
    let (old, fresh, still_open) = (head("order", "old", 0), head("order", "fresh", 1), head("order", "open", 2));
    for head in [&old, &fresh, &still_open] {
        let id = &head.identity.id;
        store.create_head(head).await.unwrap();
        store.put_entry(&entry(&head.identity, 1, 1)).await.unwrap();
        store.put_values(id, &[(ValueHash::of("1"), "1".into())]).await.unwrap();
        let key = interpreter::IdempotencyKey::of_action(id, "A", 1, None);
        store.put_ledger(&key, &held("one", 1), LedgerExpectation::Absent).await.unwrap();
    }
    store.report(&old.identity, ExecutionStatus::Succeeded, Some(at(10)), None, 2).await.unwrap();
    store.report(&fresh.identity, ExecutionStatus::Succeeded, Some(at(500)), None, 2).await.unwrap();
    let expiring = store::contract::samples::put_until("a", 1.into(), at(20), Condition::Always);
    store.transact(&[], &[expiring, put("b", 1.into(), Condition::Always)], at(0)).await.unwrap();

    let purged = store.purge(at(200), Duration::from_secs(100)).await;
    assert_eq!(purged, Ok(Purged { executions: 1, items: 1 }));
    assert_eq!(store.purge(at(200), Duration::from_secs(100)).await, Ok(Purged::default()), "once");
    for (head, kept) in [(old, false), (fresh, true), (still_open, true)] {
        let id = &head.identity.id;
        let ledger = interpreter::IdempotencyKey::of_action(id, "A", 1, None);
        assert_eq!(store.head(&head.identity.arn).await.unwrap().is_some(), kept);
        assert_eq!(store.latest_entry(id).await.unwrap().is_some(), kept);
        assert_eq!(store.values(id, &[ValueHash::of("1")]).await.unwrap().len(), usize::from(kept));
        assert_eq!(store.ledger(&ledger).await.unwrap().is_some(), kept);
    }
    assert_eq!(store.items("stock", None, 10, at(0)).await.unwrap().len(), 1);
}
