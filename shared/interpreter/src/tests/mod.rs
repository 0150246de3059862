//! The interpreter against definitions, driven message by message.
//!
//! [`Run`] plays the coordinator, the workers and the clock: it loads what a transition asks for, keeps value items, and answers the tasks
//! that are outstanding.

#![expect(clippy::needless_pass_by_value, reason = "`json!` makes values to be given away")]

mod activities;
mod compensation;
mod data;
mod distributed;
mod jsonata;
mod late_messages;
mod map;
mod parallel;
mod pivot;
mod random;
mod redrive;
mod runaway;
mod services;
mod states;
mod timers;
mod unwinding;
mod variables;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    ChildInput, ChildRequest, Command, DefinitionHash, Execution, ExecutionId, ExecutionStatus, HistoryEvent, HistoryEventKind,
    IdempotencyKey, Identity, InputPage, Limits, Message, MessageOutcome, Payload, PublishFailure, Reads, Route, Routes, Seed,
    StateFailure, Surroundings, TaskAnswer, TaskOutcome, TaskRequest, TaskToken, Timestamp, TransitionError, ValueHash,
    outstanding, transition,
};

/// An execution under test.
pub(crate) struct Run {
    pub(crate) definition: asl::Definition,
    pub(crate) execution: Execution,
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) now: Timestamp,
    pub(crate) limits: Limits,
    pub(crate) heartbeats: BTreeMap<IdempotencyKey, Option<Timestamp>>,
    pub(crate) routes: Routes,
    values: BTreeMap<ValueHash, Arc<str>>,
    /// How many value items the latest transition asked for.
    pub(crate) loaded: usize,
    seed: u128,
}

pub(crate) const STARTED: Timestamp = Timestamp(1_800_000_000_000);

impl Run {
    /// Starts an execution.
    pub(crate) fn start(definition: &Value, input: &Value) -> Self {
        Self::start_within(definition, input, Limits::default())
    }

    pub(crate) fn start_within(definition: &Value, input: &Value, limits: Limits) -> Self {
        Self::begin(definition, input.to_string(), limits)
    }

    /// Starts an execution whose input is written so.
    pub(crate) fn start_written(definition: &Value, input: &str) -> Self {
        Self::begin(definition, input.to_owned(), Limits::default())
    }

    fn begin(definition: &Value, input: String, limits: Limits) -> Self {
        let text = definition.to_string();
        let parsed = asl::parse(&text)
            .unwrap_or_else(|problems| panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
        let identity = Identity {
            id: ExecutionId::from_random(7),
            name: "run".to_owned(),
            arn: "arn:aws:states:us-east-1:123456789012:execution:machine:run".to_owned(),
            machine_name: "machine".to_owned(),
            machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:machine".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/role".to_owned(),
            version_arn: None,
            alias_arn: None,
        };
        let mut run = Self {
            definition: parsed.0,
            execution: Execution::new(identity, DefinitionHash::of(&text), Payload::inline("null"), STARTED),
            events: Vec::new(),
            now: STARTED,
            limits,
            heartbeats: BTreeMap::new(),
            routes: Routes(BTreeMap::new()),
            values: BTreeMap::new(),
            loaded: 0,
            seed: 0,
        };
        run.execution.input = run.keep(input);
        assert_eq!(run.send(Message::Start), MessageOutcome::Applied);
        run
    }

    /// Begins the child that this execution asks for, as the coordinator does.
    pub(crate) fn begin_child(&self, request: &ChildRequest) -> Self {
        let mut execution =
            Execution::new(request.identity.clone(), self.execution.definition.clone(), self.input_of_child(request), self.now);
        execution.parent = Some(Box::new(request.parent.clone()));
        let mut child = Self {
            definition: self.definition.clone(),
            execution,
            events: Vec::new(),
            now: self.now,
            limits: self.limits.clone(),
            heartbeats: BTreeMap::new(),
            routes: Routes(BTreeMap::new()),
            values: self.values.clone(),
            loaded: 0,
            seed: u128::from(self.execution.revision) << 64,
        };
        assert_eq!(child.send(Message::Start), MessageOutcome::Applied);
        child
    }

    fn input_of_child(&self, request: &ChildRequest) -> Payload {
        match &request.input {
            ChildInput::Whole(input) => input.clone(),
            ChildInput::Listed { page, index } => {
                let page: InputPage = serde_json::from_str(self.values.get(page).unwrap()).unwrap();
                page.inputs.into_iter().find(|(listed, _)| listed == index).unwrap().1
            }
        }
    }

    /// The children that it asks for or wants stopped.
    pub(crate) fn children(&self) -> Vec<ChildRequest> {
        let commands = outstanding(&self.execution, 0).into_iter();
        commands.filter_map(|command| if let Command::Child(request) = command { Some(*request) } else { None }).collect()
    }

    /// The input as the coordinator hands it over: by reference if it is large.
    fn keep(&mut self, text: String) -> Payload {
        let bytes = u64::try_from(text.len()).unwrap();
        if bytes <= self.limits.inline_bytes {
            return Payload::inline(text);
        }
        let hash = ValueHash::of(&text);
        self.values.insert(hash.clone(), text.into());
        Payload::item(hash, bytes)
    }

    /// The length of what a journal entry holds of the execution.
    pub(crate) fn stored_bytes(&self) -> usize {
        serde_json::to_string(&self.execution).unwrap().len()
    }

    pub(crate) fn route(&mut self, function: &str, function_timeout_seconds: u64) {
        self.routes.0.insert(function.to_owned(), Route { queue: format!("tasks-{function}"), function_timeout_seconds });
    }

    pub(crate) fn send(&mut self, message: Message) -> MessageOutcome {
        self.send_all(&[message]).remove(0)
    }

    pub(crate) fn send_all(&mut self, messages: &[Message]) -> Vec<MessageOutcome> {
        self.seed += 1;
        let seed = Seed(self.seed.to_be_bytes());
        let mut reads = Reads::default();
        // What is stored and loaded again must be the same: nothing but what is written down may matter.
        let stored = serde_json::to_string(&self.execution).unwrap();
        let execution: Execution = serde_json::from_str(&stored).unwrap();
        let made = loop {
            let surroundings =
                Surroundings { definition: &self.definition, routes: &self.routes, limits: &self.limits, reads: &reads };
            match transition(surroundings, &execution, messages, self.now, seed) {
                Ok(made) => break made,
                Err(TransitionError::Missing(needs)) => {
                    assert!(!needs.is_empty());
                    for hash in needs.values {
                        let text = self.values.get(&hash).unwrap_or_else(|| panic!("{hash} was never written"));
                        assert!(reads.values.insert(hash, Arc::clone(text)).is_none(), "asked for twice");
                    }
                    for key in needs.heartbeats {
                        let heard = self.heartbeats.get(&key).copied().flatten();
                        assert!(reads.heartbeats.insert(key, heard).is_none(), "asked for twice");
                    }
                }
                Err(error) => panic!("{error}"),
            }
        };
        self.loaded = reads.values.len();
        let again = {
            let surroundings =
                Surroundings { definition: &self.definition, routes: &self.routes, limits: &self.limits, reads: &reads };
            transition(surroundings, &execution, messages, self.now, seed).unwrap()
        };
        assert_eq!(made, again, "the same inputs give the same transition");
        self.values.extend(made.values);
        self.events.extend(made.events);
        if let Some(execution) = made.execution {
            assert_eq!(execution.revision, self.execution.revision + 1);
            self.execution = execution;
        }
        made.outcomes
    }

    /// Lets time pass and sends the hints and wakes that come due, as often as one does.
    pub(crate) fn pass_seconds(&mut self, seconds: u64) {
        let until = self.now.plus_seconds(seconds);
        let mut rounds = 0;
        while self.status() == ExecutionStatus::Running {
            rounds += 1;
            assert!(rounds < 1_000, "something keeps coming due");
            let hint = self.execution.armed.filter(|armed| armed.due <= until);
            let wake = Some(self.execution.wake_at).filter(|wake| *wake <= until);
            let before = self.execution.revision;
            match (hint, wake) {
                (Some(hint), wake) if wake.is_none_or(|wake| hint.due <= wake) => {
                    self.now = self.now.max(hint.due);
                    self.send(Message::Timer { due: hint.due, revision: hint.revision });
                }
                (_, Some(wake)) => {
                    self.now = self.now.max(wake);
                    self.send(Message::Wake);
                }
                (_, None) => break,
            }
            assert_eq!(self.execution.revision, before + 1, "a hint that was armed and a wake are spent by what they do");
        }
        self.now = until;
    }

    /// Sends the hints that are due now until nothing is.
    pub(crate) fn settle(&mut self) {
        while let Some(hint) =
            self.execution.armed.filter(|hint| self.status() == ExecutionStatus::Running && hint.due <= self.now)
        {
            assert_eq!(self.send(Message::Timer { due: hint.due, revision: hint.revision }), MessageOutcome::Applied);
        }
    }

    pub(crate) fn requests(&self) -> Vec<TaskRequest> {
        self.requests_since(0)
    }

    pub(crate) fn requests_since(&self, revision: u64) -> Vec<TaskRequest> {
        let commands = outstanding(&self.execution, revision).into_iter();
        commands.filter_map(|command| if let Command::Perform(request) = command { Some(*request) } else { None }).collect()
    }

    /// The states that have a request outside, compensations marked with `undo `, in order.
    pub(crate) fn outside(&self) -> Vec<String> {
        let mut outside: Vec<String> = self.requests().iter().map(name).collect();
        outside.sort();
        outside
    }

    /// The request of a state that is outside.
    pub(crate) fn request(&self, state: &str) -> TaskRequest {
        let found = self.requests().into_iter().find(|request| name(request) == state);
        found.unwrap_or_else(|| panic!("no request of `{state}` among {:?}", self.outside()))
    }

    pub(crate) fn input_of(&self, state: &str) -> Value {
        self.value(&self.request(state).input)
    }

    pub(crate) fn value(&self, payload: &Payload) -> Value {
        let text = match payload.hash() {
            Some(hash) => self.values.get(hash).unwrap().to_string(),
            None => payload.text().unwrap().to_owned(),
        };
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn succeed(&mut self, state: &str, result: Value) {
        let token = self.request(state).token;
        assert_eq!(self.send(success(&token, result)), MessageOutcome::Applied, "{state}");
    }

    pub(crate) fn fail(&mut self, state: &str, error: &str) {
        let token = self.request(state).token;
        assert_eq!(self.send(failure(&token, error, false)), MessageOutcome::Applied, "{state}");
    }

    pub(crate) fn refuse(&mut self, state: &str, error: &str) {
        let token = self.request(state).token;
        assert_eq!(self.send(failure(&token, error, true)), MessageOutcome::Applied, "{state}");
    }

    /// StopExecution.
    pub(crate) fn stop(&mut self) -> MessageOutcome {
        self.send(Message::Stop { error: Some("Stopped".to_owned()), cause: None })
    }

    /// Answers the compensations that are outside with success, until there is none; answers their states in the order of answering.
    pub(crate) fn undo_all(&mut self) -> Vec<String> {
        let mut undone = Vec::new();
        while let Some(request) = self.requests().into_iter().find(|request| request.undoes.is_some()) {
            assert_eq!(self.send(success(&request.token, json!({}))), MessageOutcome::Applied);
            undone.push(request.state);
        }
        undone
    }

    pub(crate) fn status(&self) -> ExecutionStatus {
        self.execution.status
    }

    pub(crate) fn error(&self) -> &str {
        self.execution.failure.as_ref().map_or("", |failure| failure.error.as_str())
    }

    pub(crate) fn cause(&self) -> &str {
        self.execution.failure.as_ref().and_then(|failure| failure.cause.as_deref()).unwrap_or_default()
    }

    pub(crate) fn output(&self) -> Value {
        self.value(self.execution.output.as_ref().unwrap_or_else(|| panic!("no output: {:?}", self.execution.failure)))
    }

    /// The states that are still owed.
    pub(crate) fn owed(&self) -> Vec<&str> {
        self.execution.owed_tasks().into_iter().map(|owed| owed.state.as_str()).collect()
    }

    /// `id<previous Type` of each event.
    pub(crate) fn history(&self) -> Vec<String> {
        self.events.iter().map(|event| format!("{}<{} {}", event.id, event.previous, event.kind.type_name())).collect()
    }

    /// The events of this type.
    pub(crate) fn count(&self, type_name: &str) -> usize {
        self.events.iter().filter(|event| event.kind.type_name() == type_name).count()
    }

    /// The states whose compensation succeeded, in order.
    pub(crate) fn undone(&self) -> Vec<&str> {
        let events = self.events.iter();
        events
            .filter_map(|event| {
                if let HistoryEventKind::CompensationSucceeded { state } = &event.kind { Some(state.as_str()) } else { None }
            })
            .collect()
    }
}

fn name(request: &TaskRequest) -> String {
    if request.undoes.is_some() { format!("undo {}", request.state) } else { request.state.clone() }
}

pub(crate) fn success(token: &TaskToken, result: Value) -> Message {
    Message::Answer(TaskAnswer { token: token.clone(), outcome: TaskOutcome::Succeeded { result }, by_callback: false })
}

pub(crate) fn failure(token: &TaskToken, error: &str, refusal: bool) -> Message {
    let outcome = TaskOutcome::Failed { failure: StateFailure::new(error, "because"), refusal };
    Message::Answer(TaskAnswer { token: token.clone(), outcome, by_callback: false })
}

/// A definition of states in a row, the first one first.
pub(crate) fn machine(states: Value) -> Value {
    let first = states.as_object().and_then(|states| states.keys().next().cloned()).unwrap();
    json!({ "StartAt": first, "States": states })
}

/// A Task of a function, with more fields.
pub(crate) fn task(function: &str, fields: Value) -> Value {
    let mut task = json!({ "Type": "Task", "Resource": arn(function) });
    task.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    task
}

/// A Task that is undone by the function `undo-NAME`.
pub(crate) fn compensated(function: &str, fields: Value) -> Value {
    let mut task = task(function, fields);
    task["Compensation"] = json!({ "Resource": arn(&format!("undo-{function}")) });
    task
}

pub(crate) fn arn(function: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{function}")
}

/// A catcher of everything.
pub(crate) fn catch(next: &str) -> Value {
    json!([{ "ErrorEquals": ["States.ALL"], "Next": next }])
}

/// A catcher of everything with its `Compensate`.
pub(crate) fn catch_compensating(next: &str, compensate: &str) -> Value {
    json!([{ "ErrorEquals": ["States.ALL"], "Compensate": compensate, "Next": next }])
}

/// A Parallel of these branches, with more fields.
pub(crate) fn parallel(branches: Value, fields: Value) -> Value {
    let mut state = json!({ "Type": "Parallel", "Branches": branches });
    state.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    state
}

/// A Map of this processor, with more fields.
pub(crate) fn map(processor: Value, fields: Value) -> Value {
    let mut state = json!({ "Type": "Map", "ItemProcessor": processor });
    state.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    state
}

/// Reserve, then Charge with these fields, then a Ship that leaves nothing to undo.
pub(crate) fn order(charge: Value) -> Value {
    let mut fields = charge;
    fields["Next"] = json!("Ship");
    machine(json!({
        "Reserve": compensated("reserve", json!({ "Next": "Charge" })),
        "Charge": compensated("charge", fields),
        "Ship": task("ship", json!({ "Compensation": "None", "End": true })),
    }))
}

/// The request of a state cannot be published, for good.
pub(crate) fn not_published(run: &mut Run, state: &str, first_publish: bool) {
    let token = run.request(state).token;
    let failure = StateFailure::named("Backstep.NoRoute");
    assert_eq!(run.send(Message::PublishFailed(PublishFailure { token, failure, first_publish })), MessageOutcome::Applied);
}
