//! The table "what a heartbeat meets", and what becomes of a handler whose lease ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use clock::SeededEntropy;
use interpreter::{IdempotencyKey, Timestamp};
use messages::{Disposition, RequestBody};
use serde_json::{Value, json};
use store::{
    Fault, FaultPlan, FaultyStore, Item, ItemKey, LedgerEntry, LedgerExpectation, LedgerState, LedgerStore, MemoryStore,
    Operation, StoreError, TransactError, Write,
};

use super::bench::{
    Act, Bench, START, action_key, bench, declined, delivery, failed, failure_entry, give_back_seconds, live, request, settings,
    settle, succeeded, success_entry,
};
use crate::{Effect, Harness, HarnessSettings};

const HEARTBEAT_SECONDS: u64 = 30;
const ATTEMPT: u32 = 5;
/// When the entry is changed under the handler: between two heartbeats, which come every 10 s.
const CHANGED_AFTER: Duration = Duration::from_secs(15);

fn beating(attempt: u32) -> RequestBody {
    RequestBody { heartbeat_seconds: Some(HEARTBEAT_SECONDS), ..request(attempt) }
}

fn long_settings() -> HarnessSettings {
    HarnessSettings { function_timeout: Duration::from_secs(600), ..settings() }
}

async fn handle(bench: &Bench, harness: &Harness) -> Disposition {
    let deadline = bench.now().plus_seconds(900);
    bench.with_time(harness.handle(vec![delivery(beating(ATTEMPT).encode(), 1)], deadline)).await.remove(0)
}

#[tokio::test]
async fn heartbeats_keep_a_lease_alive_that_ends_soon_without_them() {
    let bench = bench(Effect::Table, [Act::Work(Duration::from_secs(100)), Act::Complete(Value::Null)]);
    let harness = bench.harness_with(long_settings());
    let watching = async {
        let mut seen = Vec::new();
        while bench.ledger_state(&action_key()).await != Some(LedgerState::Succeeded { result: Value::Null }) {
            if let Some(LedgerEntry { heartbeat_at: Some(at), state: LedgerState::InProgress { lease_until, .. }, .. }) =
                bench.ledger(&action_key()).await
            {
                assert_eq!(lease_until, at.plus_seconds(HEARTBEAT_SECONDS));
                assert!(bench.now() < lease_until, "the lease has ended under a handler that works");
                seen.push(at);
            }
            settle().await;
        }
        seen.dedup();
        seen
    };
    let (disposition, seen) = futures::join!(handle(&bench, &harness), watching);
    assert_eq!(disposition, Disposition::Done);
    let every_ten_seconds: Vec<Timestamp> = (0..=9).map(|tens| START.plus_seconds(10 * tens)).collect();
    assert_eq!(seen, every_ten_seconds);
    assert_eq!((bench.calls(), bench.effects(&action_key()).await), (1, 1));
}

#[tokio::test]
async fn a_task_without_a_heartbeat_records_none() {
    let bench = bench(Effect::Table, [Act::Work(Duration::from_secs(20)), Act::Complete(Value::Null)]);
    bench.handle(&request(1)).await;
    let entry = bench.ledger(&action_key()).await.unwrap();
    assert_eq!((entry.heartbeat_at, entry.version), (None, 2));
}

#[tokio::test]
async fn a_heartbeat_never_moves_a_lease_beyond_the_deadline() {
    let bench = bench(Effect::Table, [Act::Hang]);
    let harness = bench.harness_with(HarnessSettings { function_timeout: Duration::from_secs(45), ..settings() });
    assert_eq!(handle(&bench, &harness).await, Disposition::Done);
    assert_eq!(bench.now(), START.plus_seconds(45));
    assert_eq!(bench.answers().await, [(ATTEMPT, failed("States.Timeout", "the handler did not end in time", false))]);
}

#[tokio::test]
async fn a_handler_whose_heartbeats_cannot_be_written_is_stopped_when_its_lease_ends() {
    let bench = bench(Effect::Outside, [Act::Hang]);
    let harness = bench.harness_with(long_settings());
    // The first put takes the lease.
    let plan = (2..5_000).fold(FaultPlan::none(), |plan, nth| plan.at(Operation::PutLedger, nth, Fault::Unavailable));
    bench.store.follow(plan);
    let stopped = async {
        bench.handler.hanging.notified().await;
        while bench.now() < START.plus_seconds(HEARTBEAT_SECONDS + 1) {
            settle().await;
        }
        bench.handler.go_on.notify_one();
        settle().await;
    };
    let (disposition, ()) = futures::join!(handle(&bench, &harness), stopped);
    give_back_seconds(disposition);
    assert_eq!(bench.effects(&action_key()).await, 0, "it worked on without a lease");
}

/// What the handler's entry is changed into while it works, as by another invocation.
#[derive(Debug, Clone)]
enum Changed {
    Not,
    Gone,
    To(u32, LedgerState),
}

/// What the holder does then.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expected {
    /// The lease is extended and the handler ends its work.
    Extended,
    /// The handler is stopped, and the ledger's answer given.
    LostThenAnswered,
    /// The handler is stopped, and the message acknowledged.
    LostThenDropped,
    /// The handler is stopped, and the message given back.
    LostThenWaits,
    /// The handler is stopped, and another call of it begins with a lease of its own.
    LostThenRunsAgain,
}

use Expected::{Extended, LostThenAnswered, LostThenDropped, LostThenRunsAgain, LostThenWaits};

async fn check(changed: Changed, expected: Expected) {
    let row = format!("{changed:?} -> {expected:?}");
    let work = [Act::Work(Duration::from_secs(50)), Act::Complete(Value::Null)];
    let bench = bench(Effect::Outside, work.clone().into_iter().chain(work));
    let restored = Arc::new(FaultyStore::new(MemoryStore::new(), FaultPlan::none()));
    let ledger = Arc::new(Forgetful { store: Arc::clone(&bench.store), restored, forgot: AtomicBool::new(false) });
    let harness = Harness::new(
        Arc::clone(&bench.handler) as _,
        Arc::clone(&ledger) as _,
        Arc::clone(&bench.store) as _,
        Arc::clone(&bench.queue) as _,
        Arc::clone(&bench.clock) as _,
        Arc::new(SeededEntropy::new(1)),
        long_settings(),
    );
    let changing = async {
        while bench.now() < START + CHANGED_AFTER {
            settle().await;
        }
        match changed.clone() {
            Changed::Not => {}
            Changed::Gone => ledger.forgot.store(true, Ordering::SeqCst),
            Changed::To(attempt, state) => bench.write_ledger(&action_key(), attempt, state).await,
        }
    };
    let (disposition, ()) = futures::join!(handle(&bench, &harness), changing);
    let completions = bench.effects(&action_key()).await;
    let answers = bench.answers().await.len();
    let (calls, completed, answered, done) = match expected {
        Extended => (1, 1, 1, true),
        LostThenAnswered => (1, 0, 1, true),
        LostThenDropped => (1, 0, 0, true),
        LostThenWaits => (1, 0, 0, false),
        LostThenRunsAgain => (2, 1, 1, true),
    };
    assert_eq!((bench.calls(), completions, answers), (calls, completed, answered), "{row}");
    assert_eq!(disposition == Disposition::Done, done, "{row}: {disposition:?}");
}

#[tokio::test]
async fn a_heartbeat_does_what_the_table_says() {
    let (lower, same, higher) = (ATTEMPT + 1, ATTEMPT, ATTEMPT - 1);
    // The holder's attempt is compared with the entry's: a holder of a lower attempt meets an entry of a higher one.
    let far = || live(START.plus_seconds(10_000));
    let over = || live(START);

    check(Changed::Gone, LostThenRunsAgain).await;
    check(Changed::Not, Extended).await;

    check(Changed::To(lower, far()), LostThenDropped).await;
    check(Changed::To(same, far()), LostThenWaits).await;
    check(Changed::To(higher, far()), LostThenWaits).await;

    check(Changed::To(lower, over()), LostThenDropped).await;
    check(Changed::To(same, over()), LostThenRunsAgain).await;
    check(Changed::To(higher, over()), LostThenRunsAgain).await;

    check(Changed::To(lower, failure_entry()), LostThenDropped).await;
    check(Changed::To(same, failure_entry()), LostThenAnswered).await;
    check(Changed::To(higher, failure_entry()), LostThenRunsAgain).await;

    for attempt in [lower, same, higher] {
        check(Changed::To(attempt, success_entry()), LostThenAnswered).await;
        check(Changed::To(attempt, LedgerState::Revoked), LostThenDropped).await;
    }
}

/// The first heartbeat was written, but its answer is lost, and the handler ends before it is known.
#[tokio::test]
async fn a_heartbeat_that_was_begun_is_brought_to_its_end() {
    let bench = bench(Effect::Outside, [Act::Work(Duration::from_millis(10_100)), Act::Complete(Value::Null)]);
    let harness = bench.harness_with(long_settings());
    // The first put takes the lease.
    bench.store.follow(FaultPlan::none().at(Operation::PutLedger, 2, Fault::LostAnswer));
    assert_eq!(handle(&bench, &harness).await, Disposition::Done);
    assert_eq!(bench.store.faults().len(), 1);
    assert_eq!(bench.calls(), 1, "it did not know the version of its own lease");
}

#[tokio::test]
async fn a_refusal_proves_nothing_when_an_earlier_call_lost_its_lease() {
    let bench = bench(Effect::Outside, [Act::Work(Duration::from_secs(50)), Act::Refuse]);
    let harness = bench.harness_with(long_settings());
    let changing = async {
        while bench.now() < START + CHANGED_AFTER {
            settle().await;
        }
        bench.write_ledger(&action_key(), ATTEMPT - 1, failure_entry()).await;
    };
    let (disposition, ()) = futures::join!(handle(&bench, &harness), changing);
    assert_eq!((disposition, bench.calls()), (Disposition::Done, 2));
    assert_eq!(bench.answers().await, [(ATTEMPT, declined(false))]);
}

#[tokio::test]
async fn a_heartbeat_by_the_api_does_not_cost_the_worker_its_lease() {
    let bench = bench(Effect::Table, [Act::Work(Duration::from_secs(20)), Act::Complete(json!(1))]);
    let harness = bench.harness_with(long_settings());
    let heard_of = async {
        while bench.now() < START + CHANGED_AFTER {
            settle().await;
        }
        bench.store.heartbeat(&action_key(), START.plus_seconds(500)).await.unwrap();
    };
    let (disposition, ()) = futures::join!(handle(&bench, &harness), heard_of);
    assert_eq!((disposition, bench.calls()), (Disposition::Done, 1));
    assert_eq!(bench.answers().await, [(ATTEMPT, succeeded(json!(1)))]);
    assert_eq!(bench.ledger(&action_key()).await.unwrap().heartbeat_at, Some(START.plus_seconds(500)));
}

/// A ledger that forgets everything at a moment: as one that was restored does.
struct Forgetful {
    store: Arc<FaultyStore<MemoryStore>>,
    restored: Arc<FaultyStore<MemoryStore>>,
    forgot: AtomicBool,
}

impl Forgetful {
    fn current(&self) -> &FaultyStore<MemoryStore> {
        if self.forgot.load(Ordering::SeqCst) { &self.restored } else { &self.store }
    }
}

#[async_trait]
impl LedgerStore for Forgetful {
    async fn ledger(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        self.current().ledger(key).await
    }

    async fn put_ledger(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError> {
        self.current().put_ledger(key, entry, expected).await
    }

    async fn transact(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError> {
        self.current().transact(ledger, writes, now).await
    }

    async fn heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError> {
        self.current().heartbeat(key, at).await
    }

    async fn item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError> {
        self.current().item(key, now).await
    }

    async fn items(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        self.current().items(partition, after, limit, now).await
    }
}
