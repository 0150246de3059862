//! How data flows through a state: the trait between the state files and the query languages.
//!
//! States Language specification, "Input and Output Processing". Everything a state file wants to know of its data it asks here, so that
//! a query language is an implementation and not a branch in each state.

mod json_path;
mod jsonata;

pub(crate) use json_path::error_output;

use std::collections::BTreeMap;

use asl::mention::Mention;
use asl::state::{Amount, Assign, Catcher, CompensationAction, Condition, Map, QueryLanguage, Text, WaitUntil};
use asl::template::Template;
use asl::{State, StateKind};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::context_object::{self, StateContext};
use crate::halt::FlowFailure;
use crate::scope::Scope;
use crate::turn::Turn;
use crate::{StateFailure, Timestamp, TransitionError};

/// A query language at work in one state.
pub(crate) trait DataFlow {
    /// The effective input: what of the raw input the state works on.
    fn input(&self, raw: &Value) -> Result<Value, FlowFailure>;
    /// What a task, the branches of a Parallel or a Pass receive.
    fn arguments(&self, input: Value, random: &mut ChaCha8Rng) -> Result<Value, FlowFailure>;
    /// What of a state's result is used.
    fn result(&self, result: Value, random: &mut ChaCha8Rng) -> Result<Value, FlowFailure>;
    /// The state's output, made of its raw input and what of its result is used. A Pass has no result of its own.
    fn output(&self, raw: &Value, result: Value) -> Result<Value, FlowFailure>;
    /// The result in its place in the raw input, before what of that is the output; none where the language has no such step.
    fn placed(&self, raw: &Value, result: Value) -> Result<Option<Value>, FlowFailure>;
    /// The output of a state that has no result (Choice, Wait, Succeed): by the `Output` of its own, or of the Choice rule with this index.
    fn passed(&self, input: Value, by: Option<(usize, Option<&Template>)>) -> Result<Value, FlowFailure>;
    /// The output when a failure is caught.
    fn caught(&self, raw: &Value, by: (usize, &Catcher), failure: &StateFailure) -> Result<Value, FlowFailure>;
    /// What variables become.
    fn assigned(&self, assign: &Assign, by: Assigning<'_>, random: &mut ChaCha8Rng) -> Result<Vec<(String, Value)>, FlowFailure>;
    /// The input of an iteration.
    fn selected(&self, selector: &Template, input: &Value, random: &mut ChaCha8Rng) -> Result<Value, FlowFailure>;
    /// A template of the field `field`, over the effective input.
    fn evaluated(&self, template: &Template, field: &str, input: &Value, random: &mut ChaCha8Rng) -> Result<Value, FlowFailure>;
    /// How long an attempt of a compensation may take, and its arguments, over what the action received and its raw result.
    fn undoing(
        &self,
        action: &CompensationAction,
        input: &Value,
        result: &Value,
        random: &mut ChaCha8Rng,
    ) -> Result<(Option<u64>, Value), FlowFailure>;
    /// Whether the condition of the Choice rule with this index holds.
    fn holds(&self, condition: &Condition, index: usize, input: &Value) -> Result<bool, FlowFailure>;
    /// A number as it is found, of the field `field`.
    fn found(&self, amount: &Amount, field: &str, input: &Value) -> Result<Value, FlowFailure>;
    /// A whole number that is not negative, of the field `field`.
    fn amount(&self, amount: &Amount, field: &str, input: &Value) -> Result<u64, FlowFailure>;
    /// A text, of the field `field`.
    fn text(&self, text: &Text, field: &str, input: &Value, random: &mut ChaCha8Rng) -> Result<String, FlowFailure>;
    /// Until when a Wait that started now waits.
    fn until(&self, until: &WaitUntil, now: Timestamp, input: &Value) -> Result<Timestamp, FlowFailure>;
    /// The items of a Map.
    fn items(&self, map: &Map, input: &Value) -> Result<Vec<Value>, FlowFailure>;
}

/// What an `Assign` is evaluated over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assigning<'a> {
    /// The field, as AWS writes it: `Assign`, `Choices[0]/Assign`, `Catch[0]/Assign`.
    pub(crate) field: Field,
    /// The raw input: `$states.input`.
    pub(crate) raw: &'a Value,
    /// `$` in JSONPath: the result after `ResultSelector`, the effective input of a state without a result, or `{"Error", "Cause"}`.
    pub(crate) data: &'a Value,
    /// `$states.result`.
    pub(crate) result: Option<&'a Value>,
    /// `$states.errorOutput`.
    pub(crate) error_output: Option<&'a Value>,
}

/// Where a field stands that a state, its Choice rules and its catchers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// In the state.
    State,
    /// In the Choice rule with this index.
    Rule(usize),
    /// In the catcher with this index.
    Catcher(usize),
}

impl Field {
    /// The field as AWS writes it.
    fn named(self, name: &str) -> String {
        match self {
            Self::State => name.to_owned(),
            Self::Rule(index) => format!("Choices[{index}]/{name}"),
            Self::Catcher(index) => format!("Catch[{index}]/{name}"),
        }
    }
}

/// The query language of a state, with its context object and variables. Loads and builds nothing but what the state's expressions mention.
pub(crate) fn of_state<'s>(
    turn: &Turn<'_>,
    state: &'s State,
    context: StateContext<'_>,
) -> Result<Box<dyn DataFlow + 's>, TransitionError> {
    let mention = Mention::by_state(state);
    // As recorded from AWS, only states that can be retried tell how often they were.
    let retried = matches!(state.kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_));
    let context = StateContext { retry_count: context.retry_count.filter(|_| retried), ..context };
    let variables = variables(turn, &mention, context.scope)?;
    let seed = context.seed;
    let context = match mention.context {
        true => context_object::build(turn, context, mention.execution_input)?,
        false => Value::Null,
    };
    Ok(given(state, context, variables, turn.now, seed))
}

/// The query language of a state, with all that its expressions can mention.
pub(crate) fn given(
    state: &State,
    context: Value,
    variables: BTreeMap<String, Value>,
    now: Timestamp,
    seed: u64,
) -> Box<dyn DataFlow + '_> {
    match state.data().language {
        QueryLanguage::JsonPath => Box::new(json_path::JsonPath { data: state.data(), context, variables }),
        QueryLanguage::Jsonata => Box::new(jsonata::Jsonata::new(state, context, variables, now, seed)),
    }
}

/// The query language of a distributed Map in its Map Run: with the context object and the variables of the execution that the Map stands in.
pub(crate) fn of_run<'s>(
    turn: &Turn<'_>,
    state: &'s State,
    context: Value,
    variables: BTreeMap<String, Value>,
    seed: u64,
) -> Box<dyn DataFlow + 's> {
    match state.data().language {
        QueryLanguage::JsonPath => Box::new(json_path::JsonPath { data: state.data(), context, variables }),
        QueryLanguage::Jsonata => Box::new(jsonata::Jsonata::new(state, context, variables, turn.now, seed)),
    }
}

/// The variables that expressions mention, of those that are assigned.
fn variables(turn: &Turn<'_>, mention: &Mention<'_>, scope: Scope<'_>) -> Result<BTreeMap<String, Value>, TransitionError> {
    let found: Vec<(&str, &crate::Payload)> =
        mention.variables.iter().filter_map(|name| scope.find(name).map(|payload| (*name, payload))).collect();
    turn.require(found.iter().map(|(_, payload)| *payload))?;
    found.into_iter().map(|(name, payload)| Ok((name.to_owned(), (*turn.value(payload)?).clone()))).collect()
}

/// A timestamp as the definition writes it.
fn written(text: &str) -> Result<Timestamp, StateFailure> {
    Timestamp::parse(text).ok_or_else(|| {
        let cause = format!("the Timestamp `{text}` is not an RFC 3339 date-time");
        StateFailure::new(asl::error_name::RUNTIME, cause)
    })
}
