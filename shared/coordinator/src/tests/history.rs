//! Histories, page by page.

use std::collections::BTreeSet;

use interpreter::{ExecutionStatus, HistoryEvent, TaskOutcome};
use serde_json::json;
use store::{FaultPlan, Operation};

use super::definitions::SAGA;
use super::world::{Script, World};
use crate::{HistoryCursor, HistoryError, HistoryQuery};

async fn pages(world: &World, limit: usize, newest_first: bool) -> Vec<HistoryEvent> {
    let mut query = HistoryQuery { execution_arn: World::arn("order-1"), limit, newest_first, with_data: true, after: None };
    let mut events = Vec::new();
    loop {
        let page = world.coordinator().history(&query).await.unwrap();
        assert!(page.events.len() <= limit);
        events.extend(page.events);
        // As a token travels through a client.
        query.after = match page.next {
            Some(cursor) => Some(cursor.to_string().parse::<HistoryCursor>().unwrap()),
            None => return events,
        };
    }
}

// Fails if a page begins anywhere but behind the last event of the page before.
#[tokio::test]
async fn pages_of_any_length_and_both_directions_tell_the_same() {
    let mut world = World::new(SAGA).await;
    world.settings.bounds.entries_per_page = 2;
    let input = format!(r#"{{"text": "{}"}}"#, "x".repeat(10_000));
    world.start("order-1", &input).await.unwrap();
    world.run(&world.coordinator()).await;
    let whole = pages(&world, 1_000, false).await;
    assert!(whole.len() > 10);
    assert!(whole.iter().zip(1..).all(|(event, id)| event.id == id), "numbered without gaps");
    let reversed: Vec<_> = whole.iter().rev().cloned().collect();
    for limit in 1..=whole.len() + 1 {
        assert_eq!(pages(&world, limit, false).await, whole, "{limit}");
        assert_eq!(pages(&world, limit, true).await, reversed, "{limit}");
    }
}

// Fails if a page holds more than its bytes, or none of what alone exceeds them.
#[tokio::test]
async fn a_page_ends_before_the_payload_that_would_exceed_its_bytes() {
    let mut world = World::new(SAGA).await;
    let input = format!(r#"{{"text": "{}"}}"#, "x".repeat(10_000));
    world.start("order-1", &input).await.unwrap();
    world.run(&world.coordinator()).await;
    let whole = pages(&world, 1_000, false).await;
    let bytes = u64::try_from(input.len()).unwrap();
    for (page_bytes, most) in [(2 * bytes, 2), (2 * bytes - 1, 1), (1, 1)] {
        world.settings.bounds.history_page_bytes = page_bytes;
        assert_eq!(pages(&world, 1_000, false).await, whole, "{page_bytes}");
        let query = HistoryQuery { execution_arn: World::arn("order-1"), limit: 9, with_data: true, ..HistoryQuery::default() };
        assert_eq!(world.coordinator().history(&query).await.unwrap().events.len(), most, "{page_bytes}");
        let without_data = HistoryQuery { with_data: false, ..query };
        assert_eq!(world.coordinator().history(&without_data).await.unwrap().events.len(), 9);
    }
}

// Fails if value items are not read, or read though nobody asked.
#[tokio::test]
async fn payloads_are_read_on_demand() {
    let world = World::new(SAGA).await;
    let input = format!(r#"{{"text": "{}"}}"#, "x".repeat(10_000));
    world.start("order-1", &input).await.unwrap();
    for with_data in [true, false] {
        let query = HistoryQuery { execution_arn: World::arn("order-1"), limit: 1, with_data, ..HistoryQuery::default() };
        let page = world.coordinator().history(&query).await.unwrap();
        let interpreter::HistoryEventKind::ExecutionStarted { input: told } = &page.events[0].kind else { panic!("{page:?}") };
        assert_eq!(told.text(), with_data.then_some(&*input));
    }
}

/// Two steps forward and one back, each carrying all of the input.
const LADEN: &str = r#"{
    "StartAt": "Review",
    "States": {
        "Review": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Compensation": "None",
            "Parameters": {"FunctionName": "review", "Payload": {"token.$": "$$.Task.Token", "all.$": "$"}},
            "TimeoutSeconds": 86400, "ResultPath": "$.review", "Next": "Reserve"
        },
        "Reserve": {
            "Type": "Task", "Resource": "fn:reserve", "TimeoutSeconds": 60, "ResultPath": "$.reserved", "Next": "Decide",
            "Assign": {"kept.$": "$"},
            "Compensation": {"Resource": "fn:release"}
        },
        "Decide": {"Type": "Choice", "Choices": [{"Variable": "$.good", "BooleanEquals": true, "Next": "Good"}], "Default": "Bad"},
        "Good": {"Type": "Succeed"},
        "Bad": {"Type": "Fail", "Error": "Bad"}
    }
}"#;

/// The names of the kinds of events that refer to a value item.
fn referring(events: &[HistoryEvent]) -> BTreeSet<String> {
    // Nothing in the payloads of these tests is called so.
    let refers = |event: &&HistoryEvent| serde_json::to_string(&event.kind).unwrap().contains(r#""hash""#);
    let name = |event: &HistoryEvent| format!("{:?}", event.kind).split([' ', '(']).next().unwrap().to_owned();
    events.iter().filter(refers).map(name).collect()
}

// Fails if the payload of any kind of event is not looked for (`payloads`), or the variables of what was left.
#[tokio::test]
async fn the_payloads_of_all_kinds_of_events_are_read() {
    let mut referring_kinds = BTreeSet::new();
    for good in [true, false] {
        let world = World::new(LADEN).await.with("reserve", Script::IsSilent);
        let large = "x".repeat(10_000);
        world.start("order-1", &json!({ "good": good, "text": large }).to_string()).await.unwrap();
        world.run(&world.coordinator()).await;
        let token = world.workers.lock().unwrap().requests[0].token.to_string();
        world.coordinator().send_task_success(&token, &json!(large).to_string()).await.unwrap();
        world.run(&world.coordinator()).await;
        let reserve = world.workers.lock().unwrap().requests[1].clone();
        world.answer(&reserve, TaskOutcome::Succeeded { result: json!(large) }).await;
        world.run(&world.coordinator()).await;
        assert!(world.status("order-1").await != ExecutionStatus::Running);
        let query = HistoryQuery { execution_arn: World::arn("order-1"), limit: 1_000, ..HistoryQuery::default() };
        referring_kinds.extend(referring(&world.coordinator().history(&query).await.unwrap().events));
        assert_eq!(referring(&pages(&world, 1_000, false).await), BTreeSet::new());
    }
    let expected = [
        "CompensationScheduled",
        "ExecutionStarted",
        "ExecutionSucceeded",
        "LambdaFunctionScheduled",
        "LambdaFunctionSucceeded",
        "StateEntered",
        "StateExited",
        "TaskScheduled",
        "TaskSucceeded",
    ];
    assert_eq!(referring_kinds, expected.map(str::to_owned).into());
}

// Fails if a page reads the journal from its beginning (or, newest first, from its end) instead of from its cursor, or reads on when it has enough.
#[tokio::test]
async fn a_page_reads_no_more_of_the_journal_than_it_tells() {
    let mut world = World::new(SAGA).await;
    world.settings.bounds.entries_per_page = 1;
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    let revisions = world.description("order-1").await.revision;
    assert_eq!(revisions, 4);
    for newest_first in [false, true] {
        // Behind the first event that the direction's third entry tells.
        let mut query = HistoryQuery { execution_arn: World::arn("order-1"), limit: 1, newest_first, ..HistoryQuery::default() };
        while query.after.is_none_or(|cursor| cursor.revision != if newest_first { 2 } else { 3 }) {
            query.after = world.coordinator().history(&query).await.unwrap().next;
        }
        world.store.follow(FaultPlan::none());
        world.coordinator().history(&query).await.unwrap();
        assert_eq!(world.store.calls(Operation::Entries), 1, "newest first: {newest_first}");
        assert_eq!(world.store.calls(Operation::LatestEntry), 0, "newest first: {newest_first}");
    }
}

// Fails if no head is taken for no events, or any text for a cursor.
#[tokio::test]
async fn what_does_not_exist_has_no_history() {
    let world = World::new(SAGA).await;
    let query = HistoryQuery { execution_arn: World::arn("order-1"), limit: 1, ..HistoryQuery::default() };
    let error = world.coordinator().history(&query).await.unwrap_err();
    assert_eq!(error, HistoryError::ExecutionDoesNotExist(World::arn("order-1")));
    for text in ["", "1", "1.", "a.1", "1.2.3"] {
        assert!(text.parse::<HistoryCursor>().is_err(), "{text}");
    }
}
