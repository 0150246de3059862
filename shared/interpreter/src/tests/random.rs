//! Random definitions, driven by random answers, timeouts, stops, duplicates and late messages: what must hold whatever comes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::{Run, arn, failure, machine, success};
use crate::outstanding::Outlook;
use crate::walk::{Node, walk};
use crate::{
    Activity, Branch, Command, EndingStage, ExecutionStatus, IdempotencyKey, IterationStage, Limits, Message, MessageOutcome,
    Owed, Payload, PublishFailure, StateFailure, TaskAnswer, TaskOutcome, TaskPhase, TaskRequest, TaskToken, Timestamp,
    UndoPhase, deadline, outstanding,
};

/// A state of a random definition.
#[derive(Debug, Clone)]
enum Shape {
    Task { owes: bool, callback: bool, patient: bool, timeout: bool, retry: bool, catch: Catch },
    Wait,
    Parallel { branches: Vec<Vec<Shape>>, retry: bool, catch: Catch },
    Map { body: Vec<Shape>, concurrency: u64, tolerated: u64, retry: bool, catch: Catch },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Catch {
    No,
    Part,
    Execution,
    Nothing,
}

/// A random definition.
#[derive(Debug, Clone)]
struct Machine {
    states: Vec<Shape>,
    /// Before which state the pivot stands, counted modulo their number.
    pivot: Option<usize>,
    timeout: bool,
}

fn catches() -> impl Strategy<Value = Catch> {
    prop_oneof![4 => Just(Catch::No), 3 => Just(Catch::Part), 1 => Just(Catch::Execution), 1 => Just(Catch::Nothing)]
}

fn task() -> impl Strategy<Value = Shape> {
    let chances = (prop::bool::weighted(0.7), prop::bool::weighted(0.15), any::<bool>(), any::<bool>(), any::<bool>(), catches());
    chances.prop_map(|(owes, callback, patient, timeout, retry, catch)| Shape::Task {
        owes,
        callback,
        patient,
        timeout,
        retry,
        catch,
    })
}

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![8 => task(), 1 => Just(Shape::Wait)];
    leaf.prop_recursive(2, 10, 3, |inner| {
        let flow = prop::collection::vec(inner, 1..3);
        let branches = prop::collection::vec(flow.clone(), 1..4);
        prop_oneof![
            (branches, any::<bool>(), catches()).prop_map(|(branches, retry, catch)| Shape::Parallel { branches, retry, catch }),
            (flow, 0_u64..3, 0_u64..2, any::<bool>(), catches()).prop_map(|(body, concurrency, tolerated, retry, catch)| {
                Shape::Map { body, concurrency, tolerated, retry, catch }
            }),
        ]
    })
}

fn machines() -> impl Strategy<Value = Machine> {
    let pivot = prop::option::weighted(0.4, 0_usize..4);
    (prop::collection::vec(shapes(), 1..4), pivot, prop::bool::weighted(0.2)).prop_map(|(states, pivot, timeout)| Machine {
        states,
        pivot,
        timeout,
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    (1_u32..20, 1_u32..6, 1_u32..3, 1_usize..3).prop_map(|(states, commands, unwinding, items)| Limits {
        states_per_transition: states,
        commands_per_transition: commands,
        unwinding_concurrency: unwinding,
        page_items: items,
        inline_bytes: 24,
        ..Limits::default()
    })
}

/// Writes a definition down. Each state keeps its input, `{"items": [...]}`, for the next one.
#[derive(Default)]
struct Writer {
    names: usize,
    suppresses: bool,
}

impl Writer {
    fn machine(&mut self, machine: &Machine) -> Value {
        let mut definition = self.flow(&machine.states, machine.pivot, false);
        if machine.timeout {
            definition["TimeoutSeconds"] = json!(300);
        }
        definition
    }

    fn flow(&mut self, shapes: &[Shape], pivot: Option<usize>, nested: bool) -> Value {
        let mut states: Vec<(String, Value, Catch)> = Vec::new();
        for shape in shapes {
            let (kind, state, catch) = self.state(shape);
            states.push((self.name(kind), state, catch));
        }
        if let Some(at) = pivot {
            let state =
                json!({ "Type": "Task", "Resource": arn("pivot"), "Pivot": true, "TimeoutSeconds": 20, "ResultPath": null });
            states.insert(at % (states.len() + 1), (self.name("Pivot"), state, Catch::No));
        }
        let names: Vec<String> = states.iter().map(|(name, ..)| name.clone()).collect();
        let mut written = serde_json::Map::new();
        let mut behind = Vec::new();
        for (at, (name, mut state, catch)) in states.into_iter().enumerate() {
            let next = names.get(at + 1).cloned();
            match &next {
                Some(next) => state["Next"] = json!(next),
                None => state["End"] = json!(true),
            }
            if catch != Catch::No {
                let handled = next.unwrap_or_else(|| {
                    behind.push(self.name("Handled"));
                    behind.last().cloned().unwrap()
                });
                let mut catcher = json!({ "ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": handled });
                match catch {
                    Catch::Execution if !nested => catcher["Compensate"] = json!("Execution"),
                    Catch::Nothing => {
                        self.suppresses = true;
                        catcher["Compensate"] = json!("None");
                    }
                    Catch::No | Catch::Part | Catch::Execution => {}
                }
                state["Catch"] = json!([catcher]);
            }
            written.insert(name, state);
        }
        written.extend(behind.into_iter().map(|name| (name, json!({ "Type": "Pass", "End": true }))));
        machine(Value::Object(written))
    }

    fn state(&mut self, shape: &Shape) -> (&'static str, Value, Catch) {
        let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "MaxAttempts": 1 }]);
        let with_retry = |mut state: Value, retried: bool| {
            if retried {
                state["Retry"] = retry.clone();
            }
            state
        };
        match shape {
            Shape::Wait => ("Wait", json!({ "Type": "Wait", "Seconds": 7 }), Catch::No),
            Shape::Task { owes, callback, patient, timeout, retry: retried, catch } => {
                let mut state = match callback {
                    false => json!({ "Type": "Task", "Resource": arn("work"), "ResultPath": null }),
                    true => {
                        json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "ResultPath": null,
                        "Parameters": { "FunctionName": "ask", "Payload": { "token.$": "$$.Task.Token" } } })
                    }
                };
                if *timeout {
                    state["TimeoutSeconds"] = json!(20);
                }
                state["Compensation"] = match (owes, patient) {
                    (false, _) => json!("None"),
                    (true, true) => json!({ "Resource": arn("undo"), "TimeoutSeconds": 15 }),
                    (true, false) => json!({ "Resource": arn("undo"), "Retry": retry.clone() }),
                };
                (if *owes { "Owing" } else { "Task" }, with_retry(state, *retried), *catch)
            }
            Shape::Parallel { branches, retry: retried, catch } => {
                let branches: Vec<Value> = branches.iter().map(|branch| self.flow(branch, None, true)).collect();
                let state = json!({ "Type": "Parallel", "Branches": branches, "ResultPath": null });
                ("Parallel", with_retry(state, *retried), *catch)
            }
            Shape::Map { body, concurrency, tolerated, retry: retried, catch } => {
                let state = json!({ "Type": "Map", "ItemProcessor": self.flow(body, None, true), "ItemsPath": "$.items", "ResultPath": null,
                    "ItemSelector": { "items.$": "$.items" }, "MaxConcurrency": concurrency, "ToleratedFailureCount": tolerated });
                ("Map", with_retry(state, *retried), *catch)
            }
        }
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }
}

/// An execution with what was seen of it.
struct Trial {
    run: Run,
    random: ChaCha8Rng,
    suppresses: bool,
    tokens: Vec<TaskToken>,
    requests: BTreeMap<IdempotencyKey, Payload>,
    /// Per action that has a compensation: the attempts that were outside, and those of them that were refused.
    outside: BTreeMap<IdempotencyKey, BTreeSet<u32>>,
    refused: BTreeMap<IdempotencyKey, BTreeSet<u32>>,
    discharged: BTreeSet<IdempotencyKey>,
    pivot_passed: bool,
    undone: BTreeSet<IdempotencyKey>,
    keys: BTreeMap<u64, IdempotencyKey>,
    events: usize,
}

impl Trial {
    fn start(shape: &Machine, limits: Limits, seed: u64) -> Self {
        let mut writer = Writer::default();
        let definition = writer.machine(shape);
        let mut trial = Self {
            run: Run::start_within(&definition, &json!({ "items": [1, 2, 3] }), limits),
            random: ChaCha8Rng::seed_from_u64(seed),
            suppresses: writer.suppresses,
            tokens: Vec::new(),
            requests: BTreeMap::new(),
            outside: BTreeMap::new(),
            refused: BTreeMap::new(),
            discharged: BTreeSet::new(),
            pivot_passed: false,
            undone: BTreeSet::new(),
            keys: BTreeMap::new(),
            events: 0,
        };
        trial.observe();
        trial
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.next_u64() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn is_running(&self) -> bool {
        self.run.status() == ExecutionStatus::Running
    }

    /// One random thing.
    fn disturb(&mut self) {
        match self.below(20) {
            0..=11 => {
                let count = 1 + self.below(3);
                let messages: Vec<Message> = (0..count).filter_map(|_| self.any_answer()).collect();
                self.send(&messages);
            }
            12..=14 => {
                let seconds = u64::try_from(1 + self.below(25)).unwrap();
                self.run.pass_seconds(seconds);
            }
            15 => self.send(&[Message::Wake]),
            16 if self.chance(25) => self.send(&[Message::Stop { error: None, cause: None }]),
            17 if !self.is_running() => self.send(&[Message::Redrive]),
            18 => {
                let requests = self.run.requests();
                if !requests.is_empty() {
                    let token = requests[self.below(requests.len())].token.clone();
                    let first_publish = self.chance(50) && token.revision == self.run.execution.revision;
                    self.send(&[Message::PublishFailed(PublishFailure {
                        token,
                        failure: StateFailure::named("NoRoute"),
                        first_publish,
                    })]);
                }
            }
            _ => {
                let message = Message::Timer { due: self.run.now, revision: self.run.execution.revision };
                self.send(&[message]);
            }
        }
        self.observe();
    }

    /// An answer of something that is outside, or was.
    fn any_answer(&mut self) -> Option<Message> {
        let callbacks = pending_callbacks(&self.run);
        if !callbacks.is_empty() && self.chance(40) {
            let token = callbacks[self.below(callbacks.len())].clone();
            return Some(by_callback(token));
        }
        let requests = self.run.requests();
        if requests.is_empty() || self.chance(15) {
            if self.tokens.is_empty() {
                return None;
            }
            let at = self.below(self.tokens.len());
            let token = self.tokens[at].clone();
            return Some(if self.chance(60) { success(&token, json!("late")) } else { failure(&token, "Late", self.chance(50)) });
        }
        let request = &requests[self.below(requests.len())];
        Some(match self.below(10) {
            0..=5 => success(&request.token, json!("done")),
            6 | 7 => failure(&request.token, "Boom", false),
            _ => failure(&request.token, "No", request.undoes.is_none()),
        })
    }

    fn send(&mut self, messages: &[Message]) {
        let outcomes = self.run.send_all(messages);
        for (message, outcome) in messages.iter().zip(outcomes) {
            if outcome == MessageOutcome::Applied {
                self.note(message);
            }
        }
    }

    /// Keeps in mind what an accepted answer proves.
    fn note(&mut self, message: &Message) {
        let (token, refusal, succeeded) = match message {
            Message::Answer(TaskAnswer { token, outcome: TaskOutcome::Failed { refusal, .. }, .. }) => (token, *refusal, false),
            Message::Answer(TaskAnswer { token, outcome: TaskOutcome::Succeeded { .. }, .. }) => (token, false, true),
            Message::PublishFailed(failed) => (&failed.token, failed.first_publish, false),
            _ => return,
        };
        let Some(key) = self.keys.get(&token.visit).cloned() else { return };
        if refusal {
            self.refused.entry(key.clone()).or_default().insert(token.attempt);
        }
        if succeeded && key.as_str().ends_with("/undo") {
            assert!(self.undone.insert(key.clone()), "`{key}` was undone twice");
        }
    }

    /// Checks what must hold after each transition.
    fn observe(&mut self) {
        if self.run.execution.pivot_passed && !self.pivot_passed {
            self.pivot_passed = true;
            self.discharged.extend(self.outside.keys().cloned());
        }
        for request in self.run.requests() {
            self.see(request);
        }
        self.check_events();
        self.check_owed();
        self.check_order();
        match self.is_running() {
            true => self.check_time(),
            false => {
                let commands = outstanding(&self.run.execution, 0);
                let allowed = |command: &Command| matches!(command, Command::Report(_) | Command::Revoke { .. });
                assert!(commands.iter().all(allowed), "{commands:?}");
                assert_eq!(commands.iter().filter(|command| matches!(command, Command::Report(_))).count(), 1);
            }
        }
    }

    fn see(&mut self, request: TaskRequest) {
        if !self.tokens.contains(&request.token) {
            self.tokens.push(request.token.clone());
        }
        assert!(!self.undone.contains(&request.key), "`{}` is done and asked for again", request.key);
        self.keys.insert(request.token.visit, request.key.clone());
        match &request.undoes {
            // A callback's arguments hold the token of their attempt.
            None if request.function == "ask" => {}
            _ => {
                let first = self.requests.entry(request.key.clone()).or_insert_with(|| request.input.clone());
                assert_eq!(*first, request.input, "the same key asks for the same thing: `{}`", request.key);
            }
        }
        match request.undoes {
            Some(action) => assert_eq!(action.of_compensation(), request.key),
            None if request.state.starts_with("Owing") => {
                self.outside.entry(request.key).or_default().insert(request.attempt);
            }
            None => {}
        }
    }

    fn check_events(&mut self) {
        let events = &self.run.events;
        for (at, event) in events.iter().enumerate().skip(self.events) {
            assert_eq!(event.id, u64::try_from(at).unwrap() + 1, "events are numbered without a gap");
            assert!(event.previous < event.id);
        }
        self.events = events.len();
        let ends = ["ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"];
        let ended: usize = ends.iter().map(|end| self.run.count(end)).sum();
        let begun = usize::try_from(self.run.execution.redrive_count).unwrap() + usize::from(!self.is_running());
        assert_eq!(ended, begun, "one end per start and redrive");
        assert!(self.run.count("CompensationSucceeded") <= self.undone.len());
    }

    /// Whatever may have had an effect is under way, owed, undone or discharged.
    fn check_owed(&self) {
        let mut accounted: BTreeSet<IdempotencyKey> = self.discharged.clone();
        walk(&self.run.execution, &mut |node| match node {
            Node::Visit(visit) => {
                if let Activity::Task(progress) = &visit.activity {
                    accounted.insert(progress.key.clone());
                }
            }
            Node::Owed(owed) => {
                accounted.insert(owed.key.clone());
            }
            Node::Map(_) => {}
        });
        for (key, attempts) in &self.outside {
            let refused = self.refused.get(key).is_some_and(|refused| attempts.is_subset(refused));
            let undone = self.undone.contains(&key.of_compensation());
            assert!(refused || undone || accounted.contains(key), "`{key}` was forgotten");
        }
        for key in &self.undone {
            let action = key.as_str().trim_end_matches("/undo");
            assert!(self.run.count("LambdaFunctionScheduled") + self.run.count("TaskScheduled") > 0, "{action}");
        }
    }

    /// Unwinding goes last first: in each list, what stands before the last record has not begun.
    fn check_order(&self) {
        let mut lists: Vec<&Vec<Owed>> = Vec::new();
        unwinding_of(&self.run.execution.root, &mut lists);
        if let Some(ending) = &self.run.execution.ending
            && let EndingStage::Unwinding(owed) = &ending.stage
        {
            lists.push(owed);
        }
        for list in lists {
            check_list(list, self.suppresses);
        }
    }

    /// A hint is armed for what comes due soon, and the wake comes in time for the rest.
    fn check_time(&self) {
        let execution = &self.run.execution;
        let at = execution.updated_at;
        let soon = !self.run.requests().is_empty() || Outlook::of(execution).runnable;
        let earliest = deadline::earliest(execution);
        if let Some(earliest) = earliest.filter(|earliest| *earliest <= at.plus_seconds(900)) {
            assert!(
                execution.armed.is_some_and(|armed| armed.due <= earliest.max(at)),
                "armed for {:?}, due {earliest}",
                execution.armed
            );
        }
        let latest =
            if soon { at.plus_seconds(900) } else { at.plus_seconds(86_400).min(earliest.unwrap_or(Timestamp(i64::MAX))) };
        assert!(execution.wake_at <= latest.max(at), "wakes at {}, needed at {latest}", execution.wake_at);
        assert!(execution.armed.is_none_or(|armed| armed.due >= at), "what is spent is not armed");
    }

    /// Answers everything that is asked, for as long as anything is.
    fn finish(&mut self) {
        for _ in 0..5_000 {
            if !self.is_running() {
                return;
            }
            let mut messages: Vec<Message> =
                self.run.requests().iter().map(|request| success(&request.token, json!("done"))).collect();
            messages.extend(pending_callbacks(&self.run).into_iter().map(by_callback));
            if messages.is_empty() {
                let hint = self.run.execution.armed;
                let next = hint.map_or(self.run.execution.wake_at, |hint| hint.due);
                self.run.now = self.run.now.max(next);
                messages.push(hint.map_or(Message::Wake, |hint| Message::Timer { due: hint.due, revision: hint.revision }));
            }
            self.send(&messages);
            self.observe();
        }
        panic!("it does not end: {:?}", self.run.execution);
    }
}

/// The tokens of callbacks that are awaited and whose request was delivered.
fn pending_callbacks(run: &Run) -> Vec<TaskToken> {
    let mut tokens = Vec::new();
    if run.status() != ExecutionStatus::Running {
        return tokens;
    }
    walk(&run.execution, &mut |node| {
        if let Node::Visit(visit) = node
            && let Activity::Task(progress) = &visit.activity
            && let TaskPhase::InFlight(attempt) = &progress.phase
            && attempt.submitted
        {
            let proof = crate::state::task::proof(progress.secret, visit.number, progress.attempt);
            let execution = run.execution.identity.id.clone();
            tokens.push(TaskToken {
                execution,
                revision: attempt.revision,
                visit: visit.number,
                attempt: progress.attempt,
                proof,
            });
        }
    });
    tokens
}

fn by_callback(token: TaskToken) -> Message {
    Message::Answer(TaskAnswer { token, outcome: TaskOutcome::Succeeded { result: json!("yes") }, by_callback: true })
}

/// What parts are unwinding in a branch.
fn unwinding_of<'b>(branch: &'b Branch, lists: &mut Vec<&'b Vec<Owed>>) {
    let Some(visit) = &branch.visit else { return };
    match &visit.activity {
        Activity::Unwinding { owed, .. } => lists.push(owed),
        Activity::Parallel(branches) => branches.iter().for_each(|branch| unwinding_of(branch, lists)),
        Activity::Map(map) => {
            for iteration in &map.active {
                match &iteration.stage {
                    IterationStage::Running(branch) => unwinding_of(branch, lists),
                    IterationStage::Unwinding { owed, .. } => lists.push(owed),
                }
            }
        }
        _ => {}
    }
}

fn check_list(list: &[Owed], suppresses: bool) {
    let mut latest = 0;
    for (at, owed) in list.iter().enumerate() {
        let is_last = at + 1 == list.len();
        match owed {
            Owed::Task(task) => {
                assert!(task.visit > latest, "records stand in the order of the program");
                latest = task.visit;
                // Where a catcher suppresses unwinding, what had begun inside rests or goes on in its place.
                let begun = task.undo.visit != 0 || !matches!(task.undo.phase, UndoPhase::Registered);
                assert!(is_last || suppresses || !begun, "`{}` is undone before what came after it", task.state);
            }
            Owed::Group(group) => group.branches.iter().for_each(|branch| check_list(&branch.owed, suppresses)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_nothing_is_forgotten_done_twice_or_stuck(shape in machines(), limits in limits(), seed in any::<u64>()) {
        let mut trial = Trial::start(&shape, limits, seed);
        let steps = trial.below(80);
        for _ in 0..steps {
            trial.disturb();
        }
        trial.finish();
        for _ in 0..3 {
            if trial.run.execution.parked.is_some() {
                trial.send(&[Message::Redrive]);
                trial.observe();
                trial.finish();
            }
        }
        prop_assert_eq!(trial.run.execution.parked, None, "what is answered well ends well");
        prop_assert!(trial.run.status() == ExecutionStatus::Succeeded || trial.run.owed().is_empty());
    }
}
