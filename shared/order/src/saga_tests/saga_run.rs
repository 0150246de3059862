//! One execution of an order, driven by the interpreter and this crate's handlers alone: no queue, no harness, a clock that is moved.
//!
//! It plays the coordinator (commits in memory, sends the timer hints), the harness (lets a task's handler go on until its deadline, waits
//! for a live action before its compensation), the reviewer, the customer who cancels, and the person who redrives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use asl::Definition;
use interpreter::{
    Command, DefinitionHash, Execution, ExecutionId, ExecutionStatus, HistoryEventKind, Identity, Limits, Message, Payload,
    Reads, Routes, Seed, StateFailure, Surroundings, TaskAnswer, TaskOutcome, TaskRequest, TaskToken, Timestamp, TransitionError,
    ValueHash, outstanding, transition,
};
use serde_json::Value;
use store::TransactError;
use tokio::task::JoinHandle;
use worker::{Handler, HandlerError, Task};

use crate::Outcome;
use crate::bench::Bench;
use crate::inventory::available;
use crate::provider::mend_refunds;
use crate::review;
use crate::scenario::{Scenario, WhenParked};

/// How far the clock is moved at a time.
const TICK: Duration = Duration::from_millis(250);
/// Ticks after which a run should long have ended.
const TICKS_MAX: usize = 2_400;
/// How often the handlers get their turn before time moves on.
const TURNS: usize = 30;

/// What is wrong with the world of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble {
    /// Each action and each compensation that succeeds is performed once more.
    pub(super) repeated: bool,
    /// The first attempts of this state's action have their effect, and nobody hears of it.
    pub(super) unheard: Option<(String, u32)>,
    /// Every attempt of this state's action is refused.
    pub(super) refused: Option<String>,
}

/// An execution.
pub(super) struct SagaRun<'b> {
    bench: &'b Bench,
    handlers: BTreeMap<String, Arc<dyn Handler>>,
    definition: Definition,
    routes: Routes,
    trouble: Trouble,
    execution: Execution,
    values: BTreeMap<ValueHash, Arc<str>>,
    events: Vec<HistoryEventKind>,
    commits: u64,
    begun: BTreeSet<String>,
    live: Vec<Live>,
}

/// A handler at work.
struct Live {
    request: TaskRequest,
    deadline: Timestamp,
    working: JoinHandle<Result<Value, HandlerError>>,
}

impl<'b> SagaRun<'b> {
    pub(super) fn start(bench: &'b Bench, definition: &str, name: &str, input: &Value, trouble: Trouble) -> Self {
        let handlers = crate::handlers(&bench.ledger, &bench.providers);
        let id = ExecutionId(format!("{:0>32}", name.trim_start_matches("ord-")));
        let arn = |kind: &str, name: &str| format!("arn:aws:states:us-east-1:123456789012:{kind}:{name}");
        let identity = Identity {
            id,
            name: name.to_owned(),
            arn: arn("execution", name),
            machine_name: "order".to_owned(),
            machine_arn: arn("stateMachine", "order"),
            role_arn: "arn:aws:iam::123456789012:role/order".to_owned(),
            version_arn: None,
            alias_arn: None,
        };
        let input = Payload::inline(input.to_string());
        let mut run = Self {
            bench,
            handlers: handlers.into_iter().map(|handler| (handler.function().to_owned(), handler)).collect(),
            definition: asl::parse(definition).unwrap().0,
            routes: crate::routes(),
            trouble,
            execution: Execution::new(identity, DefinitionHash::of(definition), input, bench.now()),
            values: BTreeMap::new(),
            events: Vec::new(),
            commits: 0,
            begun: BTreeSet::new(),
            live: Vec::new(),
        };
        run.send(&Message::Start);
        run
    }

    /// Drives the execution to its end, as its scenario says.
    pub(super) async fn run(&mut self, scenario: &Scenario) {
        let (mut stop_after, mut when_parked) = (scenario.stop_after.clone(), scenario.when_parked);
        for _ in 0..TICKS_MAX {
            let mut works = true;
            while works {
                works = self.work().await;
                if stop_after.as_ref().is_some_and(|state| self.has_left(state)) {
                    stop_after = None;
                    self.send(&Message::Stop { error: None, cause: None });
                }
            }
            self.review(scenario).await;
            if self.execution.parked.is_some()
                && let Some(then) = when_parked.take()
            {
                if then == WhenParked::MendAndRedrive {
                    mend_refunds(self.bench.ledger.as_ref(), self.bench.now()).await.unwrap();
                }
                self.send(&Message::Redrive);
            } else if self.execution.status != ExecutionStatus::Running {
                return;
            }
            self.tick();
        }
        panic!("`{}` does not end: {:?}", self.execution.identity.name, self.execution.root);
    }

    /// Begins what is outstanding, lets handlers work, and hears their answers. Says whether anything came of it.
    async fn work(&mut self) -> bool {
        self.begin();
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        let (done, live): (Vec<_>, Vec<_>) = self.live.drain(..).partition(|live| live.working.is_finished());
        self.live = live;
        let any = !done.is_empty();
        for Live { request, working, .. } in done {
            let answer = working.await.unwrap();
            self.answer(&request, answer);
        }
        any
    }

    fn begin(&mut self) {
        for command in outstanding(&self.execution, 0) {
            match command {
                Command::Perform(request) => {
                    let waits =
                        request.undoes.as_ref().is_some_and(|action| self.live.iter().any(|live| live.request.key == *action));
                    if !waits && self.begun.insert(request.token.to_string()) {
                        self.perform(*request);
                    }
                }
                Command::Revoke { key, .. } => {
                    self.live.iter().filter(|live| live.request.key == key).for_each(|live| live.working.abort());
                    self.live.retain(|live| live.request.key != key);
                }
                Command::Timer { .. } | Command::Report(_) => {}
                // The sagas have neither children nor parents.
                Command::Child(_) | Command::AnswerParent(_) | Command::WriteResults(_) => {}
            }
        }
    }

    fn perform(&mut self, request: TaskRequest) {
        let now = self.bench.now();
        let timeout_seconds = self.routes.of(&request.function).unwrap().function_timeout_seconds;
        let deadline = request.deadline.unwrap_or(Timestamp(i64::MAX)).min(now.plus_seconds(timeout_seconds));
        let task = Task {
            input: self.value(&request.input),
            key: request.key.clone(),
            attempt: request.attempt,
            undoes: request.undoes.clone(),
            deadline,
            now,
            execution: self.execution.identity.id.clone(),
            execution_name: self.execution.identity.name.clone(),
            state: request.state.clone(),
            caller: None,
        };
        let handler = Arc::clone(&self.handlers[&request.function]);
        let ledger = Arc::clone(&self.bench.ledger);
        let is_action = request.undoes.is_none();
        let refused = is_action && self.trouble.refused.as_ref() == Some(&request.state);
        let unheard = |(state, attempts): &(String, u32)| is_action && *state == request.state && request.attempt <= *attempts;
        let unheard = self.trouble.unheard.as_ref().is_some_and(unheard);
        let times = if self.trouble.repeated { 2 } else { 1 };
        let working = tokio::spawn(async move {
            if refused {
                return Err(HandlerError::Refused { error: "Refused".to_owned(), cause: "by the test".to_owned() });
            }
            let mut result = Value::Null;
            for _ in 0..times {
                result = committed(handler.as_ref(), ledger.as_ref(), &task).await?;
            }
            if unheard {
                return Err(HandlerError::Failed { error: "Unheard".to_owned(), cause: "by the test".to_owned() });
            }
            Ok(result)
        });
        self.live.push(Live { request, deadline, working });
    }

    fn answer(&mut self, request: &TaskRequest, answer: Result<Value, HandlerError>) {
        let failed = |error, cause, refusal| TaskOutcome::Failed { failure: StateFailure { error, cause: Some(cause) }, refusal };
        let outcome = match answer {
            Ok(result) => TaskOutcome::Succeeded { result },
            Err(HandlerError::Refused { error, cause }) => failed(error, cause, true),
            Err(HandlerError::Failed { error, cause }) => failed(error, cause, false),
            Err(HandlerError::NotNow(_)) => {
                self.begun.remove(&request.token.to_string());
                return;
            }
        };
        self.send(&Message::Answer(TaskAnswer { token: request.token.clone(), outcome, by_callback: false }));
    }

    async fn review(&mut self, scenario: &Scenario) {
        let (ledger, now) = (self.bench.ledger.as_ref(), self.bench.now());
        let waiting = review::pending(ledger, now).await.unwrap();
        let own = waiting.into_iter().find(|review| review.order_id == self.execution.identity.name);
        if let Some((review, decision)) = own.zip(scenario.review) {
            review::close(ledger, &review, now).await.unwrap();
            let token: TaskToken = review.token.reveal().parse().unwrap();
            let outcome = TaskOutcome::Succeeded { result: decision.output() };
            self.send(&Message::Answer(TaskAnswer { token, outcome, by_callback: true }));
        }
    }

    /// Moves the clock: whatever works beyond its deadline is stopped, and what is due is told.
    fn tick(&mut self) {
        self.bench.clock.advance(TICK);
        let now = self.bench.now();
        self.live.iter().filter(|live| live.deadline <= now).for_each(|live| live.working.abort());
        self.live.retain(|live| live.deadline > now);
        if let Some(armed) = self.execution.armed.filter(|armed| armed.due <= now) {
            self.send(&Message::Timer { due: armed.due, revision: armed.revision });
        }
    }

    fn send(&mut self, message: &Message) {
        self.commits += 1;
        let seed = Seed(u128::from(self.commits).to_be_bytes());
        let mut reads = Reads::default();
        let made = loop {
            let surroundings =
                Surroundings { definition: &self.definition, routes: &self.routes, limits: &Limits::default(), reads: &reads };
            match transition(surroundings, &self.execution, std::slice::from_ref(message), self.bench.now(), seed) {
                Ok(made) => break made,
                Err(TransitionError::Missing(needs)) => {
                    let values = needs.values.into_iter().map(|hash| (hash.clone(), Arc::clone(&self.values[&hash])));
                    reads.values.extend(values);
                    reads.heartbeats.extend(needs.heartbeats.into_iter().map(|key| (key, None)));
                }
                Err(error) => panic!("{error}"),
            }
        };
        self.values.extend(made.values);
        self.events.extend(made.events.into_iter().map(|event| event.kind));
        self.execution = made.execution.unwrap_or_else(|| self.execution.clone());
    }

    fn value(&self, payload: &Payload) -> Value {
        let text = payload.hash().map_or_else(|| payload.text(), |hash| self.values.get(hash).map(AsRef::as_ref));
        serde_json::from_str(text.unwrap()).unwrap()
    }

    fn has_left(&self, state: &str) -> bool {
        self.events.iter().any(|event| matches!(event, HistoryEventKind::StateExited { name, .. } if name == state))
    }

    /// The states that were undone, in the order of their undoing.
    pub(super) fn compensated(&self) -> Vec<String> {
        let undone = |event: &HistoryEventKind| match event {
            HistoryEventKind::CompensationSucceeded { state } => Some(state.clone()),
            _ => None,
        };
        self.events.iter().filter_map(undone).collect()
    }

    pub(super) fn error(&self) -> Option<String> {
        self.execution.failure.as_ref().map(|failure| failure.error.clone())
    }

    pub(super) fn outcome(&self) -> Outcome {
        Outcome {
            name: self.execution.identity.name.clone(),
            status: self.execution.status,
            owed: self.execution.owed_tasks().into_iter().map(|owed| owed.state.clone()).collect(),
            parked: self.execution.parked,
            output: self.execution.output.as_ref().map(|output| self.value(output)),
        }
    }

    /// What can be reserved of a SKU.
    pub(super) async fn available(&self, sku: &str) -> u64 {
        available(self.bench.ledger.as_ref(), sku, self.bench.now()).await.unwrap()
    }
}

/// What the harness does with an answer, without its ledger: commits the writes, and asks again where their conditions do not hold.
async fn committed(handler: &dyn Handler, ledger: &dyn store::LedgerStore, task: &Task) -> Result<Value, HandlerError> {
    loop {
        let completion = handler.perform(task).await?;
        match ledger.transact(&[], &completion.writes, task.now).await {
            Ok(()) => return Ok(completion.result),
            Err(TransactError::Conditions(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
