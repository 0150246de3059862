//! An execution driven through the interpreter with random answers: a small world of its own, without store or queue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use asl::Definition;
use interpreter::{
    Command, DefinitionHash, Execution, ExecutionId, ExecutionStatus, HistoryEvent, IdempotencyKey, Identity, Limits, Message,
    MessageOutcome, Payload, PublishFailure, Reads, Routes, Seed, StateFailure, Surroundings, TaskAnswer, TaskOutcome,
    TaskRequest, TaskToken, Timestamp, TransitionError, ValueHash, outstanding, transition,
};
use serde_json::{Value, json};

use crate::auditor::{Case, Violation, audit, may_refuse};
use crate::effect::{Effect, EffectKind};
use crate::random::Random;
use crate::workload::machine::{ASK, BOOM, BROKEN, DECLINED, LOOK, NO_STOCK, routes};
use crate::workload::worker::result_of;

pub(super) const STARTED: Timestamp = Timestamp(1_800_000_000_000);

/// An execution with all that is known of it.
pub(super) struct Run {
    pub(super) definition: Definition,
    pub(super) execution: Execution,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) effects: Vec<Effect>,
    pub(super) now: Timestamp,
    pub(super) stopped: bool,
    pub(super) limits: Limits,
    routes: Routes,
    values: BTreeMap<ValueHash, Arc<str>>,
    seed: u128,
    /// Keys of actions that took effect, and of compensations.
    had: BTreeSet<IdempotencyKey>,
    revoked: BTreeSet<IdempotencyKey>,
    /// What the latest attempt of each key was answered.
    ledger: BTreeMap<IdempotencyKey, (u32, TaskOutcome)>,
    /// Requests that were seen, for what comes late.
    seen: Vec<TaskRequest>,
    /// Callbacks that somebody can answer.
    asked: Vec<TaskToken>,
}

impl Run {
    pub(super) fn start(definition: &str, input: &str, limits: Limits) -> Self {
        let (parsed, _) = asl::parse(definition).unwrap_or_else(|problems| panic!("{problems:?}"));
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
            definition: parsed,
            execution: Execution::new(identity, DefinitionHash::of(definition), Payload::inline("null"), STARTED),
            events: Vec::new(),
            effects: Vec::new(),
            now: STARTED,
            stopped: false,
            limits,
            routes: routes(),
            values: BTreeMap::new(),
            seed: 0,
            had: BTreeSet::new(),
            revoked: BTreeSet::new(),
            ledger: BTreeMap::new(),
            seen: Vec::new(),
            asked: Vec::new(),
        };
        run.execution.input = run.kept(input);
        run.send(&[Message::Start]);
        run
    }

    fn kept(&mut self, text: &str) -> Payload {
        if text.len() <= 4_096 {
            return Payload::inline(text);
        }
        let hash = ValueHash::of(text);
        self.values.insert(hash.clone(), text.into());
        Payload::item(hash, u64::try_from(text.len()).unwrap())
    }

    pub(super) fn send(&mut self, messages: &[Message]) -> Vec<MessageOutcome> {
        self.seed += 1;
        let seed = Seed(self.seed.to_be_bytes());
        let mut reads = Reads::default();
        let made = loop {
            let surroundings =
                Surroundings { definition: &self.definition, routes: &self.routes, limits: &self.limits, reads: &reads };
            match transition(surroundings, &self.execution, messages, self.now, seed) {
                Ok(made) => break made,
                Err(TransitionError::Missing(needs)) => {
                    for hash in needs.values {
                        let text = Arc::clone(&self.values[&hash]);
                        reads.values.insert(hash, text);
                    }
                    reads.heartbeats.extend(needs.heartbeats.into_iter().map(|key| (key, None)));
                }
                Err(error) => panic!("{error}"),
            }
        };
        self.values.extend(made.values);
        self.events.extend(made.events);
        if let Some(execution) = made.execution {
            self.execution = execution;
        }
        made.outcomes
    }

    pub(super) fn value(&self, payload: &Payload) -> Option<Arc<Value>> {
        let text = match payload.hash() {
            Some(hash) => self.values.get(hash)?.as_ref(),
            None => payload.text()?,
        };
        serde_json::from_str(text).ok().map(Arc::new)
    }

    pub(super) fn is_running(&self) -> bool {
        self.execution.status == ExecutionStatus::Running
    }

    pub(super) fn requests(&self) -> Vec<TaskRequest> {
        let commands = outstanding(&self.execution, 0).into_iter();
        commands.filter_map(|command| if let Command::Perform(request) = command { Some(*request) } else { None }).collect()
    }

    /// What the auditor says.
    pub(super) fn audit(&self) -> Vec<Violation> {
        let effects: Vec<&Effect> = self.effects.iter().collect();
        audit(&Case {
            definition: &self.definition,
            events: &self.events,
            value: &|payload| self.value(payload),
            effects: &effects,
            started_at: self.execution.started_at,
            status: self.execution.status,
            failure: self.execution.failure.as_ref(),
            may_refuse: &may_refuse,
            stopped: self.stopped,
            limits: &self.limits,
        })
    }

    /// The history, a line per event.
    pub(super) fn told(&self) -> String {
        let lines = self.events.iter().map(|event| {
            let detail = serde_json::to_string(event).unwrap();
            format!(
                "{:>4} < {:<4} {:>8} {}\n",
                event.id,
                event.previous,
                event.at.millis() - STARTED.millis(),
                detail.chars().take(260).collect::<String>()
            )
        });
        let effects = self.effects.iter().map(|effect| format!("     {:?} {} {}\n", effect.kind, effect.key, effect.input));
        lines.chain(effects).collect()
    }

    fn note(&mut self, request: &TaskRequest, kind: EffectKind) {
        if !self.had.insert(request.key.clone()) {
            return;
        }
        let input = self.value(&request.input).map(|input| (*input).clone()).unwrap_or_default();
        self.effects.push(Effect {
            at: self.now,
            kind,
            execution: self.execution.identity.id.clone(),
            state: request.state.clone(),
            function: request.function.clone(),
            key: request.key.clone(),
            undoes: request.undoes.clone(),
            attempt: request.attempt,
            input,
            outside: true,
        });
    }

    /// A worker takes a request: has its effect or not, and answers or not.
    pub(super) fn work(&mut self, request: &TaskRequest, random: &mut Random, trouble: u32) -> Option<Message> {
        if self.revoked.contains(&request.key) {
            return None;
        }
        match self.ledger.get(&request.key) {
            Some((_, outcome @ TaskOutcome::Succeeded { .. })) => return Some(answer(&request.token, outcome.clone())),
            Some((attempt, outcome)) if *attempt == request.attempt => return Some(answer(&request.token, outcome.clone())),
            Some((attempt, _)) if *attempt > request.attempt => return None,
            _ => {}
        }
        if let Some(action) = &request.undoes {
            self.revoked.insert(action.clone());
        }
        if request.function == ASK {
            self.asked.push(request.token.clone());
            return Some(answer(&request.token, success(json!({ "asked": true }))));
        }
        let kind = if request.undoes.is_some() { EffectKind::Undone } else { EffectKind::Done };
        let has_effect = request.function != LOOK;
        let deed = if random.happens(trouble) { random.below(8) } else { 0 };
        if has_effect && (matches!(deed, 0..=3) || self.had.contains(&request.key)) {
            self.note(request, kind);
        }
        let had = self.had.contains(&request.key);
        let outcome = match deed {
            1 | 2 => failure(BROKEN, false),
            3 => return None,
            4 if kind == EffectKind::Done && !had => failure(NO_STOCK, true),
            5 if kind == EffectKind::Done && !had => failure(DECLINED, false),
            6 => return None,
            4 | 5 | 7 => failure(BOOM, false),
            _ => success(result_of(7, &request.key, request.attempt)),
        };
        self.ledger.insert(request.key.clone(), (request.attempt, outcome.clone()));
        Some(answer(&request.token, outcome))
    }

    /// A worker, or somebody who was asked, answers the request of a state; that of its compensation is named `undo STATE`.
    pub(super) fn answer(&mut self, state: &str, deed: Deed) {
        let name = |request: &TaskRequest| match request.undoes {
            Some(_) => format!("undo {}", request.state),
            None => request.state.clone(),
        };
        let request = self.requests().into_iter().find(|request| name(request) == state);
        let request = request.unwrap_or_else(|| panic!("nobody asks for `{state}`:\n{}", self.told()));
        let kind = if request.undoes.is_some() { EffectKind::Undone } else { EffectKind::Done };
        if matches!(deed, Deed::Succeeds | Deed::FailsAfter) {
            self.note(&request, kind);
        }
        let outcome = match deed {
            Deed::Succeeds => success(result_of(7, &request.key, request.attempt)),
            Deed::FailsAfter => failure(BROKEN, false),
            Deed::FailsBefore => failure(BOOM, false),
            Deed::Refuses => failure(NO_STOCK, true),
        };
        assert_eq!(self.send(&[answer(&request.token, outcome)]), [MessageOutcome::Applied], "{state}");
    }

    /// One random thing.
    pub(super) fn disturb(&mut self, random: &mut Random, trouble: u32) {
        match random.below(24) {
            0..=11 => self.answer_some(random, trouble),
            12..=15 => self.pass_seconds(random.within(1, 20)),
            16 => drop(self.send(&[Message::Wake])),
            // Hints are lost, or a clock goes back.
            21 if random.happens(700) => self.now = self.now.plus_seconds(random.within(1, 40)),
            21 => self.now = Timestamp(self.now.millis() - 3_000),
            17 if random.happens(150) => self.stop(),
            18 if !self.is_running() => self.redrive(),
            19 if random.happens(300) => self.not_published(random),
            20 if !self.seen.is_empty() => {
                // Delivered late: the worker may act on it if its key allows that, and is answered that nobody waits.
                let request = self.seen[random.index(self.seen.len())].clone();
                if let Some(message) = self.work(&request, random, trouble) {
                    self.send(&[message]);
                }
            }
            _ => self.answer_callback(random),
        }
    }

    fn answer_some(&mut self, random: &mut Random, trouble: u32) {
        let mut messages = Vec::new();
        for _ in 0..random.within(1, 3) {
            let requests = self.requests();
            let Some(request) = random.pick(&requests).cloned() else { break };
            self.seen.push(request.clone());
            messages.extend(self.work(&request, random, trouble));
        }
        self.send(&messages);
    }

    fn answer_callback(&mut self, random: &mut Random) {
        if self.asked.is_empty() {
            return;
        }
        let token = self.asked.swap_remove(random.index(self.asked.len()));
        let outcome = match random.below(5) {
            0 => failure(DECLINED, false),
            1 => failure(BOOM, false),
            _ => success(json!({ "yes": token.visit })),
        };
        self.send(&[Message::Answer(TaskAnswer { token, outcome, by_callback: true })]);
    }

    fn not_published(&mut self, random: &mut Random) {
        let requests = self.requests();
        let Some(request) = random.pick(&requests) else { return };
        let first_publish = !self.seen.iter().any(|seen| seen.key == request.key) && random.happens(500);
        let failed = PublishFailure { token: request.token.clone(), failure: StateFailure::named("NoRoute"), first_publish };
        self.send(&[Message::PublishFailed(failed)]);
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.send(&[Message::Stop { error: Some("Stopped".to_owned()), cause: None }]);
    }

    pub(super) fn redrive(&mut self) {
        self.send(&[Message::Redrive]);
    }

    /// Lets time pass: hints and wakes that come due are sent.
    pub(super) fn pass_seconds(&mut self, seconds: u64) {
        self.pass_until(self.now.plus_seconds(seconds));
    }

    fn pass_until(&mut self, until: Timestamp) {
        let mut rounds = 0;
        while self.is_running() {
            rounds += 1;
            assert!(rounds < 2_000, "something keeps coming due:\n{}", self.told());
            let hint = self.execution.armed.filter(|armed| armed.due <= until);
            let wake = Some(self.execution.wake_at).filter(|wake| *wake <= until);
            match (hint, wake) {
                (Some(hint), wake) if wake.is_none_or(|wake| hint.due <= wake) => {
                    self.now = self.now.max(hint.due);
                    self.send(&[Message::Timer { due: hint.due, revision: hint.revision }]);
                }
                (_, Some(wake)) => {
                    self.now = self.now.max(wake);
                    self.send(&[Message::Wake]);
                }
                (_, None) => break,
            }
        }
        self.now = self.now.max(until);
    }

    /// Answers everything, for as long as anything is asked.
    pub(super) fn finish(&mut self, random: &mut Random, trouble: u32) {
        for _ in 0..2_000 {
            if !self.is_running() {
                return;
            }
            let requests = self.requests();
            let mut messages = Vec::new();
            for request in &requests {
                messages.extend(self.work(request, random, trouble));
            }
            for token in std::mem::take(&mut self.asked) {
                messages.push(Message::Answer(TaskAnswer { token, outcome: success(json!("yes")), by_callback: true }));
            }
            self.send(&messages);
            if requests.is_empty() || messages.is_empty() {
                let next = self.execution.armed.map_or(self.execution.wake_at, |armed| armed.due);
                self.pass_until(next);
            }
        }
        panic!("it does not end:\n{}", self.told());
    }
}

/// What a worker does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    /// Has its effect and says so.
    Succeeds,
    /// Has its effect, and says that it failed.
    FailsAfter,
    /// Has no effect, and says that it failed.
    FailsBefore,
    /// Says that there is none.
    Refuses,
}

pub(super) fn answer(token: &TaskToken, outcome: TaskOutcome) -> Message {
    Message::Answer(TaskAnswer { token: token.clone(), outcome, by_callback: false })
}

pub(super) fn success(result: Value) -> TaskOutcome {
    TaskOutcome::Succeeded { result }
}

pub(super) fn failure(error: &str, refusal: bool) -> TaskOutcome {
    TaskOutcome::Failed { failure: StateFailure::new(error, "because"), refusal }
}
