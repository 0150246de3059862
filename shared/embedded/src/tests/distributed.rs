//! Distributed Maps: each item is an execution of its own.

use std::sync::Arc;
use std::time::Duration;

use coordinator::{Description, StopRequest};
use interpreter::{ExecutionStatus, Limits};
use messages::Disorder;
use objects::{MemoryObjects, ObjectStore};
use serde_json::{Value, json};

use super::world::jumping;
use crate::{Options, StoreChoice, System};

/// A machine of one distributed Map with these fields, whose items go through the states.
fn machine(states: &Value, fields: &Value) -> Value {
    let start = states.as_object().unwrap().keys().next().unwrap();
    let mut map = json!({
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": start,
            "States": states,
        },
        "End": true,
    });
    map.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    json!({"StartAt": "Each", "States": {"Each": map}})
}

fn passes(fields: &Value) -> Value {
    machine(&json!({"Item": {"Type": "Pass", "End": true}}), fields)
}

/// Fails for items that are negative.
fn judging(fields: &Value) -> Value {
    let states = json!({
        "Judge": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericLessThan": 0, "Next": "Bad"}],
            "Default": "Good",
        },
        "Bad": {"Type": "Fail", "Error": "Negative", "Cause": "as the input says"},
        "Good": {"Type": "Pass", "End": true},
    });
    machine(&states, fields)
}

/// Waits for an hour, each item.
fn waiting(fields: &Value) -> Value {
    machine(&json!({"Rest": {"Type": "Wait", "Seconds": 3600, "End": true}}), fields)
}

async fn started(system: &System, definition: &Value, input: &Value) -> String {
    system.register_machine("map", &definition.to_string()).await.unwrap();
    system.start_execution("map", "one", &input.to_string()).await.unwrap().identity.arn
}

async fn ended(options: Options, definition: &Value, input: &Value) -> (System, Description) {
    let system = System::start(options).unwrap();
    let arn = started(&system, definition, input).await;
    let ended = system.ended(&arn).await.unwrap();
    (system, ended)
}

async fn output(definition: &Value, input: &Value) -> Value {
    let (_, ended) = ended(jumping(), definition, input).await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded, "{:?}", ended.failure);
    serde_json::from_str(&ended.output.unwrap()).unwrap()
}

async fn failure(definition: &Value, input: &Value) -> (String, String) {
    let (_, ended) = ended(jumping(), definition, input).await;
    assert_eq!(ended.status, ExecutionStatus::Failed);
    let failure = ended.failure.unwrap();
    (failure.error, failure.cause.unwrap_or_default())
}

/// The only Map Run of an execution.
async fn run_of(system: &System, execution: &str) -> coordinator::MapRunDescription {
    let runs = system.coordinator().list_map_runs(execution, 10, None).await.unwrap();
    assert_eq!(runs.heads.len(), 1);
    system.coordinator().describe_map_run(&runs.heads[0].identity.arn).await.unwrap()
}

/// Lets time pass, in which the system works.
async fn pass_seconds(system: &System, seconds: u64) {
    system.ports().clock.sleep(Duration::from_secs(seconds)).await;
}

/// The statuses of a Map Run's executions.
async fn statuses(system: &System, run: &str) -> Vec<ExecutionStatus> {
    let executions = system.coordinator().list_map_runs(run, 1_000, None).await.unwrap();
    executions.heads.into_iter().map(|head| head.status).collect()
}

#[tokio::test(start_paused = true)]
async fn the_results_stand_in_the_order_of_the_items() {
    let items: Vec<u64> = (0..300).collect();
    assert_eq!(output(&passes(&json!({})), &json!(items)).await, json!(items));
    assert_eq!(output(&passes(&json!({})), &json!([])).await, json!([]));
}

// Fails if a large item, input or result does not come over from one execution to the other.
#[tokio::test(start_paused = true)]
async fn what_is_large_goes_from_one_execution_to_the_other() {
    let items: Vec<String> = (0..4).map(|index| index.to_string().repeat(20_000)).collect();
    assert_eq!(output(&passes(&json!({})), &json!(items)).await, json!(items));
    let selector = json!({"ItemSelector": {"a.$": "$.big", "b.$": "$$.Map.Item.Index"}, "ItemsPath": "$.items"});
    let input = json!({"big": "y".repeat(30_000), "items": [1, 2]});
    let expected = json!([{"a": "y".repeat(30_000), "b": 0}, {"a": "y".repeat(30_000), "b": 1}]);
    assert_eq!(output(&passes(&selector), &input).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_selector_sees_the_map_its_execution_and_its_variables() {
    let definition = json!({
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Assign": {"kept.$": "$[0]"}, "Next": "Each"},
            "Each": passes(&json!({"ItemSelector": {
                "item.$": "$$.Map.Item.Value",
                "name.$": "$$.Execution.Name",
                "state.$": "$$.State.Name",
                "kept.$": "$kept",
            }}))["States"]["Each"],
        },
    });
    let expected = |item| json!({"item": item, "name": "one", "state": "Each", "kept": 5});
    assert_eq!(output(&definition, &json!([5, 6])).await, json!([expected(5), expected(6)]));
    let jsonata = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Each",
        "States": {"Each": passes(&json!({
            "Items": "{% $states.input.items %}",
            "ItemSelector": {"sum": "{% $states.context.Map.Item.Value + $states.input.more %}"},
        }))["States"]["Each"]},
    });
    assert_eq!(output(&jsonata, &json!({"items": [1, 2], "more": 10})).await, json!([{"sum": 11}, {"sum": 12}]));
}

#[tokio::test(start_paused = true)]
async fn items_come_in_batches() {
    let fields = json!({"ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"of.$": "$[0]"}}});
    let batch = |items: Value| json!({"BatchInput": {"of": 1}, "Items": items});
    let (system, ended) = ended(jumping(), &passes(&fields), &json!([1, 2, 3, 4, 5])).await;
    let output: Value = serde_json::from_str(&ended.output.unwrap()).unwrap();
    assert_eq!(output, json!([batch(json!([1, 2])), batch(json!([3, 4])), batch(json!([5]))]));
    let facts = run_of(&system, &ended.identity.arn).await.facts;
    assert_eq!((facts.executions.succeeded, facts.items.succeeded, facts.items.total), (3, 5, 5));
    let bytes = json!({"ItemBatcher": {"MaxInputBytesPerBatch": 60}});
    let long = "x".repeat(14);
    let batches = self::output(&passes(&bytes), &json!([long, long, long])).await;
    assert_eq!(batches, json!([{"Items": [long, long]}, {"Items": [long]}]));
}

#[tokio::test(start_paused = true)]
async fn more_failures_than_are_tolerated_fail_the_map() {
    let exceeded = || {
        ("States.ExceedToleratedFailureThreshold".to_owned(), "The specified tolerated failure threshold was exceeded".to_owned())
    };
    assert_eq!(failure(&judging(&json!({})), &json!([1, -1, 2])).await, exceeded());
    assert_eq!(failure(&judging(&json!({"ToleratedFailureCount": 1})), &json!([-1, -1, 2])).await, exceeded());
    assert_eq!(failure(&judging(&json!({"ToleratedFailurePercentage": 50})), &json!([-1, -1, 2])).await, exceeded());
    assert_eq!(output(&judging(&json!({"ToleratedFailureCount": 1})), &json!([1, -1, 2])).await, json!([1, 2]));
    assert_eq!(output(&judging(&json!({"ToleratedFailurePercentage": 50})), &json!([-1, 2])).await, json!([2]));
    let caught = json!({"Catch": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Caught"}]});
    let mut definition = judging(&caught);
    definition["States"]["Caught"] = json!({"Type": "Pass", "Result": "caught", "End": true});
    assert_eq!(output(&definition, &json!([-1])).await, json!("caught"));
}

#[tokio::test(start_paused = true)]
async fn no_more_executions_run_at_a_time_than_max_concurrency() {
    let system = System::start(jumping()).unwrap();
    let began = system.ports().now();
    let arn = started(
        &system,
        &waiting(&json!({"MaxConcurrencyPath": "$.most", "ItemsPath": "$.items"})),
        &json!({"most": 2, "items": [1, 2, 3, 4, 5]}),
    )
    .await;
    let ended = system.ended(&arn).await.unwrap();
    assert_eq!(ended.status, ExecutionStatus::Succeeded);
    // Three rounds of two, an hour each.
    assert!(ended.closed_at.unwrap() >= began.plus_seconds(3 * 3_600));
    assert!(ended.closed_at.unwrap() < began.plus_seconds(4 * 3_600));
}

// Fails if what was started goes on for nobody: while it was open, or before it could begin.
#[tokio::test(start_paused = true)]
async fn what_a_map_has_started_is_stopped_with_it() {
    let system = System::start(jumping()).unwrap();
    let definition = waiting(&json!({"MaxConcurrency": 3}));
    let arn = started(&system, &definition, &json!([1, 2, 3, 4, 5])).await;
    pass_seconds(&system, 60).await;
    system.coordinator().stop(StopRequest { execution_arn: arn.clone(), ..StopRequest::default() }).await.unwrap();
    pass_seconds(&system, 60).await;
    let run = run_of(&system, &arn).await;
    assert_eq!(run.status, ExecutionStatus::Aborted);
    assert_eq!(statuses(&system, &run.identity.arn).await, [ExecutionStatus::Aborted; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_and_a_failure_beside_it_stop_a_map_too() {
    for parallel in [false, true] {
        let map = waiting(&json!({}));
        let definition = if parallel {
            let fails = json!({"StartAt": "Rest2", "States": {
                "Rest2": {"Type": "Wait", "Seconds": 5, "Next": "Fails"}, "Fails": {"Type": "Fail", "Error": "E"}}});
            let both = json!({"Type": "Parallel", "Branches": [map, fails], "End": true,
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Linger"}]});
            json!({"StartAt": "Both", "States": {"Both": both, "Linger": {"Type": "Wait", "Seconds": 100, "End": true}}})
        } else {
            let mut map = map;
            map["TimeoutSeconds"] = json!(30);
            map
        };
        let system = System::start(jumping()).unwrap();
        let arn = started(&system, &definition, &json!([1, 2])).await;
        pass_seconds(&system, 60).await;
        let run = run_of(&system, &arn).await;
        assert_eq!(run.status, ExecutionStatus::Aborted, "parallel: {parallel}");
        assert_eq!(statuses(&system, &run.identity.arn).await, [ExecutionStatus::Aborted; 2]);
        let ended = system.ended(&arn).await.unwrap();
        assert_eq!(ended.status, if parallel { ExecutionStatus::Succeeded } else { ExecutionStatus::TimedOut });
    }
}

#[tokio::test(start_paused = true)]
async fn maps_stand_inside_each_other() {
    let inner = passes(&json!({}))["States"]["Each"].clone();
    let definition = json!({
        "StartAt": "Outer",
        "States": {"Outer": {
            "Type": "Map",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "Each", "States": {"Each": inner}},
            "End": true,
        }},
    });
    let items = json!([[1, 2], [], [3]]);
    assert_eq!(output(&definition, &items).await, items);
}

#[tokio::test(start_paused = true)]
async fn items_are_read_from_an_object_and_results_written_to_others() {
    let objects = MemoryObjects::new();
    objects.create_bucket("b");
    let lines: Vec<String> = (0..3_000).map(|index| json!({"index": index}).to_string()).collect();
    objects.put("b", "in.jsonl", lines.join("\n").into()).await.unwrap();
    let fields = json!({
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL", "MaxItems": 2_500},
            "Parameters": {"Bucket": "b", "Key.$": "$.key"},
        },
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "out"}},
        "Label": "Lines",
    });
    let options = Options { objects: Some(Arc::new(objects.clone())), ..jumping() };
    let (system, ended) = ended(options, &passes(&fields), &json!({"key": "in.jsonl"})).await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded, "{:?}", ended.failure);
    let output: Value = serde_json::from_str(&ended.output.unwrap()).unwrap();
    let run = run_of(&system, &ended.identity.arn).await;
    assert_eq!(output["MapRunArn"], json!(run.identity.arn));
    assert!(run.identity.arn.contains(":mapRun:map/Lines:"), "{}", run.identity.arn);
    assert_eq!((run.facts.items.total, run.facts.items.succeeded, run.facts.items.results_written), (2_500, 2_500, 2_500));
    let key = output["ResultWriterDetails"]["Key"].as_str().unwrap();
    let manifest: Value = serde_json::from_slice(&objects.get("b", key, 0, u64::MAX).await.unwrap().bytes).unwrap();
    let file = manifest["ResultFiles"]["SUCCEEDED"][0]["Key"].as_str().unwrap();
    let results: Value = serde_json::from_slice(&objects.get("b", file, 0, u64::MAX).await.unwrap().bytes).unwrap();
    assert_eq!(results.as_array().unwrap().len(), 2_500);
    assert_eq!(results[0]["Status"], "SUCCEEDED");
    assert_eq!(results[0]["Input"], results[0]["Output"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_or_written_fails_the_map_by_its_name() {
    let reader = json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}});
    assert_eq!(failure(&passes(&reader), &json!({})).await.0, "States.ItemReaderFailed");
    let writer = json!({"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}});
    assert_eq!(failure(&passes(&writer), &json!([1])).await.0, "States.ResultWriterFailed");
}

// Fails if a start, a stop, an end or its answer counts twice, or is lost with its message.
#[tokio::test(start_paused = true)]
async fn messages_may_come_twice_and_in_any_order() {
    let disorder = Disorder { duplicates_per_mille: 300, ..Disorder::twice_and_shuffled(7) };
    let options = Options { disorder: Some(disorder), ..jumping() };
    let items: Vec<u64> = (0..100).collect();
    let (system, ended) = ended(options, &passes(&json!({"MaxConcurrency": 7})), &json!(items)).await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded, "{:?}", ended.failure);
    let facts = run_of(&system, &ended.identity.arn).await.facts;
    assert_eq!((facts.executions.total, facts.executions.succeeded, facts.executions.running), (100, 100, 0));
}

// Fails if a Map Run whose queues were purged goes on only because somebody else looks.
#[tokio::test(start_paused = true)]
async fn a_map_goes_on_when_the_queues_were_purged() {
    let system = System::start(jumping()).unwrap();
    let arn = started(&system, &waiting(&json!({"MaxConcurrency": 4})), &json!([1, 2, 3, 4, 5, 6])).await;
    for _ in 0..3 {
        pass_seconds(&system, 1_200).await;
        system.queues().purge(messages::queue_name::ANSWERS);
        system.queues().purge(messages::queue_name::HINTS);
    }
    assert_eq!(system.ended(&arn).await.unwrap().status, ExecutionStatus::Succeeded);
}

// Fails if the state of a Map Run grows with what is done.
#[tokio::test(start_paused = true)]
async fn the_state_of_a_map_run_does_not_grow_with_what_is_done() {
    let limits = Limits { distributed_concurrency: 20, ..Limits::default() };
    let mut largest = Vec::new();
    for number in [300_u64, 1_500] {
        let items: Vec<u64> = (0..number).collect();
        let options = Options { limits: limits.clone(), ..jumping() };
        let (system, ended) = ended(options, &passes(&json!({})), &json!(items)).await;
        let run = run_of(&system, &ended.identity.arn).await;
        let entries = system.ports().executions.entries(&run.identity.id, 1, 10_000).await.unwrap();
        largest.push(entries.iter().map(|entry| serde_json::to_string(&entry.execution).unwrap().len()).max().unwrap());
    }
    assert!(largest[1] < largest[0] + 1_500, "{largest:?}");
}

#[tokio::test]
async fn a_map_runs_in_a_directory() {
    let directory = super::directory::Directory::new();
    let store = StoreChoice::Directory(directory.path().to_owned());
    let items: Vec<u64> = (0..50).collect();
    let (_system, ended) = ended(super::world::options(store), &passes(&json!({})), &json!(items)).await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded, "{:?}", ended.failure);
}
