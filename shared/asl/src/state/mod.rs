//! The eight state types, a file each.

mod catch;
mod choice;
mod compensation;
mod data;
mod fail;
mod map;
mod parallel;
mod pass;
mod retry;
mod succeed;
mod task;
mod wait;

pub use catch::{Catcher, Compensate};
pub use choice::{Choice, ChoiceRule, Comparison, Condition, Operand, OrEqual, TypeTest};
pub use compensation::{Compensation, CompensationAction};
pub use data::{Amount, Assign, Data, InputPath, QueryLanguage, ResultPath, Text};
pub use fail::Fail;
pub use map::{
    Distributed, ExecutionType, InputType, ItemBatcher, ItemReader, ItemSource, Map, ResultWriter, Tolerance, Transformation,
};
pub use parallel::Parallel;
pub use pass::Pass;
pub use retry::{JitterStrategy, Retrier};
pub use succeed::Succeed;
pub use task::Task;
pub use wait::{Wait, WaitUntil};

/// One state.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its name, unique in the machine; at most 80 characters.
    pub name: String,
    /// The author's comment.
    pub comment: Option<String>,
    /// What it does.
    pub kind: StateKind,
}

/// What a state does, by its `Type`.
#[derive(Debug, Clone, PartialEq)]
pub enum StateKind {
    /// Work done outside.
    Task(Box<Task>),
    /// A branch by conditions.
    Choice(Choice),
    /// Branches beside each other.
    Parallel(Box<Parallel>),
    /// One flow per item of an array.
    Map(Box<Map>),
    /// A delay.
    Wait(Wait),
    /// Its input, reshaped.
    Pass(Pass),
    /// The end of a flow, well.
    Succeed(Succeed),
    /// The end of the execution, with an error.
    Fail(Fail),
}

impl State {
    /// The `Type` as it is written.
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            StateKind::Task(_) => "Task",
            StateKind::Choice(_) => "Choice",
            StateKind::Parallel(_) => "Parallel",
            StateKind::Map(_) => "Map",
            StateKind::Wait(_) => "Wait",
            StateKind::Pass(_) => "Pass",
            StateKind::Succeed(_) => "Succeed",
            StateKind::Fail(_) => "Fail",
        }
    }

    /// The retriers, in order; empty for states that cannot have any.
    pub fn retriers(&self) -> &[Retrier] {
        match &self.kind {
            StateKind::Task(task) => &task.retry,
            StateKind::Parallel(parallel) => &parallel.retry,
            StateKind::Map(map) => &map.retry,
            _ => &[],
        }
    }

    /// The catchers, in order; empty for states that cannot have any.
    pub fn catchers(&self) -> &[Catcher] {
        match &self.kind {
            StateKind::Task(task) => &task.catch,
            StateKind::Parallel(parallel) => &parallel.catch,
            StateKind::Map(map) => &map.catch,
            _ => &[],
        }
    }

    /// The data-flow fields.
    pub fn data(&self) -> &Data {
        match &self.kind {
            StateKind::Task(task) => &task.data,
            StateKind::Choice(choice) => &choice.data,
            StateKind::Parallel(parallel) => &parallel.data,
            StateKind::Map(map) => &map.data,
            StateKind::Wait(wait) => &wait.data,
            StateKind::Pass(pass) => &pass.data,
            StateKind::Succeed(succeed) => &succeed.data,
            StateKind::Fail(fail) => &fail.data,
        }
    }

    /// Whether this state itself uses the compensation extension.
    pub fn uses_compensation(&self) -> bool {
        let by_catcher = self.catchers().iter().any(|catcher| catcher.compensate.is_some());
        match &self.kind {
            StateKind::Task(task) => by_catcher || task.compensation.is_some() || task.pivot || !task.refusals.is_empty(),
            _ => by_catcher,
        }
    }
}
