//! What CloudFormation asks of the definitions' function.

use coordinator::StartRequest;

use super::{ARNS, Bench, every_payload_is_tried, text};
use crate::{CustomResourceRequest, CustomResourceResponse};

fn request(path: &str) -> CustomResourceRequest {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

async fn answer(bench: &Bench, path: &str) -> CustomResourceResponse {
    bench.machines().answer(&request(path)).await
}

#[tokio::test]
async fn a_state_machine_is_created_updated_and_deleted() {
    let bench = Bench::new();
    let arn = format!("{ARNS}sample-orders");
    let stored = || async { bench.ports.executions.machine(&arn).await.unwrap() };
    let created = answer(&bench, "definitions/create.json").await;
    assert_eq!((created.reason(), created.physical_resource_id()), (None, arn.as_str()));
    let first = stored().await.unwrap();
    assert_eq!(answer(&bench, "definitions/create.json").await, created);
    assert_eq!(stored().await.unwrap(), first);
    assert_eq!(answer(&bench, "definitions/update.json").await.reason(), None);
    let second = stored().await.unwrap();
    assert_ne!(second.definition, first.definition);
    // Whoever was started before keeps its definition.
    assert!(bench.ports.executions.definition(&first.definition).await.unwrap().is_some());
    assert_eq!(answer(&bench, "definitions/delete.json").await.reason(), None);
    assert_eq!(stored().await, None);
}

#[tokio::test]
async fn a_definition_of_ones_own_has_numbers_where_it_needs_them() {
    let bench = Bench::new();
    let created = answer(&bench, "definitions/create-own-definition.json").await;
    assert_eq!(created.reason(), None);
    let machine = bench.ports.executions.machine(created.physical_resource_id()).await.unwrap().unwrap();
    let text = bench.ports.executions.definition(&machine.definition).await.unwrap().unwrap();
    assert!(
        text.contains("\"TimeoutSeconds\":30,")
            && text.contains("arn:aws:lambda:us-east-1:000000000000:function:backstep-task-hello"),
        "{text}"
    );
    let started = StartRequest { machine, name: "one".to_owned(), input: "{}".into(), parent: None };
    bench.coordinator().start(started).await.unwrap();
}

#[tokio::test]
async fn a_definition_with_errors_fails_with_all_of_them_and_their_places() {
    let bench = Bench::new();
    let failed = answer(&bench, "definitions/create-bad-definition.json").await;
    let reason = failed.reason().unwrap();
    assert!(reason.contains("`sample-bad`") && reason.contains("Nowhere") && reason.contains("Gone"), "{reason}");
    assert_eq!(bench.ports.executions.machine(&format!("{ARNS}sample-bad")).await.unwrap(), None);
    // What was never made is deleted without a word.
    let path = "definitions/delete-of-what-was-never-made.json";
    assert_eq!(
        request(path).physical_resource_id.as_deref(),
        Some(failed.physical_resource_id()).map(|_| "not-registered-Sample")
    );
    assert_eq!(answer(&bench, path).await.reason(), None);
    let tried = ["create", "update", "delete", "create-own-definition", "create-bad-definition", "delete-of-what-was-never-made"];
    let tried: Vec<String> = tried.iter().map(|name| format!("definitions/{name}.json")).collect();
    every_payload_is_tried("definitions", tried.iter().map(String::as_str));
}
