//! Each fault is what it says.

use super::*;
use crate::MemoryStore;
use crate::contract::samples;

fn faulty(plan: FaultPlan) -> FaultyStore<MemoryStore> {
    FaultyStore::new(MemoryStore::new(), plan)
}

fn entry(revision: u64) -> Entry {
    samples::entry(&samples::identity("order", "o-1"), revision, 1)
}

async fn stored(store: &FaultyStore<MemoryStore>) -> usize {
    store.inner().entries(&entry(1).execution.identity.id, 0, 100).await.unwrap().len()
}

#[tokio::test]
async fn a_call_that_is_unavailable_has_no_effect_and_one_whose_answer_is_lost_has() {
    let check = async |fault, answered, effects| {
        let store = faulty(FaultPlan::none().at(Operation::PutEntry, 2, fault));
        assert_eq!(store.put_entry(&entry(1)).await, Ok(PutEntry::Committed));
        let answer = store.put_entry(&entry(2)).await.map_err(|error| error.is_retryable());
        assert_eq!((answer, stored(&store).await), (answered, effects), "{fault:?}");
        assert_eq!(store.put_entry(&entry(2)).await, Ok(PutEntry::Committed), "the third call is not planned to fail");
        assert_eq!(store.faults(), [(Operation::PutEntry, 2, fault)]);
    };
    check(Fault::Unavailable, Err(true), 1).await;
    check(Fault::LostAnswer, Err(true), 2).await;
    check(Fault::Conflict, Ok(PutEntry::Conflict), 1).await;
    check(Fault::NewerFormat, Err(false), 1).await;
}

#[tokio::test]
async fn a_conflict_of_a_transaction_is_retryable_and_no_business_answer() {
    let store = faulty(FaultPlan::none().always(Operation::Transact, Fault::Conflict));
    let answer = store.transact(&[samples::taking("a", "w")], &[], samples::at(0)).await;
    assert!(matches!(answer, Err(TransactError::Store(error)) if error.is_retryable()));
    assert_eq!(store.inner().ledger(&samples::key("a")).await, Ok(None));
}

#[tokio::test]
async fn a_killed_process_reaches_the_store_no_more() {
    let check = async |plan: FaultPlan, effects| {
        let store = faulty(plan);
        let id = entry(1).execution.identity.id;
        for revision in 1..=3 {
            let _ = store.latest_entry(&id).await;
            let _ = store.put_entry(&entry(revision)).await;
        }
        assert_eq!(stored(&store).await, effects);
        assert!(store.latest_entry(&id).await.is_err(), "not even reads");
        assert_eq!((store.writes(), store.calls(Operation::LatestEntry)), (3, 4));
        store.follow(FaultPlan::none());
        assert!(store.latest_entry(&id).await.is_ok(), "the next process does");
    };
    check(FaultPlan::none().killed_before(1), 0).await;
    check(FaultPlan::none().killed_before(2), 1).await;
    check(FaultPlan::none().killed_after(2), 2).await;
}

#[tokio::test]
async fn a_seed_decides_the_faults() {
    let run = async |seed| {
        let store = faulty(FaultPlan::seeded(seed, 300));
        for revision in 1..=100 {
            let _ = store.put_entry(&entry(revision)).await;
            let _ = store.latest_entry(&entry(1).execution.identity.id).await;
        }
        store.faults()
    };
    let faults = run(7).await;
    assert_eq!(faults, run(7).await);
    assert_ne!(faults, run(8).await);
    assert!((30..90).contains(&faults.len()), "{} of 200 calls", faults.len());
    for fault in [Fault::Unavailable, Fault::LostAnswer, Fault::Conflict] {
        assert!(faults.iter().any(|(_, _, met)| *met == fault), "{fault:?} never came");
    }
    assert!(faults.iter().all(|(operation, _, fault)| operation.is_write() || *fault == Fault::Unavailable));
}
