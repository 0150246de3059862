//! What leaves for SQS says nothing of the functions that led to it.

use std::process::Command;
use std::time::Duration;

use aws_sdk_sqs::Client;
use messages::{MessageQueue, Outgoing, QueueSource};

use super::service::{Plan, Service};
use super::{config, located};

/// What Lambda calls a function that it runs, and what it says of how that came about: the SDK reads both from the environment.
const FUNCTION: &str = "AWS_LAMBDA_FUNCTION_NAME";
const TRACE: &str = "_X_AMZN_TRACE_ID";
const LINEAGE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=25:a87bd80c:1";

/// Runs one of these tests in a process of its own whose environment is that of a function: a process's environment is not changed from within.
fn passes_in_a_function(test: &str) {
    let name = format!("tests::trace::{test}");
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output =
        command.args([&name, "--exact", "--nocapture"]).env(FUNCTION, "coordinator").env(TRACE, LINEAGE).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn in_a_function() -> bool {
    std::env::var_os(FUNCTION).is_some()
}

/// The one trace header of each request that came.
fn traces(service: &Service) -> Vec<String> {
    let one = |headers: Vec<&str>| headers.join(" and ");
    service.seen().iter().map(|seen| one(seen.headers("x-amzn-trace-id"))).collect()
}

#[tokio::test]
async fn every_request_of_a_function_begins_a_trace_without_lineage() {
    if !in_a_function() {
        return passes_in_a_function("every_request_of_a_function_begins_a_trace_without_lineage");
    }
    let (service, queues) = located().await;
    queues.send("hints", &[Outgoing::standard("a")]).await.unwrap()[0].clone().unwrap();
    queues.send("answers", &[Outgoing::fifo("a", "group", "id")]).await.unwrap()[0].clone().unwrap();
    queues.receive("hints", 1, Duration::ZERO).await.unwrap();
    let mut traces = traces(&service);
    assert_eq!(traces.len(), 3);
    for trace in &traces {
        let root = trace.strip_prefix("Root=1-6553f100-").unwrap_or_else(|| panic!("{trace}"));
        assert!(root.len() == 24 && root.chars().all(|digit| digit.is_ascii_hexdigit()), "{trace}");
    }
    traces.sort_unstable();
    traces.dedup();
    assert_eq!(traces.len(), 3, "each request begins a trace of its own");
    for seen in service.seen() {
        assert!(!format!("{seen:?}").contains("Lineage"), "{seen:?}");
        assert!(!seen.body.to_string().contains("AWSTraceHeader"), "{seen:?}");
    }
}

#[tokio::test]
async fn all_tries_of_a_request_belong_to_one_trace() {
    let (service, queues) = located().await;
    service.plan([Plan::LostAnswer, Plan::error(503, "ServiceUnavailable")]);
    queues.send("hints", &[Outgoing::standard("a")]).await.unwrap()[0].clone().unwrap();
    let traces = traces(&service);
    assert_eq!(traces.len(), 3);
    assert!(traces.iter().all(|trace| *trace == traces[0] && trace.starts_with("Root=1-")), "{traces:?}");
}

/// What the interceptor is there for: when this fails, the SDK has changed.
#[tokio::test]
async fn the_sdk_by_itself_passes_the_lineage_on() {
    if !in_a_function() {
        return passes_in_a_function("the_sdk_by_itself_passes_the_lineage_on");
    }
    let service = Service::start().await;
    let client = Client::from_conf(config(&service).build());
    client.get_queue_url().queue_name("hints").send().await.unwrap();
    assert_eq!(traces(&service), [LINEAGE]);
}
