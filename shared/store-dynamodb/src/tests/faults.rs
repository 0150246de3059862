//! Throttling, cancellations and lost answers: retried, recognized, and never taken for a business answer.

use serde_json::{Value, json};
use store::contract::samples::{at, entry, execution_id, head, held, identity, item_key, key, machine, put, taking, versioned};
use store::{
    Condition, ExecutionStore, HeadCreation, LedgerExpectation, LedgerStore, MachineChange, PutEntry, StoreError, TransactError,
    Write,
};

use super::endpoint::{AT_ONCE, SDK_TRIES, embedded, new_store_at};
use super::proxy::{Fault, Proxy};
use crate::DynamoStore;

async fn behind_proxy() -> (DynamoStore, Proxy) {
    let proxy = Proxy::before(embedded()).await;
    let store = new_store_at(&proxy.endpoint).await;
    proxy.reset();
    (store, proxy)
}

/// A transaction that takes the key `task` and adds a unit to `SKU-1`, which is there afterwards exactly once.
async fn transact_once(store: &DynamoStore) -> Result<(), TransactError> {
    store.transact(&[taking("task", "one")], &[add_unit()], at(0)).await
}

fn add_unit() -> Write {
    Write::Add { key: item_key("stock", "SKU-1"), counter: "units".to_owned(), delta: 1, floor: Some(0) }
}

async fn units(store: &DynamoStore) -> Option<i64> {
    let item = store.item(&item_key("stock", "SKU-1"), at(0)).await.unwrap();
    item.map(|item| item.counters["units"])
}

/// Reasons with which DynamoDB cancels without having judged; the parts are a ledger entry and an item.
const UNJUDGED: [&[&str]; 14] = [
    &["TransactionConflict", "None"],
    &["None", "TransactionConflict"],
    &["None", "ThrottlingError"],
    &["ProvisionedThroughputExceeded", "None"],
    &["None", "ItemCollectionSizeLimitExceeded"],
    &["None", "ValidationError"],
    &["None", "AReasonOfTomorrow"],
    &["ConditionalCheckFailed", "TransactionConflict"],
    &["TransactionConflict", "ConditionalCheckFailed"],
    &["ThrottlingError", "ConditionalCheckFailed"],
    &["ValidationError", "ConditionalCheckFailed"],
    &["ProvisionedThroughputExceeded", "TransactionConflict"],
    &["ConditionalCheckFailed"],
    &[],
];

#[tokio::test]
async fn a_transaction_canceled_for_any_other_reason_is_sent_again() {
    let (_, proxy) = behind_proxy().await;
    for reasons in UNJUDGED {
        let store = new_store_at(&proxy.endpoint).await;
        proxy.reset();
        proxy.plan("TransactWriteItems", [Fault::canceled(reasons), Fault::canceled(reasons)]);
        assert_eq!(transact_once(&store).await, Ok(()), "{reasons:?}");
        assert_eq!(units(&store).await, Some(1), "{reasons:?}");
        assert_eq!(store.ledger(&key("task")).await.unwrap(), Some(versioned(held("one", 1), 1)), "{reasons:?}");
        assert_eq!(proxy.seen_of("TransactWriteItems").len(), 3, "{reasons:?}");
    }
}

#[tokio::test]
async fn a_reason_that_stays_is_no_business_answer() {
    let (store, proxy) = behind_proxy().await;
    let tries = usize::try_from(AT_ONCE.tries).unwrap();
    for reasons in UNJUDGED {
        proxy.reset();
        proxy.plan("TransactWriteItems", vec![Fault::canceled(reasons); tries]);
        let refused = reasons.iter().all(|code| ["None", "ConditionalCheckFailed"].contains(code) || crate_never_passes(code))
            && reasons.iter().any(|code| crate_never_passes(code));
        match transact_once(&store).await {
            Err(TransactError::Store(StoreError::Unavailable(_))) if !refused => {}
            Err(TransactError::Store(StoreError::Refused(_))) if refused => {}
            other => panic!("{reasons:?}: {other:?}"),
        }
        assert_eq!(proxy.seen_of("TransactWriteItems").len(), tries, "{reasons:?}");
    }
    assert_eq!(units(&store).await, None);
}

fn crate_never_passes(code: &str) -> bool {
    ["ItemCollectionSizeLimitExceeded", "ValidationError"].contains(&code)
}

#[tokio::test]
async fn a_failed_condition_that_holds_when_looked_at_is_no_business_answer() {
    // Somebody else's item was in the way and is gone: DynamoDB answered with failed conditions, which what stands there does not confirm.
    let (store, proxy) = behind_proxy().await;
    proxy.plan("TransactWriteItems", [Fault::canceled(&["ConditionalCheckFailed", "ConditionalCheckFailed"])]);
    assert_eq!(transact_once(&store).await, Ok(()));
    assert_eq!(units(&store).await, Some(1));
}

#[tokio::test]
async fn a_failed_condition_is_a_business_answer_at_once() {
    let (store, proxy) = behind_proxy().await;
    store.transact(&[], &[put("SKU-2", json!({}), Condition::Absent)], at(0)).await.unwrap();
    proxy.reset();
    let writes = [add_unit(), put("SKU-2", json!({"other": 1}), Condition::Absent)];
    let outcome = store.transact(&[taking("task", "one")], &writes, at(0)).await;
    assert_eq!(outcome, Err(TransactError::Conditions(vec![1])));
    assert_eq!(proxy.seen().len(), 1, "the answer says what stands there");
    assert_eq!(units(&store).await, None);
}

#[tokio::test]
async fn a_failed_condition_among_other_reasons_is_no_business_answer() {
    // What stands there confirms it, and still DynamoDB has not judged the whole: only an answer of failed conditions alone is believed.
    let (store, proxy) = behind_proxy().await;
    let taken = || [(key("taken"), held("two", 1), LedgerExpectation::Absent)];
    store.put_ledger(&key("taken"), &held("one", 1), LedgerExpectation::Absent).await.unwrap();
    store.transact(&[], &[put("SKU-2", json!({}), Condition::Absent)], at(0)).await.unwrap();
    let tries = usize::try_from(AT_ONCE.tries).unwrap();
    for hindrance in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "AReasonOfTomorrow"] {
        let check = async |ledger: &[_], reasons: &[&str], answer: TransactError| {
            let writes = [put("SKU-2", json!({"other": 1}), Condition::Absent)];
            proxy.reset();
            proxy.plan("TransactWriteItems", vec![Fault::canceled(reasons); tries]);
            let outcome = store.transact(ledger, &writes, at(0)).await;
            assert!(matches!(outcome, Err(TransactError::Store(StoreError::Unavailable(_)))), "{reasons:?}: {outcome:?}");
            proxy.plan("TransactWriteItems", [Fault::canceled(reasons)]);
            assert_eq!(store.transact(ledger, &writes, at(0)).await, Err(answer), "{reasons:?}: when it is judged");
        };
        check(&[taking("task", "one")], &[hindrance, "ConditionalCheckFailed"], TransactError::Conditions(vec![0])).await;
        check(&taken(), &["ConditionalCheckFailed", hindrance], TransactError::Ledger).await;
    }
}

#[tokio::test]
async fn each_try_after_a_cancellation_is_a_new_request_and_each_after_a_lost_answer_the_same() {
    let (store, proxy) = behind_proxy().await;
    let faults = [Fault::canceled(&["TransactionConflict", "None"]), Fault::error(400, "ThrottlingException"), Fault::LostAnswer];
    proxy.plan("TransactWriteItems", faults);
    assert_eq!(transact_once(&store).await, Ok(()));
    let tokens: Vec<Value> =
        proxy.seen_of("TransactWriteItems").into_iter().map(|body| body["ClientRequestToken"].clone()).collect();
    assert_eq!(tokens.len(), 4);
    assert!(tokens.iter().all(Value::is_string), "{tokens:?}");
    assert_ne!(tokens[0], tokens[1]);
    assert!(tokens[1] == tokens[2] && tokens[2] == tokens[3], "{tokens:?}");
    assert_eq!(units(&store).await, Some(1));
}

#[tokio::test]
async fn a_transaction_that_meets_itself_was_done() {
    let (store, proxy) = behind_proxy().await;
    proxy.plan("TransactWriteItems", vec![Fault::LostAnswer; SDK_TRIES]);
    assert!(matches!(transact_once(&store).await, Err(TransactError::Store(StoreError::Unavailable(_)))));
    assert_eq!(transact_once(&store).await, Ok(()), "another request, with a token of its own");
    assert_eq!(units(&store).await, Some(1));
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_knows_its_own_entry() {
    let (store, proxy) = behind_proxy().await;
    let identity = identity("orders", "o-1");
    proxy.plan("PutItem", [Fault::LostAnswer]);
    assert_eq!(store.put_entry(&entry(&identity, 1, 7)).await, Ok(PutEntry::Committed));
    assert_eq!(proxy.seen().len(), 2, "no further request: the failed condition answers with the seed");
    assert_eq!(store.put_entry(&entry(&identity, 1, 8)).await, Ok(PutEntry::Conflict));
}

#[tokio::test]
async fn writes_whose_answers_were_lost_know_themselves() {
    let (store, proxy) = behind_proxy().await;
    proxy.plan("UpdateItem", [Fault::LostAnswer]);
    assert_eq!(store.put_ledger(&key("task"), &held("one", 1), LedgerExpectation::Absent).await, Ok(true));
    assert_eq!(store.ledger(&key("task")).await.unwrap().unwrap().version, 1);

    proxy.plan("PutItem", [Fault::LostAnswer]);
    assert_eq!(store.put_machine(&machine("orders", 1)).await, Ok(MachineChange::Written));

    let head = head("orders", "o-1", 0);
    store.create_head(&head).await.unwrap();
    proxy.plan("UpdateItem", [Fault::LostAnswer, Fault::LostAnswer]);
    assert_eq!(store.raise_wake(&head.identity, at(900), 1).await, Ok(true));
    assert_eq!(store.head(&head.identity.arn).await.unwrap().unwrap().wake_at, Some(at(900)));
}

#[tokio::test]
async fn a_head_whose_answer_was_lost_exists_under_its_own_id() {
    let (store, proxy) = behind_proxy().await;
    let head = head("orders", "o-1", 0);
    store.create_head(&self::head("orders", "o-0", 0)).await.unwrap();
    proxy.reset();
    // The first put is that of the pointer, the second that of the head.
    let through = proxy.clone();
    proxy.plan("PutItem", [Fault::LostAnswer, Fault::LostAnswer]);
    let created = store.create_head(&head).await.unwrap();
    assert!(through.seen_of("PutItem").len() >= 3);
    match created {
        HeadCreation::Created => {}
        HeadCreation::Exists(standing) => assert_eq!(*standing, head),
    }
    assert_eq!(store.head_of(&head.identity.id).await.unwrap(), Some(head));
}

/// Every operation that the ports use, by name, with a call that uses it.
async fn call(store: &DynamoStore, operation: &str) -> Result<(), StoreError> {
    let orders = identity("orders", "o-1");
    match operation {
        "GetItem" => store.head(&orders.arn).await.map(drop),
        "PutItem" => store.put_definition(&entry(&orders, 1, 1).execution.definition, "{}").await,
        "UpdateItem" => store.put_ledger(&key("task"), &held("one", 1), LedgerExpectation::Absent).await.map(drop),
        "DeleteItem" => store.delete_machine("arn:x:stateMachine:orders").await,
        "Query" => store.latest_entry(&orders.id).await.map(drop),
        "BatchGetItem" => store.values(&orders.id, &[head("orders", "o-1", 0).input_hash]).await.map(drop),
        "TransactWriteItems" => match transact_once(store).await {
            Err(TransactError::Store(error)) => Err(error),
            other => other.map_err(|error| panic!("{error}")),
        },
        other => panic!("{other}"),
    }
}

const OPERATIONS: [&str; 7] = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "TransactWriteItems"];

#[tokio::test]
async fn what_passes_is_waited_for() {
    let (_, proxy) = behind_proxy().await;
    let passing = [
        (400, "ThrottlingException"),
        (400, "ProvisionedThroughputExceededException"),
        (400, "RequestLimitExceeded"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
    ];
    for operation in OPERATIONS {
        let store = new_store_at(&proxy.endpoint).await;
        for (status, code) in passing {
            proxy.reset();
            proxy.plan(operation, [Fault::error(status, code)]);
            assert_eq!(call(&store, operation).await, Ok(()), "{operation}: {code}");
            assert_eq!(proxy.seen_of(operation).len(), 2, "{operation}: {code}");
        }
    }
}

#[tokio::test]
async fn what_does_not_pass_in_time_is_unavailable() {
    let (_, proxy) = behind_proxy().await;
    for operation in OPERATIONS {
        let store = new_store_at(&proxy.endpoint).await;
        proxy.reset();
        proxy.plan(operation, vec![Fault::error(400, "ThrottlingException"); SDK_TRIES]);
        let outcome = call(&store, operation).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn what_can_never_succeed_is_refused() {
    let (_, proxy) = behind_proxy().await;
    for operation in OPERATIONS {
        let store = new_store_at(&proxy.endpoint).await;
        for code in ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"] {
            proxy.reset();
            proxy.plan(operation, [Fault::error(400, code)]);
            let outcome = call(&store, operation).await;
            assert!(matches!(outcome, Err(StoreError::Refused(_))), "{operation}: {code}: {outcome:?}");
            assert_eq!(proxy.seen_of(operation).len(), 1, "{operation}: {code}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_may_have_taken_effect() {
    let (_, proxy) = behind_proxy().await;
    for operation in OPERATIONS {
        let store = new_store_at(&proxy.endpoint).await;
        proxy.reset();
        proxy.plan(operation, vec![Fault::Answer(200, "<html>".to_owned()); SDK_TRIES]);
        let outcome = call(&store, operation).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_write_waits_for_somebody_elses_transaction() {
    let (store, proxy) = behind_proxy().await;
    let conflict = || Fault::error(400, "TransactionConflictException");
    let tries = usize::try_from(AT_ONCE.tries).unwrap();
    for operation in ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"] {
        proxy.reset();
        proxy.plan(operation, vec![conflict(); tries - 1]);
        assert_eq!(call(&store, operation).await, Ok(()), "{operation}");
        proxy.plan(operation, vec![conflict(); tries]);
        let outcome = call(&store, operation).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn keys_that_were_left_unprocessed_are_asked_for_again() {
    let (store, proxy) = behind_proxy().await;
    let id = execution_id("values");
    let values: Vec<_> = ["1", "2"].map(|text| (interpreter::ValueHash::of(text), text.into())).into();
    store.put_values(&id, &values).await.unwrap();
    let keys = values.iter().map(|(hash, _)| json!({"pk": {"S": format!("V#{id}")}, "sk": {"S": hash.to_string()}}));
    let left = json!({ store.table(): {"Keys": keys.collect::<Vec<_>>(), "ConsistentRead": true} });
    let unprocessed = Fault::Answer(200, json!({"Responses": {}, "UnprocessedKeys": left}).to_string());

    let hashes: Vec<_> = values.iter().map(|(hash, _)| hash.clone()).collect();
    proxy.plan("BatchGetItem", [unprocessed.clone(), unprocessed.clone()]);
    assert_eq!(store.values(&id, &hashes).await.unwrap(), values.into_iter().collect());
    proxy.plan("BatchGetItem", vec![unprocessed; usize::try_from(AT_ONCE.tries).unwrap() + 1]);
    assert!(matches!(store.values(&id, &hashes).await, Err(StoreError::Unavailable(_))));
}
