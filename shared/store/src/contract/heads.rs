//! Heads are created once per name.

use interpreter::{ExecutionStatus, Parent, Part, Payload, TaskToken, ValueHash};

use super::SharedStore;
use super::samples::{at, execution_id, head, identity};
use crate::{Head, HeadCreation};

pub(super) async fn a_head_reads_back_as_it_was_created(store: SharedStore) {
    let created = Head { wake_revision: 3, closed_at: None, ..head("order", "o-1", 5) };
    assert_eq!(store.create_head(&created).await, Ok(HeadCreation::Created));
    assert_eq!(store.head(&created.identity.arn).await, Ok(Some(created.clone())));
    assert_eq!(store.head_of(&created.identity.id).await, Ok(Some(created)));
}

pub(super) async fn a_head_keeps_the_version_and_the_alias_that_started_it(store: SharedStore) {
    let mut created = head("order", "o-1", 5);
    created.identity.version_arn = Some(format!("{}:3", created.identity.machine_arn));
    created.identity.alias_arn = Some(format!("{}:live", created.identity.machine_arn));
    store.create_head(&created).await.unwrap();
    assert_eq!(store.head_of(&created.identity.id).await, Ok(Some(created)));
}

pub(super) async fn a_head_keeps_the_parent_that_waits_for_its_end(store: SharedStore) {
    let token = TaskToken { execution: execution_id("parent"), revision: 4, visit: 3, attempt: 2, proof: 0xfeed };
    let parent = Parent { token, arn: identity("order", "parent").arn, part: Part::Item { state: "Each".to_owned() } };
    let created = Head { parent: Some(Box::new(parent)), ..head("order", "o-1", 5) };
    store.create_head(&created).await.unwrap();
    assert_eq!(store.head_of(&created.identity.id).await, Ok(Some(created)));
}

pub(super) async fn a_name_is_given_once(store: SharedStore) {
    let first = head("order", "o-1", 5);
    let mut second = Head { definition: interpreter::DefinitionHash::of("other"), ..head("order", "o-1", 9) };
    second.identity.id = execution_id("another start of the same name");
    assert_eq!(store.create_head(&first).await, Ok(HeadCreation::Created));
    assert_eq!(store.create_head(&second).await, Ok(HeadCreation::Exists(Box::new(first.clone()))));
    assert_eq!(store.create_head(&first).await, Ok(HeadCreation::Exists(Box::new(first.clone()))), "also to its own writer");
    assert_eq!(store.head(&first.identity.arn).await, Ok(Some(first)));
    assert_eq!(store.head_of(&second.identity.id).await, Ok(None), "the second left nothing behind");
}

pub(super) async fn a_name_stays_taken_when_its_execution_has_ended(store: SharedStore) {
    let first = head("order", "o-1", 5);
    store.create_head(&first).await.unwrap();
    store.report(&first.identity, ExecutionStatus::Succeeded, Some(at(9)), None, 4).await.unwrap();
    let HeadCreation::Exists(stored) = store.create_head(&first).await.unwrap() else { panic!("the name was given again") };
    assert_eq!((stored.status, stored.closed_at), (ExecutionStatus::Succeeded, Some(at(9))), "as it is now");
}

pub(super) async fn names_are_per_machine(store: SharedStore) {
    let (one, other) = (head("order", "o-1", 5), head("return", "o-1", 5));
    assert_eq!(store.create_head(&one).await, Ok(HeadCreation::Created));
    assert_eq!(store.create_head(&other).await, Ok(HeadCreation::Created));
    assert_eq!(store.head(&one.identity.arn).await, Ok(Some(one)));
    assert_eq!(store.head(&other.identity.arn).await, Ok(Some(other)));
}

pub(super) async fn what_does_not_exist_is_not_read(store: SharedStore) {
    store.create_head(&head("order", "o-1", 5)).await.unwrap();
    assert_eq!(store.head(&identity("order", "o-2").arn).await, Ok(None));
    assert_eq!(store.head_of(&execution_id("nobody")).await, Ok(None));
}

pub(super) async fn the_input_of_a_head_may_be_a_value_item(store: SharedStore) {
    let created = Head { input: Payload::item(ValueHash::of("{}"), 70_000), ..head("order", "o-1", 5) };
    store.create_head(&created).await.unwrap();
    assert_eq!(store.head(&created.identity.arn).await, Ok(Some(created)));
}
