//! The Step Functions API, as executions call it: that of the system that they run in.

use std::sync::OnceLock;

use async_trait::async_trait;
use coordinator::Coordinator;
use step_functions_api::{Api, Place};

/// What an operation was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatesAnswer {
    /// The status of HTTP.
    pub status: u16,
    /// JSON: the answer, or an error with `__type` and `message`.
    pub body: String,
}

/// Operations of the Step Functions API.
#[async_trait]
pub trait StatesApi: Send + Sync + 'static {
    /// Answers an operation, as in `StartExecution`; `body` is its request, in JSON.
    async fn answer(&self, operation: &str, body: &str) -> StatesAnswer;
}

/// The API of the system that executions run in. A dispatcher is made before its system is open, so that this is told of it later.
pub struct OwnStates {
    place: Place,
    coordinator: OnceLock<Coordinator>,
}

impl OwnStates {
    /// Of a system whose machines are in this place.
    pub fn new(place: Place) -> Self {
        Self { place, coordinator: OnceLock::new() }
    }

    /// What this coordinator's system has is started from now on.
    pub fn open(&self, coordinator: &Coordinator) {
        let (ports, settings) = (coordinator.ports().clone(), coordinator.settings().clone());
        self.coordinator.get_or_init(|| Coordinator::new(ports, settings));
    }
}

#[async_trait]
impl StatesApi for OwnStates {
    async fn answer(&self, operation: &str, body: &str) -> StatesAnswer {
        let Some(coordinator) = self.coordinator.get() else {
            return StatesAnswer { status: 503, body: r#"{"__type":"ServiceUnavailable"}"#.to_owned() };
        };
        let target = format!("AWSStepFunctions.{operation}");
        let answer = Api::new(coordinator, &self.place).answer(Some(&target), body.as_bytes()).await;
        StatesAnswer { status: answer.status, body: answer.body }
    }
}
