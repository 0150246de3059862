//! A system to call operations on: a coordinator over a memory store and a memory queue, at a time that stands still.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clock::{ManualClock, SeededEntropy};
use coordinator::{Coordinator, Ports, Settings};
use interpreter::{Route, Routes, TaskToken};
use messages::{
    CoordinatorBody, CoordinatorMessage, Disposition, InputBody, MemoryQueue, MessageQueue, Outgoing, QueueSettings, QueueSource,
    RequestBody, queue_name,
};
use serde_json::{Value, json};
use store::MemoryStore;

use crate::{Api, Operation, Place};

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/test";
pub(crate) const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;
pub(crate) const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":600,"End":true}}}"#;
pub(crate) const FAIL: &str = r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Never","Cause":"on purpose"}}}"#;
/// A distributed Map.
pub(crate) const MAP: &str = r#"{"StartAt":"Each","States":{"Each":{"Type":"Map","End":true,"ItemProcessor":{
    "ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"Item","States":{"Item":{"Type":"Pass","End":true}}}}}}"#;
/// A task that would be undone, and that nobody performs.
pub(crate) const TASK: &str = r#"{"StartAt":"Charge","States":{"Charge":{"Type":"Task","End":true,
    "Resource":"arn:aws:lambda:us-east-1:123456789012:function:worker",
    "Compensation":{"Resource":"arn:aws:lambda:us-east-1:123456789012:function:worker"}}}}"#;
/// A task that waits for an answer: for ten minutes, with a heartbeat each minute.
const CALLBACK: &str = r#"{"StartAt":"Review","States":{"Review":{"Type":"Task","End":true,
    "Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","TimeoutSeconds":600,"HeartbeatSeconds":60,
    "Parameters":{"FunctionName":"worker","Payload":{"token.$":"$$.Task.Token"}}}}}"#;

/// 2026-11-01T12:00:00Z.
const NOON_MILLIS: i64 = 1_793_534_400_000;

pub(crate) struct System {
    coordinator: Coordinator,
    place: Place,
    clock: Arc<ManualClock>,
    queue: Arc<MemoryQueue>,
}

impl System {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::at_millis(NOON_MILLIS));
        let queue = MemoryQueue::new(clock.clone())
            .with_queue(queue_name::ANSWERS, QueueSettings::fifo())
            .with_queue(queue_name::HINTS, QueueSettings::standard())
            .with_queue(queue_name::PARKING, QueueSettings::standard())
            .with_queue("worker", QueueSettings::standard());
        let queue = Arc::new(queue);
        let store = MemoryStore::new();
        let ports = Ports {
            executions: Arc::new(store.clone()),
            ledger: Arc::new(store),
            queue: queue.clone(),
            objects: None,
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
        };
        let route = Route { queue: "worker".to_owned(), function_timeout_seconds: 30 };
        let routes = Routes(BTreeMap::from([("worker".to_owned(), route)]));
        let coordinator = Coordinator::new(ports, Settings { routes, ..Settings::default() });
        Self { coordinator, place: Place::default(), clock, queue }
    }

    pub(crate) fn api(&self) -> Api<'_> {
        Api::new(&self.coordinator, &self.place)
    }

    /// Handles what is in the coordinator's queues, and what comes of that, until nothing does.
    pub(crate) async fn pump(&self) {
        loop {
            let mut handled = 0;
            for queue in [queue_name::ANSWERS, queue_name::HINTS] {
                let deliveries = self.queue.receive(queue, 10, Duration::ZERO).await.unwrap();
                handled += deliveries.len();
                let dispositions = self.coordinator.handle(&deliveries).await;
                for (delivery, disposition) in deliveries.iter().zip(dispositions) {
                    if disposition == Disposition::Done {
                        self.queue.delete(queue, &delivery.receipt).await.unwrap();
                    }
                }
            }
            if handled == 0 {
                return;
            }
        }
    }

    pub(crate) fn advance_seconds(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn answer(&self, operation: &str, request: &Value) -> (u16, Value) {
        assert!(Operation::named(operation).is_some(), "{operation}");
        let target = format!("AWSStepFunctions.{operation}");
        let answer = self.api().answer(Some(&target), request.to_string().as_bytes()).await;
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    /// What an operation answers; it must not refuse.
    pub(crate) async fn call(&self, operation: &str, request: Value) -> Value {
        let (status, answer) = self.answer(operation, &request).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Checks that an operation refuses with this error, and with a message that has this part.
    pub(crate) async fn refused(&self, operation: &str, request: Value, error: &str, message: &str) {
        let (status, answer) = self.answer(operation, &request).await;
        assert_eq!((status, answer["__type"].as_str()), (400, Some(error)), "{operation}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains(message), "`{message}` in {answer}");
    }

    /// Creates a machine: its ARN.
    pub(crate) async fn machine(&self, name: &str, definition: &str) -> Value {
        let create = json!({"name": name, "definition": definition, "roleArn": ROLE});
        self.call("CreateStateMachine", create).await["stateMachineArn"].clone()
    }

    /// Creates a machine and publishes it: its ARN, and its version's.
    pub(crate) async fn published(&self, name: &str, definition: &str) -> (Value, Value) {
        let create = json!({"name": name, "definition": definition, "roleArn": ROLE, "publish": true});
        let created = self.call("CreateStateMachine", create).await;
        (created["stateMachineArn"].clone(), created["stateMachineVersionArn"].clone())
    }

    /// Starts an execution: its ARN.
    pub(crate) async fn start(&self, machine_arn: &Value, name: &str, input: &str) -> Value {
        let start = json!({"stateMachineArn": machine_arn, "name": name, "input": input});
        self.call("StartExecution", start).await["executionArn"].clone()
    }

    /// An execution whose task waits for an answer: its ARN and the task's token, as the worker was given it.
    pub(crate) async fn waiting_task(&self) -> (Value, String) {
        let machine = self.machine("review", CALLBACK).await;
        let execution = self.start(&machine, "one", "{}").await;
        let [message] = <[_; 1]>::try_from(self.queue.peek("worker", 2)).unwrap();
        let InputBody::Input(payload) = RequestBody::decode(&message.body).unwrap().input else { panic!("by reference") };
        (execution, payload["token"].as_str().unwrap().to_owned())
    }

    /// Has an execution looked at, as a timer hint or the watch would.
    pub(crate) async fn hint(&self, execution_arn: &Value) {
        let head = self.api().executions().head(execution_arn.as_str().unwrap()).await.unwrap().unwrap();
        let wake = CoordinatorBody::new(head.identity.id, CoordinatorMessage::wake());
        self.queue.send(queue_name::HINTS, &[Outgoing::standard(wake.encode())]).await.unwrap();
        let deliveries = self.queue.receive(queue_name::HINTS, 10, Duration::ZERO).await.unwrap();
        self.coordinator.handle(&deliveries).await;
    }

    /// A token with another proof.
    pub(crate) fn forged(token: &str) -> String {
        let token: TaskToken = token.parse().unwrap();
        TaskToken { proof: token.proof ^ 1, ..token }.to_string()
    }

    /// A token of an execution that does not exist.
    pub(crate) fn of_nobody(token: &str) -> String {
        let token: TaskToken = token.parse().unwrap();
        TaskToken { execution: interpreter::ExecutionId::from_random(7), ..token }.to_string()
    }
}
