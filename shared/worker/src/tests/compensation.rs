//! What a compensation does about its action's key.

use messages::Disposition;
use serde_json::Value;
use store::{LedgerExpectation, LedgerState, LedgerStore};

use super::bench::{
    Act, START, action_key, bench, compensation, count_up, declined, effect_item, failure_entry, give_back_seconds, live,
    request, succeeded, success_entry,
};
use crate::Effect;

async fn check(effect: Effect, entry: Option<LedgerState>, runs: bool) {
    let row = format!("{effect:?}: {entry:?} -> {runs}");
    let bench = bench(effect, []);
    if let Some(state) = &entry {
        bench.write_ledger(&action_key(), 2, state.clone()).await;
    }
    let disposition = bench.handle(&compensation(1)).await;
    assert_eq!(bench.calls(), u32::from(runs), "{row}");
    assert_eq!(bench.effects(&action_key().of_compensation()).await, i64::from(runs), "{row}");
    if runs {
        assert_eq!(disposition, Disposition::Done, "{row}");
        assert_eq!(bench.ledger_state(&action_key()).await, Some(LedgerState::Revoked), "{row}");
        assert_eq!(bench.answers().await, [(1, succeeded(Value::Null))], "{row}");
    } else {
        assert_eq!(give_back_seconds(disposition), 100.0, "{row}");
        assert_eq!(bench.ledger_state(&action_key()).await, entry, "{row}");
        // No attempt is spent: the ledger does not know the compensation's key.
        assert_eq!(bench.ledger(&action_key().of_compensation()).await, None, "{row}");
    }
}

#[tokio::test]
async fn a_compensation_revokes_its_action_first() {
    for effect in [Effect::Table, Effect::Outside] {
        check(effect, None, true).await;
        check(effect, Some(live(START.plus_seconds(100))), false).await;
        check(effect, Some(live(START)), true).await;
        check(effect, Some(failure_entry()), true).await;
        check(effect, Some(success_entry()), true).await;
        check(effect, Some(LedgerState::Revoked), true).await;
        check(effect, Some(LedgerState::HeardOf), true).await;
    }
}

#[tokio::test]
async fn an_action_that_comes_after_its_compensation_has_no_effect() {
    for effect in [Effect::Table, Effect::Outside] {
        let bench = bench(effect, []);
        assert_eq!(bench.handle(&compensation(1)).await, Disposition::Done);
        for attempt in 1..=2 {
            assert_eq!(bench.handle(&request(attempt)).await, Disposition::Done);
        }
        assert_eq!(bench.effects(&action_key()).await, 0, "{effect:?}");
        assert_eq!(bench.calls(), 1, "{effect:?}");
    }
}

/// With an effect in the table, effect, own entry and revocation are one: an action that acts meanwhile makes it begin again.
#[tokio::test]
async fn a_compensation_that_is_overtaken_by_its_action_begins_again() {
    let bench = bench(Effect::Table, [Act::Hang]);
    let handling = async { bench.handle(&compensation(1)).await };
    let acting = async {
        bench.handler.hanging.notified().await;
        // The action runs and succeeds while its compensation is at work.
        bench.write_ledger(&action_key(), 1, success_entry()).await;
        bench.handler.go_on.notify_one();
    };
    let (disposition, ()) = futures::join!(handling, acting);
    assert_eq!(disposition, Disposition::Done);
    assert_eq!(bench.calls(), 2, "it looks again at what there is to undo");
    assert_eq!(bench.effects(&action_key().of_compensation()).await, 1);
    assert_eq!(bench.ledger_state(&action_key()).await, Some(LedgerState::Revoked));
}

/// The action holds a live lease by the time the compensation would commit: nothing is committed, and its own lease is given up.
#[tokio::test]
async fn a_compensation_that_finds_its_action_at_work_after_all_waits_for_it() {
    let bench = bench(Effect::Table, [Act::Hang]);
    let handling = async { bench.handle(&compensation(1)).await };
    let acting = async {
        bench.handler.hanging.notified().await;
        bench.write_ledger(&action_key(), 1, live(START.plus_seconds(100))).await;
        bench.handler.go_on.notify_one();
    };
    let (disposition, ()) = futures::join!(handling, acting);
    assert!((99.0..=100.0).contains(&give_back_seconds(disposition)));
    assert_eq!(bench.effects(&action_key().of_compensation()).await, 0);
    bench.clock.set_millis(START.plus_seconds(100).millis());
    assert_eq!(bench.handle(&compensation(1)).await, Disposition::Done, "its own lease does not keep it from running");
    assert_eq!(bench.effects(&action_key().of_compensation()).await, 1);
}

#[tokio::test]
async fn a_compensation_that_is_refused_has_revoked_its_action_all_the_same() {
    for effect in [Effect::Table, Effect::Outside] {
        let bench = bench(effect, [Act::Refuse]);
        assert_eq!(bench.handle(&compensation(1)).await, Disposition::Done);
        assert_eq!(bench.answers().await, [(1, declined(true))]);
        assert_eq!(bench.ledger_state(&action_key()).await, Some(LedgerState::Revoked), "{effect:?}");
    }
}

/// The worker that holds the action's key loses it to the revocation: its effect in the table fails with its lease.
#[tokio::test]
async fn an_action_that_outlives_its_lease_cannot_commit_after_its_compensation() {
    let bench = bench(Effect::Table, [Act::Hang]);
    let handling = async { bench.handle(&request(1)).await };
    let compensating = async {
        bench.handler.hanging.notified().await;
        // As the compensation of another process does, whose clock says that the lease has ended.
        let entry = bench.ledger(&action_key()).await.unwrap();
        let revoked = store::LedgerEntry { state: LedgerState::Revoked, version: entry.version + 1, ..entry.clone() };
        let write = (action_key(), revoked, LedgerExpectation::Version(entry.version));
        let effect = count_up(&action_key().of_compensation());
        bench.store.inner().transact(&[write], &[effect], bench.now()).await.unwrap();
        bench.handler.go_on.notify_one();
    };
    let (disposition, ()) = futures::join!(handling, compensating);
    assert_eq!(disposition, Disposition::Done);
    assert_eq!(bench.answers().await, []);
    assert_eq!(bench.store.inner().item(&effect_item(&action_key()), bench.now()).await.unwrap(), None);
}
