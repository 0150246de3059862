//! One request, from the ledger's word about its key to what is answered.
//!
//! The order of things: what the ledger says, the deadline, the action's key (for a compensation), the input, the lease, the handler, and one
//! conditional write that ends the lease together with the effect. Whenever that write does not find what it expected, somebody
//! else has acted: everything begins again with what the ledger says now.

use breaks::Break;
use interpreter::{IdempotencyKey, StateFailure, TaskOutcome, Timestamp};
use messages::{InputBody, RequestBody};
use serde_json::Value;
use store::{LedgerEntry, LedgerExpectation, LedgerState, StoreError, TransactError, Write};

use crate::decision::{Decision, Revocation, decide, revocation};
use crate::harness::{Inner, Settlement};
use crate::lease::Lease;
use crate::performance::{Heartbeats, Performance};
use crate::{Completion, Effect, HandlerError, Task};

/// Why a round did not settle a request.
enum Obstacle {
    /// Somebody else wrote to the ledger: read it again.
    Overtaken,
    /// The store did not do what it was asked.
    Store(StoreError),
}

impl From<StoreError> for Obstacle {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The action's key, the entry that revokes it, and what the ledger is expected to say about it.
type Undoing = (IdempotencyKey, LedgerEntry, LedgerExpectation);

/// One delivery of a request.
struct Serving<'a> {
    inner: &'a Inner,
    request: &'a RequestBody,
    receive_count: u32,
    owner: String,
    /// The latest end of its lease: the function's, the invocation's and the task's deadline.
    limit: Timestamp,
    /// When a handler is stopped.
    stop_at: Timestamp,
    /// When the store is no longer asked again: the invocation's end.
    give_up: Timestamp,
    lease: Option<Lease>,
    /// Whether this attempt may have had an effect outside that the ledger does not know of: a refusal then proves nothing.
    doubtful: bool,
}

impl Inner {
    /// Serves one delivery of a request.
    pub(crate) async fn serve(&self, request: &RequestBody, receive_count: u32, invocation_deadline: Timestamp) -> Settlement {
        let limit = (self.now() + self.settings.function_timeout).min(invocation_deadline);
        let deadline = request.deadline.filter(|_| !breaks::active(Break::HandlerOutlivesTheDeadline));
        let limit = deadline.map_or(limit, |deadline| limit.min(deadline));
        let closing_millis = i64::try_from(self.settings.closing_time.as_millis()).unwrap_or(0);
        let closing = Timestamp::from_millis(invocation_deadline.millis().saturating_sub(closing_millis));
        let mut serving = Serving {
            inner: self,
            request,
            receive_count,
            owner: format!("{:032x}", self.entropy.bits()),
            limit,
            stop_at: limit.min(closing),
            give_up: invocation_deadline,
            lease: None,
            doubtful: false,
        };
        let settlement = serving.settle().await;
        if let (Settlement::GiveBack(..), Some(lease)) = (&settlement, &serving.lease) {
            self.release(lease, serving.doubtful).await;
        }
        settlement
    }
}

impl Serving<'_> {
    async fn settle(&mut self) -> Settlement {
        for _ in 0..self.inner.settings.ledger_reads {
            match self.round().await {
                Ok(settlement) => return settlement,
                Err(Obstacle::Overtaken) => {}
                Err(Obstacle::Store(error)) => {
                    tracing::warn!(key = %self.request.key, %error, "the store did not do what it was asked");
                    return self.give_back("the store did not do what it was asked");
                }
            }
        }
        self.give_back("others write to the same key")
    }

    fn give_back(&self, why: &'static str) -> Settlement {
        Settlement::GiveBack(self.inner.pause(self.receive_count), why)
    }

    /// Reads what the ledger says and does what follows from it.
    async fn round(&mut self) -> Result<Settlement, Obstacle> {
        let entry = self.read(&self.request.key).await?;
        let now = self.inner.now();
        let taking = match decide(entry.as_ref(), self.request, &self.owner, now) {
            Decision::AnswerSuccess(result) => return Ok(Settlement::Answer(TaskOutcome::Succeeded { result })),
            Decision::AnswerFailure { failure, refusal } => {
                return Ok(Settlement::Answer(TaskOutcome::Failed { failure, refusal }));
            }
            Decision::Wait(_) if breaks::active(Break::LiveDuplicateDropped) => return Ok(Settlement::Drop("live")),
            Decision::Wait(until) => return Ok(Settlement::GiveBack(until.since(now), "somebody else holds the lease")),
            Decision::Drop(why) => return Ok(Settlement::Drop(why)),
            Decision::Held { version } => {
                if let Some(lease) = &mut self.lease {
                    lease.version = version;
                }
                None
            }
            Decision::Take { expected, begun_before } => {
                self.lease = None;
                self.doubtful |= begun_before && self.inner.handler.effect() == Effect::Outside;
                Some(expected)
            }
        };
        let overdue = self.request.deadline.is_some_and(|deadline| deadline <= now);
        if overdue && !breaks::active(Break::HandlerOutlivesTheDeadline) {
            return Ok(Settlement::Drop("its deadline has passed"));
        }
        if self.stop_at <= now {
            return Ok(self.give_back("no time is left in this invocation"));
        }
        let undoing = match self.revoke(now).await? {
            Ok(undoing) => undoing,
            Err(_) if breaks::active(Break::LiveActionFailsItsCompensation) => {
                return Ok(Settlement::Answer(failed("States.TaskFailed", "the action may be at work", false)));
            }
            Err(until) => return Ok(Settlement::GiveBack(until.since(now), "the action may be at work")),
        };
        let Some(input) = self.input().await? else { return Ok(self.give_back("its input is not there")) };
        let lease = match (taking, self.lease.take()) {
            (None, Some(lease)) => lease,
            (expected, _) => self.take(expected, entry.as_ref()).await?,
        };
        self.act(input, lease, undoing).await
    }

    async fn read(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        self.inner.retried(self.give_up, || self.inner.ledger.ledger(key)).await
    }

    /// What is to be written about the action that this compensates, in one transaction with its own outcome; or until when the action may be at
    /// work. For an effect outside it is written here, before it: no transaction reaches there.
    async fn revoke(&self, now: Timestamp) -> Result<Result<Option<Undoing>, Timestamp>, Obstacle> {
        let Some(action) = self.request.undoes.as_ref().filter(|_| !breaks::active(Break::NothingRevoked)) else {
            return Ok(Ok(None));
        };
        let entry = self.read(action).await?;
        let (revoked, expected) = match revocation(entry.as_ref(), now) {
            Revocation::Done => return Ok(Ok(None)),
            Revocation::Wait(until) => return Ok(Err(until)),
            Revocation::Write(revoked, expected) => (revoked, expected),
        };
        if self.inner.handler.effect() == Effect::Table || breaks::active(Break::RevokedBehindOutsideEffect) {
            return Ok(Ok(Some((action.clone(), revoked, expected))));
        }
        let put = || self.inner.ledger.put_ledger(action, &revoked, expected);
        if self.inner.retried(self.give_up, put).await? { Ok(Ok(None)) } else { Err(Obstacle::Overtaken) }
    }

    /// What the handler receives; none if its value item is not there.
    async fn input(&self) -> Result<Option<Value>, StoreError> {
        let hash = match &self.request.input {
            InputBody::Input(input) => return Ok(Some(input.clone())),
            InputBody::InputRef(hash) => hash,
        };
        let read = || self.inner.values.values(&self.request.execution, std::slice::from_ref(hash));
        let values = self.inner.retried(self.give_up, read).await?;
        Ok(values.get(hash).and_then(|text| serde_json::from_str(text).ok()))
    }

    fn heartbeats(&self) -> Option<Heartbeats> {
        let seconds = self.request.heartbeat_seconds.filter(|seconds| *seconds > 0)?;
        Some(Heartbeats { lease: std::time::Duration::from_secs(seconds) })
    }

    fn stopped_by(&self) -> Option<Timestamp> {
        match self.inner.handler.effect() {
            Effect::Outside if breaks::active(Break::OutsideLeaseWithoutMargin) => None,
            Effect::Outside => Some(self.give_up + self.inner.settings.clock_skew),
            Effect::Table => None,
        }
    }

    async fn take(&mut self, expected: Option<LedgerExpectation>, entry: Option<&LedgerEntry>) -> Result<Lease, Obstacle> {
        // Held, but by a lease that this delivery does not know: its own write of a moment ago, whose answer was lost for good.
        let expected = expected.or(entry.map(|entry| LedgerExpectation::Version(entry.version)));
        let expected = expected.unwrap_or(LedgerExpectation::Absent);
        let now = self.inner.now();
        let heartbeats = self.heartbeats();
        let lease = Lease {
            key: self.request.key.clone(),
            attempt: self.request.attempt,
            stopped_by: self.stopped_by(),
            owner: self.owner.clone(),
            until: heartbeats.map_or(self.limit, |heartbeats| self.limit.min(now + heartbeats.lease)),
            version: expected.next_version(),
        };
        let heartbeat_at = heartbeats.map(|_| now);
        let taken = self.inner.take(&lease, expected, heartbeat_at, self.give_up).await?;
        if taken || breaks::active(Break::LeaseTakenUnconditionally) { Ok(lease) } else { Err(Obstacle::Overtaken) }
    }

    /// Performs under a lease until the outcome is in the ledger.
    async fn act(&mut self, input: Value, mut lease: Lease, undoing: Option<Undoing>) -> Result<Settlement, Obstacle> {
        let mut task = self.task(input);
        for _ in 0..self.inner.settings.performances {
            task.now = self.inner.now();
            let performance = self.inner.perform(&task, &mut lease, self.heartbeats(), self.stop_at).await;
            self.lease = Some(lease.clone());
            let outside = self.inner.handler.effect() == Effect::Outside;
            let (outcome, writes) = match performance {
                Performance::LeaseLost => {
                    self.doubtful |= outside;
                    return Err(Obstacle::Overtaken);
                }
                Performance::Ended(Err(HandlerError::NotNow(_))) => return Ok(self.give_back("not now")),
                Performance::Ended(Ok(completion)) => self.completed(completion),
                Performance::Ended(Err(HandlerError::Refused { error, cause })) => {
                    (failed(&error, &cause, !self.doubtful || breaks::active(Break::DoubtfulRefusalBelieved)), Vec::new())
                }
                Performance::Ended(Err(HandlerError::Failed { error, cause })) => {
                    (failed(&error, &cause, breaks::active(Break::HandlersFailureIsARefusal)), Vec::new())
                }
                Performance::Overran => {
                    let refusal = breaks::active(Break::OverrunIsARefusal);
                    (failed("States.Timeout", "the handler did not end in time", refusal), Vec::new())
                }
                Performance::Panicked => {
                    (failed("Lambda.Unknown", "the handler panicked", breaks::active(Break::PanicIsARefusal)), Vec::new())
                }
            };
            let refused = matches!(outcome, TaskOutcome::Failed { refusal: true, .. });
            self.doubtful |= outside && !refused;
            match self.commit(&lease, &outcome, &writes, undoing.as_ref()).await {
                Ok(()) => return Ok(Settlement::Answer(outcome)),
                Err(TransactError::Ledger) => return Err(Obstacle::Overtaken),
                Err(TransactError::Store(_)) if breaks::active(Break::ConflictIsABusinessAnswer) => {
                    return Ok(Settlement::Answer(failed("States.TaskFailed", "the transaction failed", true)));
                }
                Err(TransactError::Store(error)) => return Err(Obstacle::Store(error)),
                // A business matter: the handler looks again and says it in business terms.
                Err(TransactError::Conditions(_)) => {}
            }
        }
        Ok(self.give_back("the conditions of the writes kept changing"))
    }

    fn task(&self, input: Value) -> Task {
        let request = self.request;
        Task {
            input,
            key: request.key.clone(),
            attempt: request.attempt,
            undoes: request.undoes.clone(),
            deadline: self.limit,
            now: self.inner.now(),
            execution: request.execution.clone(),
            execution_name: request.execution_name.clone(),
            state: request.state.clone(),
            caller: request.caller.clone(),
        }
    }

    /// What a completion comes to: itself, unless its result is more than may be carried.
    fn completed(&self, completion: Completion) -> (TaskOutcome, Vec<Write>) {
        let settings = &self.inner.settings;
        let bytes = u64::try_from(completion.result.to_string().len()).unwrap_or(u64::MAX);
        if bytes <= settings.payload_bytes && depth(&completion.result) <= settings.payload_depth {
            return (TaskOutcome::Succeeded { result: completion.result }, completion.writes);
        }
        // In AWS's words (as recorded). The effect is not written, but who calls cannot know.
        let cause = format!(
            "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.",
            self.request.provider.as_deref().unwrap_or(&self.request.function)
        );
        (failed("States.DataLimitExceeded", &cause, breaks::active(Break::TooLargeResultIsARefusal)), Vec::new())
    }

    /// Ends the lease with its outcome, together with the effect and the revocation: all of it or nothing.
    async fn commit(
        &self,
        lease: &Lease,
        outcome: &TaskOutcome,
        writes: &[Write],
        undoing: Option<&Undoing>,
    ) -> Result<(), TransactError> {
        let entry = lease.ended(match outcome.clone() {
            TaskOutcome::Succeeded { result } => LedgerState::Succeeded { result },
            TaskOutcome::Failed { failure, refusal } => LedgerState::Failed { failure, refusal },
        });
        let inner = self.inner;
        if writes.is_empty() && undoing.is_none() {
            let put = || inner.ledger.put_ledger(&lease.key, &entry, lease.expected());
            let held = inner.retried(self.give_up, put).await?;
            return if held { Ok(()) } else { Err(TransactError::Ledger) };
        }
        let own = (lease.key.clone(), entry, lease.expected());
        let late = undoing.filter(|_| breaks::active(Break::RevokedBehindTheEffect));
        let apart = breaks::active(Break::EffectApartFromLedger);
        if apart {
            inner.retried(self.give_up, || inner.ledger.transact(&[], writes, inner.now())).await?;
        }
        let writes = if apart { &[] } else { writes };
        let ledger: Vec<Undoing> = std::iter::once(own).chain(undoing.filter(|_| late.is_none()).cloned()).collect();
        inner.retried(self.give_up, || inner.ledger.transact(&ledger, writes, inner.now())).await?;
        if let Some((action, revoked, expected)) = late {
            inner.retried(self.give_up, || inner.ledger.put_ledger(action, revoked, *expected)).await?;
        }
        Ok(())
    }
}

fn failed(error: &str, cause: &str, refusal: bool) -> TaskOutcome {
    TaskOutcome::Failed { failure: StateFailure::new(error, cause), refusal }
}

/// How deep arrays and objects are nested.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
