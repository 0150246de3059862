//! `wake_at` is lowered before a commit, raised by a wake, and told its end.

use interpreter::ExecutionStatus::{self, Aborted, Failed, Running, Succeeded};
use interpreter::{Identity, Timestamp};

use super::SharedStore;
use super::samples::{at, head, identity};
use crate::Head;

/// The execution that the checks are about: open, due at second 100.
async fn open(store: &SharedStore) -> Identity {
    let created = head("order", "o-1", 100);
    store.create_head(&created).await.unwrap();
    created.identity
}

/// An execution that ended with revision 4.
async fn closed(store: &SharedStore) -> Identity {
    let identity = open(store).await;
    store.report(&identity, Failed, Some(at(120)), None, 4).await.unwrap();
    identity
}

async fn read(store: &SharedStore, identity: &Identity) -> Head {
    store.head(&identity.arn).await.unwrap().unwrap()
}

async fn wake(store: &SharedStore, identity: &Identity) -> (Option<Timestamp>, u64) {
    let head = read(store, identity).await;
    (head.wake_at, head.wake_revision)
}

async fn status(store: &SharedStore, identity: &Identity) -> (ExecutionStatus, Option<Timestamp>, Option<Timestamp>) {
    let head = read(store, identity).await;
    (head.status, head.closed_at, head.wake_at)
}

pub(super) async fn a_wake_is_lowered_to_the_earlier_time(store: SharedStore) {
    let identity = open(&store).await;
    store.lower_wake(&identity, at(50), 2).await.unwrap();
    assert_eq!(wake(&store, &identity).await, (Some(at(50)), 2));
    store.lower_wake(&identity, at(70), 3).await.unwrap();
    assert_eq!(wake(&store, &identity).await, (Some(at(50)), 3), "never later");
    assert_eq!(store.head_of(&identity.id).await.unwrap(), Some(read(&store, &identity).await), "by its id as well");
}

pub(super) async fn lowering_remembers_the_latest_revision(store: SharedStore) {
    let identity = open(&store).await;
    store.lower_wake(&identity, at(50), 7).await.unwrap();
    store.lower_wake(&identity, at(40), 5).await.unwrap();
    assert_eq!(wake(&store, &identity).await, (Some(at(40)), 7), "an earlier revision lowers, and is not remembered");
    store.lower_wake(&identity, at(40), 5).await.unwrap();
    assert_eq!(wake(&store, &identity).await, (Some(at(40)), 7));
}

pub(super) async fn a_head_without_a_wake_is_given_one(store: SharedStore) {
    let created = Head { wake_at: None, ..head("order", "o-1", 100) };
    store.create_head(&created).await.unwrap();
    store.lower_wake(&created.identity, at(500), 2).await.unwrap();
    assert_eq!(wake(&store, &created.identity).await, (Some(at(500)), 2));
}

pub(super) async fn lowering_a_closed_head_does_nothing(store: SharedStore) {
    let identity = closed(&store).await;
    let before = read(&store, &identity).await;
    store.lower_wake(&identity, at(50), 9).await.unwrap();
    assert_eq!(read(&store, &identity).await, before);
}

pub(super) async fn a_wake_is_raised_for_the_revision_it_was_lowered_for(store: SharedStore) {
    let identity = open(&store).await;
    store.lower_wake(&identity, at(50), 3).await.unwrap();
    assert_eq!(store.raise_wake(&identity, at(900), 3).await, Ok(true));
    assert_eq!(wake(&store, &identity).await, (Some(at(900)), 3));
    assert_eq!(store.raise_wake(&identity, at(950), 8).await, Ok(true), "and for a later one");
    assert_eq!(wake(&store, &identity).await, (Some(at(950)), 3), "which is not remembered");
}

pub(super) async fn raising_is_refused_after_a_lowering_for_a_later_revision(store: SharedStore) {
    let identity = open(&store).await;
    store.lower_wake(&identity, at(50), 5).await.unwrap();
    assert_eq!(store.raise_wake(&identity, at(900), 4).await, Ok(false));
    assert_eq!(wake(&store, &identity).await, (Some(at(50)), 5));
    // Also if the lowering found an earlier time already: it counted on that.
    store.lower_wake(&identity, at(60), 6).await.unwrap();
    assert_eq!(store.raise_wake(&identity, at(900), 5).await, Ok(false));
    assert_eq!(wake(&store, &identity).await, (Some(at(50)), 6));
}

pub(super) async fn raising_a_closed_head_is_refused(store: SharedStore) {
    let identity = closed(&store).await;
    let before = read(&store, &identity).await;
    assert_eq!(store.raise_wake(&identity, at(900), 9).await, Ok(false));
    assert_eq!(read(&store, &identity).await, before);
}

pub(super) async fn a_parked_head_is_due_and_raised_and_never_lowered(store: SharedStore) {
    let identity = open(&store).await;
    store.report(&identity, Failed, Some(at(9)), Some(at(200)), 5).await.unwrap();
    assert_eq!(store.due(at(199), 10).await, Ok(Vec::new()));
    let due = store.due(at(200), 10).await.unwrap();
    assert_eq!(due.iter().map(|head| &head.execution).collect::<Vec<_>>(), [&identity.id]);
    store.lower_wake(&identity, at(50), 5).await.unwrap();
    assert_eq!(store.raise_wake(&identity, at(300), 5).await, Ok(true));
    assert_eq!(status(&store, &identity).await, (Failed, Some(at(9)), Some(at(300))));
    assert_eq!(store.due(at(299), 10).await, Ok(Vec::new()));
    assert_eq!(store.raise_wake(&identity, at(400), 4).await, Ok(false), "somebody redrove it since");
    store.report(&identity, Running, None, Some(at(250)), 6).await.unwrap();
    store.report(&identity, Failed, Some(at(260)), None, 7).await.unwrap();
    assert_eq!(store.due(at(9_000), 10).await, Ok(Vec::new()), "not parked any more");
}

pub(super) async fn where_there_is_no_head_nothing_happens(store: SharedStore) {
    let identity = identity("order", "nobody");
    store.lower_wake(&identity, at(50), 2).await.unwrap();
    assert_eq!(store.raise_wake(&identity, at(50), 2).await, Ok(false));
    store.report(&identity, Failed, Some(at(9)), None, 2).await.unwrap();
    assert_eq!(store.head(&identity.arn).await, Ok(None));
    assert_eq!(store.head_of(&identity.id).await, Ok(None));
}

pub(super) async fn the_end_is_told_once(store: SharedStore) {
    let identity = open(&store).await;
    store.report(&identity, Succeeded, Some(at(120)), None, 4).await.unwrap();
    assert_eq!(status(&store, &identity).await, (Succeeded, Some(at(120)), None));
    store.report(&identity, Succeeded, Some(at(120)), None, 4).await.unwrap();
    assert_eq!(status(&store, &identity).await, (Succeeded, Some(at(120)), None));
}

pub(super) async fn the_end_is_told_although_the_wake_was_lowered_for_a_later_revision(store: SharedStore) {
    // A redrive lowers the wake for revision 5 and dies before its commit; the end in revision 4 is told late.
    let identity = open(&store).await;
    store.lower_wake(&identity, at(50), 5).await.unwrap();
    store.report(&identity, Failed, Some(at(120)), None, 4).await.unwrap();
    assert_eq!(status(&store, &identity).await, (Failed, Some(at(120)), None));
}

pub(super) async fn a_report_of_an_earlier_revision_is_refused(store: SharedStore) {
    let identity = closed(&store).await;
    store.report(&identity, Running, None, Some(at(130)), 5).await.unwrap();
    // The end that the redrive followed is told again, late.
    store.report(&identity, Failed, Some(at(120)), None, 4).await.unwrap();
    assert_eq!(status(&store, &identity).await, (Running, None, Some(at(130))));
}

pub(super) async fn a_redrive_reopens_the_head(store: SharedStore) {
    let identity = closed(&store).await;
    store.report(&identity, Running, None, Some(at(130)), 5).await.unwrap();
    assert_eq!(status(&store, &identity).await, (Running, None, Some(at(130))));
    store.lower_wake(&identity, at(125), 6).await.unwrap();
    assert_eq!(wake(&store, &identity).await, (Some(at(125)), 6), "it is open in every way");
    store.report(&identity, Aborted, Some(at(140)), None, 7).await.unwrap();
    assert_eq!(status(&store, &identity).await, (Aborted, Some(at(140)), None), "and ends again");
}

pub(super) async fn a_repeated_redrive_report_does_not_undo_a_lowering(store: SharedStore) {
    let identity = closed(&store).await;
    store.report(&identity, Running, None, Some(at(500)), 5).await.unwrap();
    store.lower_wake(&identity, at(130), 6).await.unwrap();
    store.report(&identity, Running, None, Some(at(500)), 5).await.unwrap();
    assert_eq!(wake(&store, &identity).await, (Some(at(130)), 6));
}

pub(super) async fn running_told_to_an_open_head_only_lowers(store: SharedStore) {
    // A redrive is told before the end that it follows, and after a lowering for what came next.
    let identity = open(&store).await;
    store.lower_wake(&identity, at(50), 6).await.unwrap();
    store.report(&identity, Running, None, Some(at(500)), 5).await.unwrap();
    assert_eq!(wake(&store, &identity).await, (Some(at(50)), 6));
    store.report(&identity, Failed, Some(at(120)), None, 4).await.unwrap();
    assert_eq!(status(&store, &identity).await.0, Running, "the end is too late");
}

pub(super) async fn after_a_redrive_a_raise_for_an_earlier_revision_is_refused(store: SharedStore) {
    let identity = closed(&store).await;
    store.report(&identity, Running, None, Some(at(130)), 5).await.unwrap();
    assert_eq!(store.raise_wake(&identity, at(9000), 3).await, Ok(false), "a wake of before the end");
    assert_eq!(wake(&store, &identity).await, (Some(at(130)), 5));
    assert_eq!(store.raise_wake(&identity, at(9000), 5).await, Ok(true));
}

pub(super) async fn an_execution_of_the_same_name_elsewhere_is_not_touched(store: SharedStore) {
    let (one, other) = (open(&store).await, head("return", "o-1", 100));
    store.create_head(&other).await.unwrap();
    store.lower_wake(&one, at(1), 2).await.unwrap();
    store.report(&one, Failed, Some(at(120)), None, 4).await.unwrap();
    assert_eq!(store.head(&other.identity.arn).await, Ok(Some(other)));
}
