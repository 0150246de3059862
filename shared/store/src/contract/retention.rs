//! What belongs to executions expires, and renewals keep it (ARCHITECTURE.md, invariant 15): checks for stores with a retention.
//!
//! A store's tests call [`retention_contract!`](crate::retention_contract) with a function that makes an empty store with a given retention. Time is
//! the checks': a retention of 100 s with a margin of 10 s, on a clock that stands still until it is advanced.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::ManualClock;
use interpreter::{ExecutionStatus, IdempotencyKey, Identity, ValueHash};
use serde_json::json;

use super::samples::{add, at, entry, head, held, identity, machine, succeeded};
use super::{SharedStore, eventually};
use crate::{Head, HeadCreation, HeadQuery, LedgerExpectation, PutEntry, Renewal, Retention, StoreError, Write};

/// What a store's tests make for each check: an empty store with a retention.
#[async_trait]
pub trait ExpiringStore: Send + Sync {
    /// The store.
    fn store(&self) -> SharedStore;

    /// The same store, by another retention or none.
    fn with(&self, retention: Option<Retention>) -> SharedStore;

    /// Deletes whatever has expired by `now_seconds` since 1970, as its expiry does some time; answers how many items.
    async fn sweep(&self, now_seconds: i64) -> usize;
}

/// How long the checks' stores keep.
const LENGTH_SECONDS: i64 = 100;
/// What items are kept beyond that.
const MARGIN_SECONDS: i64 = 10;
/// Items of a page.
const PAGE: usize = 3;

/// A store with a retention, and its clock.
pub struct Keeping {
    store: SharedStore,
    expiring: Arc<dyn ExpiringStore>,
    clock: Arc<ManualClock>,
}

/// A clock that shows when the checks begin.
pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_millis(at(0).millis()))
}

/// The retention of the checks.
pub fn retention(clock: &Arc<ManualClock>) -> Retention {
    let millis = |seconds: i64| u64::try_from(seconds * 1000).unwrap();
    Retention::millis(clock.clone(), millis(LENGTH_SECONDS), millis(MARGIN_SECONDS))
}

impl Keeping {
    /// A store that goes by this clock.
    pub fn new(expiring: impl ExpiringStore + 'static, clock: Arc<ManualClock>) -> Self {
        Self { store: expiring.store(), expiring: Arc::new(expiring), clock }
    }

    /// Lets it be so many seconds after the beginning.
    fn set(&self, seconds: i64) {
        self.clock.set_millis(at(seconds).millis());
    }

    async fn sweep(&self) -> usize {
        self.expiring.sweep(retention(&self.clock).now().millis().div_euclid(1000)).await
    }

    /// What is there of an execution.
    async fn found(&self, identity: &Identity) -> Found {
        let mut found = Found { head: false, entries: Vec::new(), values: 0, ledger: 0 };
        found.head = self.store.head(&identity.arn).await.unwrap().is_some_and(|head| head.identity.id == identity.id);
        assert_eq!(self.store.head_of(&identity.id).await.unwrap().is_some(), found.head, "by its id as well");
        let entries = self.store.entries(&identity.id, 0, 1000).await.unwrap();
        found.entries = entries.into_iter().map(|entry| entry.revision).collect();
        let latest = self.store.latest_entry(&identity.id).await.unwrap();
        assert_eq!(latest.map(|entry| entry.revision), found.entries.last().copied(), "the latest of them");
        let hashes: Vec<ValueHash> = (0..9).map(|number| value(number).0).collect();
        found.values = self.store.values(&identity.id, &hashes).await.unwrap().len();
        for number in 0..9 {
            found.ledger += usize::from(self.store.ledger(&task(identity, number)).await.unwrap().is_some());
        }
        found
    }

    /// Renews page by page from `renewal` on, at most so many pages; answers what is left.
    async fn renew(&self, identity: &Identity, renewal: Renewal, pages: usize) -> Option<Renewal> {
        let mut next = Some(renewal);
        for _ in 0..pages {
            let renewal = next.take()?;
            next = self.store.renew(identity, &renewal, PAGE).await.unwrap();
            assert!(next.as_ref().is_none_or(|next| next.began_at == renewal.began_at));
        }
        next
    }

    /// Renews all as of so many seconds after the beginning.
    async fn renew_all(&self, identity: &Identity, began: i64) {
        assert_eq!(self.renew(identity, Renewal::beginning(at(began)), 100).await, None, "its pages end");
    }
}

/// What is there of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    head: bool,
    entries: Vec<u64>,
    values: usize,
    ledger: usize,
}

const NOTHING: Found = Found { head: false, entries: Vec::new(), values: 0, ledger: 0 };

/// All that [`execution`] makes.
fn whole() -> Found {
    Found { head: true, entries: (1..=7).collect(), values: 4, ledger: 3 }
}

/// Pages that renew it: 14 items, and one that finds that nothing is left.
const PAGES: usize = 5;

fn value(number: usize) -> (ValueHash, Arc<str>) {
    let text = format!("\"value {number}\"");
    (ValueHash::of(&text), text.into())
}

fn task(identity: &Identity, number: usize) -> IdempotencyKey {
    IdempotencyKey::of_action(&identity.id, &format!("Task{number}"), 1, None)
}

/// An execution with 7 entries, 4 value items and 3 ledger entries, all of now.
async fn execution(store: &SharedStore, name: &str, started: i64) -> Identity {
    let identity = identity("order", name);
    let values: Vec<_> = (0..4).map(value).collect();
    store.put_values(&identity.id, &values).await.unwrap();
    store.create_head(&head("order", name, started)).await.unwrap();
    for revision in 1..=7 {
        assert_eq!(store.put_entry(&entry(&identity, revision, 1)).await, Ok(PutEntry::Committed));
    }
    for number in 0..3 {
        store.put_ledger(&task(&identity, number), &held("one", 1), LedgerExpectation::Absent).await.unwrap();
    }
    identity
}

async fn listed(store: &SharedStore) -> Vec<String> {
    let page = store.list_heads(&HeadQuery { limit: 10, ..HeadQuery::default() }).await.unwrap();
    page.heads.into_iter().map(|head| head.identity.id.0).collect()
}

pub(super) async fn what_has_expired_is_not_read(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    keeping.set(LENGTH_SECONDS - 1);
    assert_eq!(keeping.found(&identity).await, whole());
    eventually(|| listed(&keeping.store), vec![identity.id.0.clone()]).await;
    keeping.set(LENGTH_SECONDS);
    assert_eq!(keeping.found(&identity).await, Found { head: false, ..whole() }, "the head first");
    eventually(|| listed(&keeping.store), vec![]).await;
    keeping.set(LENGTH_SECONDS + MARGIN_SECONDS);
    assert_eq!(keeping.found(&identity).await, Found { ledger: 3, ..NOTHING }, "of the ledger what is there is true");
}

pub(super) async fn what_has_not_expired_is_not_deleted(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    keeping.set(LENGTH_SECONDS - 1);
    assert_eq!(keeping.sweep().await, 0);
    keeping.set(LENGTH_SECONDS + MARGIN_SECONDS - 1);
    keeping.sweep().await;
    assert_eq!(keeping.found(&identity).await, Found { head: false, ..whole() });
    keeping.set(LENGTH_SECONDS + MARGIN_SECONDS);
    keeping.sweep().await;
    assert_eq!(keeping.found(&identity).await, NOTHING);
}

pub(super) async fn a_head_that_has_expired_is_as_none(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    keeping.set(LENGTH_SECONDS);
    let store = &keeping.store;
    store.lower_wake(&identity, at(-5), 9).await.unwrap();
    assert_eq!(store.raise_wake(&identity, at(900), 9).await, Ok(false));
    store.report(&identity, ExecutionStatus::Failed, Some(at(9)), None, 9).await.unwrap();
    assert_eq!(keeping.renew(&identity, Renewal::beginning(at(LENGTH_SECONDS)), 100).await, None);
    assert!(!keeping.found(&identity).await.head, "a renewal comes too late");
    keeping.set(LENGTH_SECONDS - 1);
    assert_eq!(store.head(&identity.arn).await, Ok(Some(head("order", "o-1", 0))), "as it was");
}

pub(super) async fn a_name_is_free_again_when_its_head_has_expired(keeping: Keeping) {
    for (name, is_swept) in [("o-1", false), ("o-2", true)] {
        keeping.set(0);
        let first = execution(&keeping.store, name, 0).await;
        let started = if is_swept { LENGTH_SECONDS + MARGIN_SECONDS } else { LENGTH_SECONDS };
        let mut second = head("order", name, started);
        second.identity.id = identity("order", &format!("{name} again")).id;
        keeping.set(LENGTH_SECONDS - 1);
        assert!(matches!(keeping.store.create_head(&second).await, Ok(HeadCreation::Exists(_))));
        keeping.set(started);
        if is_swept {
            keeping.sweep().await;
        }
        assert_eq!(keeping.store.create_head(&second).await, Ok(HeadCreation::Created));
        assert_eq!(keeping.store.head(&first.arn).await, Ok(Some(second.clone())));
        assert_eq!(keeping.store.head_of(&second.identity.id).await, Ok(Some(second.clone())));
        assert_eq!(keeping.store.head_of(&first.id).await, Ok(None));
        keeping.store.lower_wake(&first, at(-5), 9).await.unwrap();
        keeping.renew_all(&first, started).await;
        keeping.set(started + LENGTH_SECONDS - 1);
        keeping.sweep().await;
        assert_eq!(keeping.store.head(&first.arn).await, Ok(Some(second)), "it has nothing of the first");
    }
}

pub(super) async fn a_renewal_in_pages_renews_everything_and_the_head_last(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    let renewed_at = async || keeping.store.head(&identity.arn).await.unwrap().unwrap().renewed_at;
    let mut next = Some(Renewal::beginning(at(60)));
    for page in 0..i64::try_from(PAGES).unwrap() {
        keeping.set(60 + page);
        assert_eq!(renewed_at().await, None, "before page {page}");
        next = keeping.renew(&identity, next.unwrap(), 1).await;
    }
    assert_eq!((next, renewed_at().await), (None, Some(at(60))), "as of its beginning");
    keeping.set(60 + LENGTH_SECONDS - 1);
    assert_eq!(keeping.sweep().await, 0);
    assert_eq!(keeping.found(&identity).await, whole());
    keeping.set(60 + LENGTH_SECONDS);
    assert_eq!(keeping.found(&identity).await, Found { head: false, ..whole() });
    keeping.set(60 + LENGTH_SECONDS + MARGIN_SECONDS);
    keeping.sweep().await;
    assert_eq!(keeping.found(&identity).await, NOTHING);
}

pub(super) async fn a_renewal_that_is_lost_after_any_page_loses_nothing(keeping: Keeping) {
    let mut identities = Vec::new();
    for pages in 0..=PAGES {
        identities.push(execution(&keeping.store, &format!("o-{pages}"), 0).await);
    }
    keeping.set(50);
    for (pages, identity) in identities.iter().enumerate() {
        let left = keeping.renew(identity, Renewal::beginning(at(50)), pages).await;
        assert_eq!(left.is_none(), pages == PAGES);
    }
    keeping.set(LENGTH_SECONDS - 1);
    assert_eq!(keeping.sweep().await, 0);
    for identity in &identities {
        assert_eq!(keeping.found(identity).await, whole());
        keeping.renew_all(identity, LENGTH_SECONDS - 1).await;
    }
    keeping.set(2 * LENGTH_SECONDS - 2);
    assert_eq!(keeping.sweep().await, 0);
    for identity in &identities {
        assert_eq!(keeping.found(identity).await, whole());
    }
}

pub(super) async fn a_renewal_that_was_not_finished_promises_nothing(keeping: Keeping) {
    for pages in 0..PAGES {
        keeping.set(0);
        let identity = execution(&keeping.store, &format!("o-{pages}"), 0).await;
        keeping.set(50);
        keeping.renew(&identity, Renewal::beginning(at(50)), pages).await;
        keeping.set(LENGTH_SECONDS);
        assert!(!keeping.found(&identity).await.head, "after {pages} pages");
    }
}

pub(super) async fn an_item_written_during_a_renewal_is_kept(keeping: Keeping) {
    for pages in 0..PAGES {
        let name = format!("o-{pages}");
        keeping.set(0);
        let identity = execution(&keeping.store, &name, 0).await;
        keeping.set(60);
        let left = keeping.renew(&identity, Renewal::beginning(at(60)), pages).await.unwrap();
        keeping.store.put_entry(&entry(&identity, 8, 1)).await.unwrap();
        // One of them stands there from before.
        keeping.store.put_values(&identity.id, &[value(3), value(4), value(5)]).await.unwrap();
        keeping.store.put_ledger(&task(&identity, 3), &held("one", 1), LedgerExpectation::Absent).await.unwrap();
        assert_eq!(keeping.renew(&identity, left, 100).await, None);
        keeping.set(60 + LENGTH_SECONDS - 1);
        keeping.sweep().await;
        let more = Found { head: true, entries: (1..=8).collect(), values: 6, ledger: 4 };
        assert_eq!(keeping.found(&identity).await, more, "after {pages} pages");
    }
}

pub(super) async fn an_earlier_renewal_takes_nothing_back(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    keeping.set(80);
    let late = keeping.renew(&identity, Renewal::beginning(at(60)), 2).await.unwrap();
    keeping.renew_all(&identity, 80).await;
    keeping.renew(&identity, late, 100).await;
    keeping.renew_all(&identity, 60).await;
    assert_eq!(keeping.store.head(&identity.arn).await.unwrap().unwrap().renewed_at, Some(at(80)));
    keeping.set(80 + LENGTH_SECONDS - 1);
    assert_eq!(keeping.sweep().await, 0);
    assert_eq!(keeping.found(&identity).await, whole());
}

pub(super) async fn no_entry_expires_before_an_earlier_one(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    keeping.set(60);
    keeping.renew(&identity, Renewal::beginning(at(60)), 1).await;
    keeping.set(LENGTH_SECONDS + MARGIN_SECONDS);
    for _ in 0..2 {
        let found = keeping.found(&identity).await;
        assert_eq!(found.entries, [5, 6, 7], "an earlier one is never taken for the latest");
        keeping.sweep().await;
    }
}

pub(super) async fn renewing_what_was_deleted_makes_nothing(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    let later = LENGTH_SECONDS + MARGIN_SECONDS;
    keeping.set(later);
    let mut places = vec![Renewal::beginning(at(later))];
    while let Some(next) = keeping.store.renew(&identity, &places[places.len() - 1], 1).await.unwrap() {
        places.push(next);
    }
    keeping.set(2 * later);
    assert!(keeping.sweep().await > 0);
    for place in places {
        keeping.renew(&identity, Renewal { began_at: at(2 * later), ..place }, 100).await;
    }
    assert_eq!(keeping.found(&identity).await, NOTHING);
    keeping.set(100 * later);
    assert_eq!(keeping.sweep().await, 0, "nothing was made that expires");
}

pub(super) async fn each_write_of_a_ledger_entry_keeps_it(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    keeping.set(60);
    let (store, next) = (&keeping.store, LedgerExpectation::Version(1));
    assert_eq!(store.put_ledger(&task(&identity, 0), &succeeded(json!(1)), next).await, Ok(true));
    store.heartbeat(&task(&identity, 1), at(60)).await.unwrap();
    store.transact(&[(task(&identity, 2), succeeded(json!(1)), next)], &[], at(60)).await.unwrap();
    store.heartbeat(&task(&identity, 3), at(60)).await.unwrap();
    store.transact(&[(task(&identity, 4), succeeded(json!(1)), LedgerExpectation::Absent)], &[], at(60)).await.unwrap();
    for (seconds, ledger) in [(60 + LENGTH_SECONDS + MARGIN_SECONDS - 1, 5), (60 + LENGTH_SECONDS + MARGIN_SECONDS, 0)] {
        keeping.set(seconds);
        keeping.sweep().await;
        assert_eq!(keeping.found(&identity).await, Found { ledger, ..NOTHING }, "at {seconds}");
    }
}

pub(super) async fn what_belongs_to_no_execution_is_kept(keeping: Keeping) {
    let store = &keeping.store;
    let definition = interpreter::DefinitionHash::of("{}");
    store.put_definition(&definition, "{}").await.unwrap();
    store.put_machine(&machine("order", 1)).await.unwrap();
    let units: Write = add("sku-1", 3, None);
    let stock = units.key().clone();
    store.transact(&[], &[units], at(0)).await.unwrap();
    keeping.set(1_000_000);
    assert_eq!(keeping.sweep().await, 0);
    assert_eq!(store.definition(&definition).await.unwrap().as_deref(), Some("{}"));
    assert_eq!(store.list_machines(None, 10).await, Ok(vec![machine("order", 1)]));
    assert_eq!(store.item(&stock, at(1_000_000)).await.unwrap().unwrap().counters["units"], 3);
}

pub(super) async fn a_renewal_is_due_half_way_to_the_expiry(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    let is_due = async |seconds: i64| {
        keeping.set(seconds);
        keeping.store.renewal_is_due(&identity).await.unwrap()
    };
    assert!(!is_due(LENGTH_SECONDS / 2 - 1).await);
    assert!(is_due(LENGTH_SECONDS / 2).await);
    keeping.renew_all(&identity, 60).await;
    assert!(!is_due(60 + LENGTH_SECONDS / 2 - 1).await);
    assert!(is_due(60 + LENGTH_SECONDS / 2).await);
    assert!(!is_due(60 + LENGTH_SECONDS).await, "it has expired");
    keeping.set(60 + LENGTH_SECONDS - 1);
    let mut namesake = identity.clone();
    namesake.id = super::samples::execution_id("another");
    assert_eq!(keeping.store.renewal_is_due(&namesake).await, Ok(false));
    keeping.store.report(&identity, ExecutionStatus::Succeeded, Some(at(90)), None, 7).await.unwrap();
    assert!(!is_due(60 + LENGTH_SECONDS - 1).await, "it has ended");
    let parked = execution(&keeping.store, "o-2", 60 + LENGTH_SECONDS - 1).await;
    keeping.store.report(&parked, ExecutionStatus::Failed, Some(at(91)), Some(at(999)), 7).await.unwrap();
    keeping.set(60 + LENGTH_SECONDS * 3 / 2 - 1);
    assert_eq!(keeping.store.renewal_is_due(&parked).await, Ok(true), "it has ended, and is parked");
}

pub(super) async fn what_another_retention_wrote_is_renewed_in_time(keeping: Keeping) {
    let of = |length_seconds: u64| Some(Retention::millis(keeping.clock.clone(), length_seconds * 1000, 10_000));
    for (name, before, due) in [("o-1", of(50), 25), ("o-2", of(150), 75), ("o-3", None, 0)] {
        keeping.set(0);
        let identity = execution(&keeping.expiring.with(before), name, 0).await;
        let longer =
            Keeping { store: keeping.expiring.with(of(200)), expiring: keeping.expiring.clone(), clock: keeping.clock.clone() };
        if due > 0 {
            keeping.set(due - 1);
            assert_eq!(longer.store.renewal_is_due(&identity).await, Ok(false), "{name}");
        }
        keeping.set(due);
        assert_eq!(longer.store.renewal_is_due(&identity).await, Ok(true), "{name}");
        longer.renew_all(&identity, due + 1).await;
        keeping.set(due + 200);
        longer.sweep().await;
        assert_eq!(longer.found(&identity).await, whole(), "{name}");
        keeping.set(due + 300);
        longer.sweep().await;
        assert_eq!(longer.found(&identity).await, NOTHING, "{name}");
    }
}

pub(super) async fn a_place_where_no_renewal_was_is_refused(keeping: Keeping) {
    let identity = execution(&keeping.store, "o-1", 0).await;
    for after in ["", "nonsense", "entry:twelve", "head:x"] {
        let renewal = Renewal { began_at: at(60), after: Some(after.to_owned()) };
        assert!(matches!(keeping.store.renew(&identity, &renewal, PAGE).await, Err(StoreError::Refused(_))), "`{after}`");
    }
}

pub(super) async fn a_head_reads_back_when_it_was_renewed(keeping: Keeping) {
    let created = Head { renewed_at: Some(at(20)), ..head("order", "o-1", 0) };
    keeping.store.create_head(&created).await.unwrap();
    keeping.set(LENGTH_SECONDS + 19);
    assert_eq!(keeping.store.head(&created.identity.arn).await, Ok(Some(created.clone())));
    keeping.store.lower_wake(&created.identity, at(-5), 9).await.unwrap();
    keeping.renew_all(&created.identity, 110).await;
    let renewed = keeping.store.head_of(&created.identity.id).await.unwrap().unwrap();
    assert_eq!((renewed.renewed_at, renewed.wake_at, renewed.wake_revision), (Some(at(110)), Some(at(-5)), 9));
    keeping.clock.advance(Duration::from_secs(80));
    assert!(keeping.store.head(&created.identity.arn).await.unwrap().is_some());
}
