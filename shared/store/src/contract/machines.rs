//! State machines are changed from version to version.

use super::SharedStore;
use super::samples::{at, machine};
use crate::{MachineChange, StateMachine, StoreError};

async fn put(store: &SharedStore, names: &[&str]) {
    for name in names {
        store.put_machine(&machine(name, 1)).await.unwrap();
    }
}

async fn names(store: &SharedStore, after: Option<&str>, limit: usize) -> Vec<String> {
    store.list_machines(after, limit).await.unwrap().into_iter().map(|machine| machine.name).collect()
}

pub(super) async fn a_machine_reads_back_as_it_was_put(store: SharedStore) {
    assert_eq!(store.machine(&machine("order", 1).arn).await, Ok(None));
    assert_eq!(store.put_machine(&machine("order", 1)).await, Ok(MachineChange::Written));
    assert_eq!(store.machine(&machine("order", 1).arn).await, Ok(Some(machine("order", 1))));
    assert_eq!(store.list_machines(None, 10).await, Ok(vec![machine("order", 1)]));
}

pub(super) async fn a_machine_is_written_over_by_the_next_version_only(store: SharedStore) {
    let check = async |version, expected| {
        assert_eq!(store.put_machine(&machine("order", version)).await, Ok(expected), "version {version}");
    };
    check(2, MachineChange::Conflict).await;
    check(1, MachineChange::Written).await;
    check(3, MachineChange::Conflict).await;
    check(2, MachineChange::Written).await;
    check(1, MachineChange::Conflict).await;
    assert_eq!(store.machine(&machine("order", 1).arn).await, Ok(Some(machine("order", 2))));
}

pub(super) async fn a_write_that_meets_itself_is_written(store: SharedStore) {
    assert_eq!(store.put_machine(&machine("order", 1)).await, Ok(MachineChange::Written));
    assert_eq!(store.put_machine(&machine("order", 1)).await, Ok(MachineChange::Written));
    let other = StateMachine { updated_at: at(77), ..machine("order", 1) };
    assert_eq!(store.put_machine(&other).await, Ok(MachineChange::Conflict), "another's is not itself");
    assert_eq!(store.machine(&other.arn).await, Ok(Some(machine("order", 1))));
}

pub(super) async fn version_zero_is_refused(store: SharedStore) {
    assert!(matches!(store.put_machine(&machine("order", 0)).await, Err(StoreError::Refused(_))));
    assert_eq!(store.list_machines(None, 10).await, Ok(vec![]));
}

pub(super) async fn machines_are_listed_by_name_in_pages(store: SharedStore) {
    put(&store, &["order", "a-2", "Return", "a-10", "a"]).await;
    assert_eq!(names(&store, None, 10).await, ["Return", "a", "a-10", "a-2", "order"], "by the bytes of the name");
    assert_eq!(names(&store, None, 2).await, ["Return", "a"]);
    assert_eq!(names(&store, Some("a"), 2).await, ["a-10", "a-2"], "from behind the name on");
    assert_eq!(names(&store, Some("a-3"), 9).await, ["order"], "a name that is not there has a place too");
    assert_eq!(names(&store, Some("order"), 9).await, Vec::<String>::new());
}

pub(super) async fn a_deleted_machine_is_gone_and_its_name_free(store: SharedStore) {
    put(&store, &["order", "return"]).await;
    store.put_machine(&machine("order", 2)).await.unwrap();
    store.delete_machine(&machine("order", 1).arn).await.unwrap();
    assert_eq!(store.machine(&machine("order", 1).arn).await, Ok(None));
    assert_eq!(names(&store, None, 10).await, ["return"]);
    assert_eq!(store.put_machine(&machine("order", 3)).await, Ok(MachineChange::Conflict));
    assert_eq!(store.put_machine(&machine("order", 1)).await, Ok(MachineChange::Written), "absent counts as version 0");
}

pub(super) async fn deleting_what_does_not_exist_succeeds(store: SharedStore) {
    assert_eq!(store.delete_machine(&machine("order", 1).arn).await, Ok(()));
}
