//! One state, tried out by itself: what it makes of an input, step by step (TestState in the API Reference).
//!
//! No execution, no history and no time: what a task would bring is given, and what the context object says too. The query languages, the
//! choice of retriers and catchers and their causes are those of executions.

use std::collections::BTreeMap;

use asl::state::{Assign, Catcher, Map, Parallel, Pass, QueryLanguage, Task};
use asl::{Next, State, StateKind, error_name};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;

use crate::data_flow::{self, Assigning, DataFlow, Field};
use crate::halt::FlowFailure;
use crate::{StateFailure, Timestamp, retry};

/// What is tried.
#[derive(Debug, Clone)]
pub struct StateTest<'a> {
    /// The state.
    pub state: &'a State,
    /// Its raw input.
    pub input: &'a Value,
    /// The whole context object.
    pub context: Value,
    /// The variables that it sees.
    pub variables: BTreeMap<String, Value>,
    /// What its task, branches or iterations bring; of other states nothing.
    pub brought: Option<Brought>,
    /// How often it was retried before.
    pub retried: u64,
    /// How many of a Map's iterations have failed.
    pub failed_iterations: u64,
    /// When it is entered.
    pub now: Timestamp,
    /// What is drawn from.
    pub seed: u64,
}

/// What a task, the branches of a Parallel or the iterations of a Map bring.
#[derive(Debug, Clone, PartialEq)]
pub enum Brought {
    /// A result.
    Result(Value),
    /// A failure.
    Failure(StateFailure),
}

/// What a state came to.
#[derive(Debug, Clone, PartialEq)]
pub enum StateOutcome {
    /// It is left.
    Succeeded {
        /// With this output.
        output: Value,
        /// For this state; none at the end.
        next: Option<String>,
    },
    /// It has failed, and nothing uses that.
    Failed(StateFailure),
    /// It has failed and is tried again.
    Retriable(StateFailure),
    /// It has failed, and is left by a catcher.
    Caught {
        /// With what it failed.
        failure: StateFailure,
        /// The output.
        output: Value,
        /// Where to.
        next: String,
    },
}

/// What can be seen of the way from the input to the output. What was not come to is absent.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(missing_docs, reason = "named as in the API Reference, InspectionData")]
pub struct StateInspection {
    pub after_input_path: Option<Value>,
    pub after_parameters: Option<Value>,
    pub after_arguments: Option<Value>,
    pub result: Option<Value>,
    pub after_result_selector: Option<Value>,
    pub after_result_path: Option<Value>,
    pub after_items_path: Option<Value>,
    /// What the state assigned.
    pub assigned: BTreeMap<String, Value>,
    pub max_concurrency: Option<u64>,
    pub tolerated_failure_count: Option<Value>,
    pub tolerated_failure_percentage: Option<Value>,
    pub retry_index: Option<usize>,
    pub retry_backoff_millis: Option<u64>,
    pub catch_index: Option<usize>,
}

/// Tries a state.
pub fn test_state(test: &StateTest<'_>) -> (StateOutcome, StateInspection) {
    let language = test.state.data().language;
    let flow = data_flow::given(test.state, test.context.clone(), test.variables.clone(), test.now, test.seed);
    let mut trial = Trial {
        test,
        flow: &*flow,
        is_json_path: language == QueryLanguage::JsonPath,
        random: ChaCha8Rng::seed_from_u64(test.seed),
        seen: StateInspection::default(),
    };
    let outcome = match trial.run() {
        Ok(outcome) => outcome,
        Err(failure) => trial.failed(told(test.state, failure.failure)),
    };
    (outcome, trial.seen)
}

/// A failure of the interpreter itself says where it happened; of the one state there is, the entered event would be the second.
fn told(state: &State, failure: StateFailure) -> StateFailure {
    if failure.error != error_name::RUNTIME {
        return failure;
    }
    let cause = failure.cause.unwrap_or_default();
    let place = format!("An error occurred while executing the state '{}' (entered at the event id #2). {cause}", state.name);
    StateFailure { cause: Some(place), ..failure }
}

/// A state under way.
struct Trial<'t> {
    test: &'t StateTest<'t>,
    flow: &'t dyn DataFlow,
    is_json_path: bool,
    random: ChaCha8Rng,
    seen: StateInspection,
}

type Outcome = Result<StateOutcome, FlowFailure>;

impl Trial<'_> {
    fn run(&mut self) -> Outcome {
        match &self.test.state.kind {
            StateKind::Pass(pass) => self.pass(pass),
            StateKind::Task(task) => self.task(task),
            StateKind::Parallel(parallel) => self.parallel(parallel),
            StateKind::Map(map) => self.map(map),
            StateKind::Choice(choice) => self.choice(choice),
            StateKind::Wait(wait) => {
                let input = self.input()?;
                self.flow.until(&wait.until, self.test.now, &input)?;
                self.assign(&wait.data.assign, Field::State, &input, None, None)?;
                let output = self.flow.passed(input, None)?;
                Ok(left(output, &wait.next))
            }
            StateKind::Succeed(_) => {
                let input = self.input()?;
                Ok(left(self.flow.passed(input, None)?, &Next::End))
            }
            StateKind::Fail(fail) => {
                let input = self.input()?;
                let mut text = |text: &Option<asl::state::Text>, field| {
                    text.as_ref().map(|text| self.flow.text(text, field, &input, &mut self.random)).transpose()
                };
                let (error, cause) = (text(&fail.error, "Error")?, text(&fail.cause, "Cause")?);
                Ok(StateOutcome::Failed(StateFailure { error: error.unwrap_or_default(), cause }))
            }
        }
    }

    /// The effective input; shown where there are paths.
    fn input(&mut self) -> Result<Value, FlowFailure> {
        let input = self.flow.input(self.test.input)?;
        self.seen.after_input_path = self.is_json_path.then(|| input.clone());
        Ok(input)
    }

    fn pass(&mut self, pass: &Pass) -> Outcome {
        let result = match &pass.result {
            // As recorded from AWS: then nothing is told of the input.
            Some(result) => {
                self.flow.input(self.test.input)?;
                self.seen.result = Some(result.clone());
                result.clone()
            }
            None => {
                let input = self.input()?;
                let parameters = self.flow.arguments(input, &mut self.random)?;
                self.seen.after_parameters = self.is_json_path.then(|| parameters.clone());
                parameters
            }
        };
        self.leave(result, &pass.next)
    }

    fn task(&mut self, task: &Task) -> Outcome {
        let input = self.input()?;
        for (amount, field) in [(&task.timeout, "TimeoutSeconds"), (&task.heartbeat, "HeartbeatSeconds")] {
            amount.as_ref().map(|amount| self.flow.amount(amount, field, &input)).transpose()?;
        }
        let arguments = self.flow.arguments(input, &mut self.random)?;
        match self.is_json_path {
            true => self.seen.after_parameters = Some(arguments),
            false => self.seen.after_arguments = task.data.parameters.is_some().then_some(arguments),
        }
        match self.brought() {
            Ok(result) => {
                self.seen.result = Some(result.clone());
                self.leave(result, &task.next)
            }
            Err(failure) => Ok(self.failed(failure)),
        }
    }

    fn parallel(&mut self, parallel: &Parallel) -> Outcome {
        let input = self.flow.input(self.test.input)?;
        self.flow.arguments(input, &mut self.random)?;
        match self.brought() {
            Ok(result) => self.leave(result, &parallel.next),
            Err(failure) => Ok(self.failed(failure)),
        }
    }

    fn map(&mut self, map: &Map) -> Outcome {
        let input = self.flow.input(self.test.input)?;
        let concurrency = map.max_concurrency.as_ref();
        let concurrency = concurrency.map(|amount| self.flow.amount(amount, "MaxConcurrency", &input)).transpose()?;
        self.seen.max_concurrency = Some(concurrency.unwrap_or(0));
        let found = |amount: &Option<asl::state::Amount>, field| {
            amount.as_ref().map(|amount| self.flow.found(amount, field, &input)).transpose()
        };
        let (count, percentage) = (
            found(&map.tolerance.count, "ToleratedFailureCount")?,
            found(&map.tolerance.percentage, "ToleratedFailurePercentage")?,
        );
        let total = self.items(map, &input)?;
        let tolerated = tolerated(count.as_ref(), percentage.as_ref(), total);
        self.seen.tolerated_failure_count = count;
        self.seen.tolerated_failure_percentage = percentage;
        if self.test.failed_iterations > tolerated {
            let cause = "The specified tolerated failure threshold was exceeded";
            return Ok(self.failed(StateFailure::new(error_name::EXCEED_TOLERATED_FAILURE_THRESHOLD, cause)));
        }
        match self.brought() {
            Ok(result) => self.leave(result, &map.next),
            Err(failure) => Ok(self.failed(failure)),
        }
    }

    /// How many items there are. What the items come to is shown where a path leads to them.
    fn items(&mut self, map: &Map, input: &Value) -> Result<usize, FlowFailure> {
        let items = self.flow.items(map, input)?;
        let total = items.len();
        self.seen.after_items_path = map.items_path.is_some().then_some(Value::Array(items));
        Ok(total)
    }

    fn choice(&mut self, choice: &asl::state::Choice) -> Outcome {
        let input = self.input()?;
        let mut chosen = None;
        for (index, rule) in choice.rules.iter().enumerate() {
            if self.flow.holds(&rule.condition, index, &input)? {
                chosen = Some((index, rule));
                break;
            }
        }
        let Some(next) = chosen.map(|(_, rule)| &rule.next).or(choice.default.as_ref()) else {
            let cause = "Failed to transition out of the state. The state does not point to a next state.";
            return Ok(StateOutcome::Failed(StateFailure::new(error_name::NO_CHOICE_MATCHED, cause)));
        };
        match chosen {
            Some((index, rule)) => self.assign(&rule.assign, Field::Rule(index), &input, None, None)?,
            None => self.assign(&choice.data.assign, Field::State, &input, None, None)?,
        }
        let output = self.flow.passed(input, chosen.map(|(index, rule)| (index, rule.output.as_ref())))?;
        Ok(StateOutcome::Succeeded { output, next: Some(next.clone()) })
    }

    fn brought(&self) -> Result<Value, StateFailure> {
        match &self.test.brought {
            Some(Brought::Result(result)) => Ok(result.clone()),
            Some(Brought::Failure(failure)) => Err(failure.clone()),
            None => Err(StateFailure::new(error_name::RUNTIME, "The state has no result")),
        }
    }

    /// From a result to the output.
    fn leave(&mut self, result: Value, next: &Next) -> Outcome {
        let raw = self.test.input;
        let result = self.flow.result(result, &mut self.random)?;
        self.seen.after_result_selector = self.is_json_path.then(|| result.clone());
        self.assign(&self.test.state.data().assign, Field::State, &result, Some(&result), None)?;
        self.seen.after_result_path = self.flow.placed(raw, result.clone())?;
        Ok(left(self.flow.output(raw, result)?, next))
    }

    fn assign(
        &mut self,
        assign: &Assign,
        field: Field,
        data: &Value,
        result: Option<&Value>,
        error_output: Option<&Value>,
    ) -> Result<(), FlowFailure> {
        let by = Assigning { field, raw: self.test.input, data, result, error_output };
        self.seen.assigned = self.flow.assigned(assign, by, &mut self.random)?.into_iter().collect();
        Ok(())
    }

    /// What a failure leads to: a retrier that is not spent, a catcher, or nothing.
    fn failed(&mut self, failure: StateFailure) -> StateOutcome {
        let state = self.test.state;
        let of_task = matches!(state.kind, StateKind::Task(_));
        let retrier =
            state.retriers().iter().enumerate().find(|(_, retrier)| retry::matches(&retrier.error_equals, &failure, of_task));
        if let Some((index, retrier)) = retrier {
            self.seen.retry_index = Some(index);
            if self.test.retried < retrier.max_attempts {
                self.seen.retry_backoff_millis = Some(retry::delay_millis(retrier, self.test.retried, &mut self.random));
                return StateOutcome::Retriable(failure);
            }
        }
        let mut catchers = state.catchers().iter().enumerate();
        let Some((index, catcher)) = catchers.find(|(_, catcher)| retry::matches(&catcher.error_equals, &failure, of_task))
        else {
            return StateOutcome::Failed(failure);
        };
        self.seen.catch_index = Some(index);
        match self.caught(index, catcher, &failure) {
            Ok(output) => StateOutcome::Caught { failure, output, next: catcher.next.clone() },
            Err(of_catcher) => StateOutcome::Failed(told(state, of_catcher.failure)),
        }
    }

    fn caught(&mut self, index: usize, catcher: &Catcher, failure: &StateFailure) -> Result<Value, FlowFailure> {
        let error_output = data_flow::error_output(failure);
        self.assign(&catcher.assign, Field::Catcher(index), &error_output, None, Some(&error_output))?;
        self.flow.caught(self.test.input, (index, catcher), failure)
    }
}

fn left(output: Value, next: &Next) -> StateOutcome {
    let next = match next {
        Next::State(name) => Some(name.clone()),
        Next::End => None,
    };
    StateOutcome::Succeeded { output, next }
}

/// How many of `total` iterations may fail: the stricter of both, none where neither is given.
fn tolerated(count: Option<&Value>, percentage: Option<&Value>, total: usize) -> u64 {
    let count = count.and_then(Value::as_u64);
    let share = percentage.and_then(Value::as_f64).map(|percentage| {
        #[expect(clippy::cast_precision_loss, reason = "items of a payload: far below 2^52")]
        let share = (total as f64 * percentage / 100.0).floor().max(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and what a payload holds")]
        let share = share as u64;
        share
    });
    count.into_iter().chain(share).min().unwrap_or(0)
}

#[cfg(test)]
mod tests;
