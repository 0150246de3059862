//! People and programs outside: they start, stop and redrive executions, answer callbacks, and hear what the API answers.
//!
//! A client lives in the cloud; each of its calls runs on a host, which may die before it answers. What a client was told is compared with the journal
//! (invariant 14: what is answered is in a journal).

use std::sync::Arc;
use std::time::Duration;

use coordinator::{
    Coordinator, Novelty, RedriveError, SendTaskFailureError, SendTaskHeartbeatError, SendTaskSuccessError, StartError,
    StartRequest, Started, StopRequest,
};
use futures::channel::oneshot;
use futures::future::{Either, select};
use interpreter::{DefinitionHash, ExecutionStatus, TaskOutcome, TaskToken};
use messages::{CoordinatorBody, CoordinatorMessage, Outgoing, queue_name};
use store::{StateMachine, StoreError};

use crate::check::FORGED;
use crate::fault::{Fault, Strike};
use crate::host::Role;
use crate::port::deliver;
use crate::random::{Random, mixed};
use crate::run::execution_arn;
use crate::system::System;
use crate::workload::Submission;
use crate::world::Asking;

/// How long a client waits for an answer, in milliseconds.
const PATIENCE_MILLIS: i64 = 30_000;
/// By how many revisions a token is ahead that is of a table that was restored: more than any execution ever has.
const RESTORED_REVISIONS: u64 = 1_000_000;
/// How long a client waits before it asks again, in milliseconds, at most.
const PAUSE_MILLIS: u64 = 5_000;

impl System {
    /// Calls the API on a host; none if it did not answer.
    pub(crate) async fn asked<T, F, W>(self: &Arc<Self>, asking: Asking, ask: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce(Arc<Coordinator>) -> W,
        W: Future<Output = T> + Send + 'static,
    {
        let host = self.world.any_host(Role::Other);
        let work = ask(self.coordinator(host));
        let (told, hear) = oneshot::channel();
        let task = self.world.executor.spawn(host, asking.label(), async move {
            // Nobody hears it if the client has lost its patience.
            let _ = told.send(work.await);
        });
        let dies_after_millis = self.dies_after_millis(&asking);
        self.world.begin_asking(task, asking);
        let patience_millis = dies_after_millis.unwrap_or(PATIENCE_MILLIS);
        match select(hear, Box::pin(self.world.executor.sleep(patience_millis))).await {
            Either::Left((answer, _)) => answer.ok(),
            Either::Right(_) => {
                if self.world.options.invocations_are_stopped || dies_after_millis.is_some() {
                    self.world.executor.stop(task);
                }
                None
            }
        }
    }

    /// Where processes are stopped, every third redrive is in the middle: few of its calls would be struck otherwise, for there are few redrives.
    fn dies_after_millis(&self, asking: &Asking) -> Option<i64> {
        let may_die = self.world.options.per_million.get(&Fault::KilledBefore).is_some_and(|likely| *likely > 0);
        let bits = mixed(self.world.options.seed ^ self.world.executor.now().unsigned_abs());
        let dies = matches!(asking, Asking::Redrive) && may_die && bits.is_multiple_of(3);
        let longest_millis = 8 * self.world.options.latency_millis + 1;
        dies.then(|| i64::try_from((bits >> 8) % longest_millis).unwrap_or(0))
    }

    async fn pause(&self, random: &mut Random) {
        let millis = random.within(10, PAUSE_MILLIS);
        self.world.executor.sleep(i64::try_from(millis).unwrap_or(0)).await;
    }

    /// Starts an execution until it is told that it exists, as whoever reads the orders queue does. Answers its ARN; none if it was refused.
    pub(crate) async fn submit(
        self: Arc<Self>,
        submission: Submission,
        machine: StateMachine,
        mut random: Random,
    ) -> Option<String> {
        let input: Arc<str> = match submission.is_order {
            true => order::admit(&submission.input).ok()?.input.to_string().into(),
            false => submission.input.as_str().into(),
        };
        loop {
            let request =
                StartRequest { machine: machine.clone(), name: submission.name.clone(), input: Arc::clone(&input), parent: None };
            let answer = self.asked(Asking::Other("start"), |coordinator| started(coordinator, request)).await;
            match answer {
                Some(Ok(started)) => {
                    self.world.trace(|| format!("start of `{}` answered {:?}", submission.name, started.novelty));
                    let other_input = matches!(started.novelty, Novelty::OtherInput { .. });
                    let arn = started.identity.arn.clone();
                    self.world.checks().told_started(&self.world, &started, &input);
                    return (!other_input).then_some(arn);
                }
                // It exists, and is completed by others.
                Some(Err(StartError::Publish(_))) => {}
                Some(Err(error)) if error.is_retryable() => {}
                Some(Err(error)) => {
                    self.world.checks().violated("start", format!("`{}` was not started: {error}", submission.name));
                    return None;
                }
                None => {}
            }
            if random.happens(self.world.options.impatient_per_mille) {
                self.world.trace(|| format!("whoever started `{}` gives up", submission.name));
                self.world.checks().gives_up(&execution_arn(&machine.arn, &submission.name));
                return None;
            }
            self.pause(&mut random).await;
        }
    }

    /// Gives a machine another definition, once. Executions that were started stay with theirs.
    pub(crate) async fn update(self: Arc<Self>, arn: String, definition: String) {
        // Whether it was written is seen by those who start it.
        let _ = self.asked(Asking::Other("update"), |coordinator| updated(coordinator, arn, definition)).await;
    }

    /// Stops an execution, once.
    pub(crate) async fn stop(self: Arc<Self>, arn: String) {
        let request = StopRequest { execution_arn: arn.clone(), error: Some("Stopped".to_owned()), cause: None };
        self.world.checks().stop_asked(&arn);
        if let Some(Ok(_)) = self.asked(Asking::Stop, |coordinator| async move { coordinator.stop(request).await }).await {
            self.world.checks().told_stopped(&arn);
        }
    }

    /// Redrives an execution, once.
    pub(crate) async fn redrive(self: Arc<Self>, arn: String) {
        let asked = arn.clone();
        let parked = self.world.checks().parked_at(&arn);
        match self.asked(Asking::Redrive, |coordinator| async move { coordinator.redrive(&asked).await }).await {
            Some(Ok(_)) => self.world.checks().told_redriven(&arn),
            Some(Err(RedriveError::NotRedrivable(reason))) if parked.is_some() => {
                let still = self.world.checks().parked_at(&arn);
                // What expires soon is not opened again.
                if still == parked && self.world.options.retention_seconds.is_none() {
                    self.world.checks().violated("told", format!("`{arn}` is parked, and told not to be redrivable: {reason}"));
                }
            }
            Some(Err(_)) | None => {}
        }
    }

    /// Answers a callback, as often as drawn, with whatever delay.
    pub(crate) async fn answer_callback(self: Arc<Self>, token: String, output: String, mut random: Random) {
        let times = if random.happens(200) { 2 } else { 1 };
        for _ in 0..times {
            let longest_millis = if random.happens(300) { 200_000 } else { 3_000 };
            let millis = random.below(longest_millis);
            self.world.executor.sleep(i64::try_from(millis).unwrap_or(0)).await;
            let fails = random.happens(100);
            let mut awaited;
            let answer = loop {
                let (asked, output) = (token.clone(), output.clone());
                awaited = asked.parse::<TaskToken>().is_ok_and(|token| self.world.checks().awaits(&token));
                let asking =
                    asked.parse().map_or(Asking::Other("callback"), if fails { Asking::Failure } else { Asking::Success });
                let answer = self.asked(asking, |coordinator| answered(coordinator, asked, output, fails)).await;
                // Whoever is told nothing, or that it may help, asks again.
                match answer {
                    Some(Ok(()) | Err(Refusal::ForGood)) => break answer,
                    Some(Err(Refusal::ForNow)) | None => self.pause(&mut random).await,
                }
            };
            self.world.trace(|| format!("callback {token} answered {answer:?}"));
            if let (Some(Ok(())), Ok(token)) = (answer, token.parse::<TaskToken>()) {
                self.world.checks().told_answered(&token, awaited);
            }
        }
    }

    /// Says again and again that a callback is worked on, in time or too late; for a while, or until it is over, or longer.
    pub(crate) async fn be_heard_of(self: Arc<Self>, token: String, mut random: Random) {
        let pause_millis = random.pick(&[700, 1_500, 4_000, 12_000]).copied().unwrap_or(1_500);
        for _ in 0..random.within(3, 30) {
            let millis = pause_millis / 2 + random.below(pause_millis);
            self.world.executor.sleep(i64::try_from(millis).unwrap_or(0)).await;
            let (asked, text) = (self.world.now(), token.clone());
            let ask = |coordinator: Arc<Coordinator>| async move { coordinator.send_task_heartbeat(&text).await };
            let answer = self.asked(token.parse().map_or(Asking::Other("heartbeat"), Asking::Heartbeat), ask).await;
            match (answer, token.parse::<TaskToken>()) {
                (Some(Ok(())), Ok(token)) => self.world.checks().told_heard(&token, asked, self.world.now()),
                // Some go on by a token that is over.
                (Some(Err(SendTaskHeartbeatError::TaskTimedOut)), _) if random.happens(700) => return,
                _ => {}
            }
        }
    }

    /// Answers a task by its token, but of a revision that is not there: of a table that was restored to an earlier moment. That is an alarm, and
    /// nothing else.
    pub(crate) fn forge(self: &Arc<Self>, strike: Strike) {
        let Some(token) = self.world.checks().some_token(strike.bits) else { return };
        let token = TaskToken { revision: token.revision + RESTORED_REVISIONS, ..token };
        let system = Arc::clone(self);
        if strike.bits.is_multiple_of(2) {
            self.world.executor.spawn(0, "restored", async move {
                let (text, output) = (token.to_string(), FORGED);
                let ask = |coordinator: Arc<Coordinator>| async move { coordinator.send_task_success(&text, output).await };
                if let Some(Ok(())) = system.asked(Asking::Other("restored"), ask).await {
                    system.world.checks().violated("token", format!("a token of the future was taken: {token}"));
                }
            });
            return;
        }
        let group = token.execution.to_string();
        let outcome = TaskOutcome::Succeeded { result: FORGED.trim_matches('"').into() };
        let body = CoordinatorBody::new(token.execution.clone(), CoordinatorMessage::Answer { token, outcome }).encode();
        self.world.checks().forged(&body);
        let message = Outgoing::fifo(body, group, format!("{:x}", self.world.entropy.bits()));
        deliver(&self.world, queue_name::ANSWERS, message, Duration::ZERO);
    }

    /// Answers a task by a token that was made up out of one that was seen.
    pub(crate) async fn guess(self: Arc<Self>, strike: Strike) {
        let Some(token) = self.world.checks().some_token(strike.bits) else { return };
        // Nothing at all is the first thing that anybody would guess.
        let proof = if strike.bits.is_multiple_of(3) { 0 } else { token.proof ^ (1 << (strike.bits % 128)) };
        let wrong = TaskToken { proof, ..token };
        let text = wrong.to_string();
        let answer = self
            .asked(Asking::Other("guess"), |coordinator| async move { coordinator.send_task_success(&text, FORGED).await })
            .await;
        if let Some(Ok(())) = answer {
            self.world.checks().violated("token", format!("a token that was made up was taken: {wrong}"));
        }
        if let Some(Err(SendTaskSuccessError::InvalidOutput(text))) = answer {
            self.world.checks().violated("token", text);
        }
    }
}

/// Starts by the definition that the machine has at the moment, as StartExecution does.
async fn started(coordinator: Arc<Coordinator>, request: StartRequest) -> Result<Started, StartError> {
    let found = coordinator.ports().executions.machine(&request.machine.arn).await?;
    let machine = found.unwrap_or(request.machine);
    coordinator.start(StartRequest { machine, ..request }).await
}

/// Writes a machine's next version, as UpdateStateMachine does; another client may be first.
async fn updated(coordinator: Arc<Coordinator>, arn: String, definition: String) -> Result<(), StoreError> {
    let executions = &coordinator.ports().executions;
    let Some(machine) = executions.machine(&arn).await? else { return Ok(()) };
    let hash = DefinitionHash::of(&definition);
    executions.put_definition(&hash, &definition).await?;
    let next = StateMachine { definition: hash, version: machine.version + 1, updated_at: coordinator.ports().now(), ..machine };
    executions.put_machine(&next).await.map(|_| ())
}

/// Why an answer to a callback was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    ForGood,
    ForNow,
}

async fn answered(coordinator: Arc<Coordinator>, token: String, output: String, fails: bool) -> Result<(), Refusal> {
    if fails {
        let failed = coordinator.send_task_failure(&token, Some("Refused".to_owned()), None).await;
        return failed.map_err(|error| match error {
            SendTaskFailureError::Deliver(error) if error.is_retryable() => Refusal::ForNow,
            _ => Refusal::ForGood,
        });
    }
    coordinator.send_task_success(&token, &output).await.map_err(|error| match error {
        SendTaskSuccessError::Deliver(error) if error.is_retryable() => Refusal::ForNow,
        _ => Refusal::ForGood,
    })
}

/// Whether an execution can be redriven, as far as a client sees.
pub(crate) fn is_redrivable(status: ExecutionStatus) -> bool {
    matches!(status, ExecutionStatus::Failed | ExecutionStatus::Aborted | ExecutionStatus::TimedOut)
}
