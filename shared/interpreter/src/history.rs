//! History events, as `GetExecutionHistory` tells them (Step Functions API reference, `HistoryEvent`), and Backstep's own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Payload, StateFailure, Timestamp};

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// Its number, from 1 without gaps.
    pub id: u64,
    /// The event that led to it; 0 for the first ones.
    pub previous: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: HistoryEventKind,
}

/// The `error` and `cause` of an event; absent ones are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct ErrorDetails {
    /// The error's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl ErrorDetails {
    /// Of a failure as histories show it; an empty name is an absent one.
    pub fn of(failure: &StateFailure) -> Self {
        let failure = failure.reported();
        Self { error: Some(failure.error).filter(|error| !error.is_empty()), cause: failure.cause }
    }
}

/// What a task event says about the integration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDetails {
    /// `lambda`.
    pub resource_type: String,
    /// `invoke` or `invoke.waitForTaskToken`.
    pub resource: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[expect(missing_docs, reason = "named and shaped as in the Step Functions API reference")]
pub enum HistoryEventKind {
    ExecutionStarted {
        input: Payload,
    },
    ExecutionSucceeded {
        output: Payload,
    },
    ExecutionFailed(ErrorDetails),
    ExecutionTimedOut(ErrorDetails),
    ExecutionAborted(ErrorDetails),
    ExecutionRedriven {
        redrive_count: u32,
    },

    /// `TaskStateEntered`, `ChoiceStateEntered`, ...: by `state_type`.
    StateEntered {
        state_type: StateType,
        name: String,
        input: Payload,
    },
    /// `TaskStateExited`, ...; a Fail state has none.
    StateExited {
        state_type: StateType,
        name: String,
        output: Payload,
        /// The variables that the state assigned.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        assigned: BTreeMap<String, Payload>,
    },
    /// An expression in JSONata failed, in the state `state`.
    EvaluationFailed {
        state: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
        #[serde(flatten)]
        details: ErrorDetails,
    },
    /// `TaskStateAborted`, `WaitStateAborted`, `ParallelStateAborted`, `MapStateAborted`.
    StateAborted {
        state_type: StateType,
    },

    LambdaFunctionScheduled {
        resource: String,
        input: Payload,
        timeout_seconds: Option<u64>,
    },
    LambdaFunctionStarted,
    LambdaFunctionSucceeded {
        output: Payload,
    },
    LambdaFunctionFailed(ErrorDetails),
    LambdaFunctionTimedOut(ErrorDetails),
    LambdaFunctionScheduleFailed(ErrorDetails),

    ActivityScheduled {
        resource: String,
        input: Payload,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
    },
    /// A worker was given the task.
    ActivityStarted {
        worker_name: Option<String>,
    },
    ActivitySucceeded {
        output: Payload,
    },
    ActivityFailed(ErrorDetails),
    ActivityTimedOut(ErrorDetails),
    ActivityScheduleFailed(ErrorDetails),

    TaskScheduled {
        task: TaskDetails,
        region: String,
        parameters: Payload,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
    },
    TaskStarted {
        task: TaskDetails,
    },
    TaskSubmitted {
        task: TaskDetails,
        output: Payload,
    },
    TaskSucceeded {
        task: TaskDetails,
        output: Payload,
    },
    TaskFailed {
        task: TaskDetails,
        #[serde(flatten)]
        details: ErrorDetails,
    },
    TaskTimedOut {
        task: TaskDetails,
        #[serde(flatten)]
        details: ErrorDetails,
    },
    TaskSubmitFailed {
        task: TaskDetails,
        #[serde(flatten)]
        details: ErrorDetails,
    },

    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    MapStateStarted {
        length: u64,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapIterationStarted {
        name: String,
        index: u64,
    },
    MapIterationSucceeded {
        name: String,
        index: u64,
    },
    MapIterationFailed {
        name: String,
        index: u64,
    },
    MapIterationAborted {
        name: String,
        index: u64,
    },

    /// The Map Run of a distributed Map was started.
    MapRunStarted {
        map_run_arn: String,
    },
    MapRunSucceeded,
    MapRunFailed(ErrorDetails),
    MapRunAborted,
    MapRunRedriven {
        map_run_arn: String,
        redrive_count: u32,
    },

    /// Backstep: unwinding starts, of the part `state` or of the whole execution.
    UnwindingStarted {
        state: Option<String>,
    },
    /// Backstep: a compensation was scheduled. `attempt` counts from 1.
    CompensationScheduled {
        state: String,
        resource: String,
        input: Payload,
        attempt: u32,
    },
    /// Backstep: what `state` had done is undone.
    CompensationSucceeded {
        state: String,
    },
    /// Backstep: an attempt of a compensation failed; `spent` if it was the last.
    CompensationFailed {
        state: String,
        spent: bool,
        #[serde(flatten)]
        details: ErrorDetails,
    },
    /// Backstep: unwinding has ended; `owed` records are left, 0 if all is undone.
    UnwindingEnded {
        state: Option<String>,
        owed: u64,
    },
    /// Backstep: the pivot `state` succeeded, which discharges `discharged` records.
    PivotPassed {
        state: String,
        discharged: u64,
    },
}

impl HistoryEventKind {
    /// The event's type as `GetExecutionHistory` names it.
    pub fn type_name(&self) -> String {
        let name = match self {
            Self::StateEntered { state_type, .. } => return format!("{}StateEntered", state_type.as_str()),
            Self::StateExited { state_type, .. } => return format!("{}StateExited", state_type.as_str()),
            Self::StateAborted { state_type } => return format!("{}StateAborted", state_type.as_str()),
            Self::EvaluationFailed { .. } => "EvaluationFailed",
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed(_) => "ExecutionFailed",
            Self::ExecutionTimedOut(_) => "ExecutionTimedOut",
            Self::ExecutionAborted(_) => "ExecutionAborted",
            Self::ExecutionRedriven { .. } => "ExecutionRedriven",
            Self::LambdaFunctionScheduled { .. } => "LambdaFunctionScheduled",
            Self::LambdaFunctionStarted => "LambdaFunctionStarted",
            Self::LambdaFunctionSucceeded { .. } => "LambdaFunctionSucceeded",
            Self::LambdaFunctionFailed(_) => "LambdaFunctionFailed",
            Self::LambdaFunctionTimedOut(_) => "LambdaFunctionTimedOut",
            Self::LambdaFunctionScheduleFailed(_) => "LambdaFunctionScheduleFailed",
            Self::ActivityScheduled { .. } => "ActivityScheduled",
            Self::ActivityStarted { .. } => "ActivityStarted",
            Self::ActivitySucceeded { .. } => "ActivitySucceeded",
            Self::ActivityFailed(_) => "ActivityFailed",
            Self::ActivityTimedOut(_) => "ActivityTimedOut",
            Self::ActivityScheduleFailed(_) => "ActivityScheduleFailed",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::TaskSubmitted { .. } => "TaskSubmitted",
            Self::TaskSucceeded { .. } => "TaskSucceeded",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskTimedOut { .. } => "TaskTimedOut",
            Self::TaskSubmitFailed { .. } => "TaskSubmitFailed",
            Self::ParallelStateStarted => "ParallelStateStarted",
            Self::ParallelStateSucceeded => "ParallelStateSucceeded",
            Self::ParallelStateFailed => "ParallelStateFailed",
            Self::MapStateStarted { .. } => "MapStateStarted",
            Self::MapStateSucceeded => "MapStateSucceeded",
            Self::MapStateFailed => "MapStateFailed",
            Self::MapIterationStarted { .. } => "MapIterationStarted",
            Self::MapIterationSucceeded { .. } => "MapIterationSucceeded",
            Self::MapIterationFailed { .. } => "MapIterationFailed",
            Self::MapIterationAborted { .. } => "MapIterationAborted",
            Self::MapRunStarted { .. } => "MapRunStarted",
            Self::MapRunSucceeded => "MapRunSucceeded",
            Self::MapRunFailed(_) => "MapRunFailed",
            Self::MapRunAborted => "MapRunAborted",
            Self::MapRunRedriven { .. } => "MapRunRedriven",
            Self::UnwindingStarted { .. } => "UnwindingStarted",
            Self::CompensationScheduled { .. } => "CompensationScheduled",
            Self::CompensationSucceeded { .. } => "CompensationSucceeded",
            Self::CompensationFailed { .. } => "CompensationFailed",
            Self::UnwindingEnded { .. } => "UnwindingEnded",
            Self::PivotPassed { .. } => "PivotPassed",
        };
        name.to_owned()
    }

    /// Bytes of the payloads that stand in the event itself.
    pub(crate) fn inline_bytes(&self) -> u64 {
        let inline = |payload: &Payload| if payload.hash().is_some() { 0 } else { payload.bytes() };
        let payload = match self {
            Self::ExecutionStarted { input }
            | Self::StateEntered { input, .. }
            | Self::LambdaFunctionScheduled { input, .. }
            | Self::ActivityScheduled { input, .. }
            | Self::TaskScheduled { parameters: input, .. }
            | Self::CompensationScheduled { input, .. } => input,
            Self::ExecutionSucceeded { output }
            | Self::LambdaFunctionSucceeded { output }
            | Self::ActivitySucceeded { output }
            | Self::TaskSubmitted { output, .. }
            | Self::TaskSucceeded { output, .. } => output,
            Self::StateExited { output, assigned, .. } => {
                return inline(output) + assigned.values().map(inline).sum::<u64>();
            }
            _ => return 0,
        };
        inline(payload)
    }
}

/// The type of a state, for event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the eight state types")]
pub enum StateType {
    Task,
    Choice,
    Parallel,
    Map,
    Wait,
    Pass,
    Succeed,
    Fail,
}

impl StateType {
    /// The type of a state.
    pub fn of(state: &asl::State) -> Self {
        match &state.kind {
            asl::StateKind::Task(_) => Self::Task,
            asl::StateKind::Choice(_) => Self::Choice,
            asl::StateKind::Parallel(_) => Self::Parallel,
            asl::StateKind::Map(_) => Self::Map,
            asl::StateKind::Wait(_) => Self::Wait,
            asl::StateKind::Pass(_) => Self::Pass,
            asl::StateKind::Succeed(_) => Self::Succeed,
            asl::StateKind::Fail(_) => Self::Fail,
        }
    }

    /// As event names begin.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Choice => "Choice",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
            Self::Wait => "Wait",
            Self::Pass => "Pass",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
        }
    }
}
