//! What a request means by what the ledger says about its key: the table in the crate's documentation, as code.

use breaks::Break;
use interpreter::{StateFailure, Timestamp};
use messages::RequestBody;
use serde_json::Value;
use store::{LedgerEntry, LedgerExpectation, LedgerState};

/// The owner of a lease that was given up before anything was done under it: whoever takes it over has nothing to doubt.
pub(crate) const RELEASED: &str = "";

/// What is to become of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decision {
    /// Take the lease, then perform.
    Take {
        /// What the ledger is expected to say still.
        expected: LedgerExpectation,
        /// Whether this very attempt was begun before and never ended: it may have had an effect.
        begun_before: bool,
    },
    /// The lease is this caller's own: perform.
    Held {
        /// The version of its entry.
        version: u64,
    },
    /// It is done: answer with its result.
    AnswerSuccess(Value),
    /// This attempt has failed: answer with that.
    AnswerFailure {
        /// What it failed with.
        failure: StateFailure,
        /// Whether that proves that there was no effect.
        refusal: bool,
    },
    /// Somebody else may act on it until then.
    Wait(Timestamp),
    /// Nobody waits for it.
    Drop(&'static str),
}

/// What a request means, to the caller that leases as `owner`.
pub(crate) fn decide(entry: Option<&LedgerEntry>, request: &RequestBody, owner: &str, now: Timestamp) -> Decision {
    let attempt = request.attempt;
    let Some(entry) = entry else {
        return Decision::Take { expected: LedgerExpectation::Absent, begun_before: false };
    };
    let is_lower = attempt < entry.attempt;
    let is_same = attempt == entry.attempt;
    let take = |begun_before| Decision::Take { expected: LedgerExpectation::Version(entry.version), begun_before };
    match &entry.state {
        LedgerState::Succeeded { .. } if !is_same && breaks::active(Break::SuccessAnswersItsAttemptAlone) => take(false),
        LedgerState::Revoked if breaks::active(Break::RevokedKeyExecuted) => take(false),
        LedgerState::Succeeded { result } if breaks::active(Break::CallbackAnsweredByLedger) => {
            Decision::AnswerSuccess(result.clone())
        }
        // What was handed out was the token of that attempt; this one has its own.
        LedgerState::Succeeded { .. } if request.callback && is_lower => Decision::Drop("a later attempt was begun"),
        LedgerState::Succeeded { .. } if request.callback && !is_same => take(false),
        LedgerState::Succeeded { result } => Decision::AnswerSuccess(result.clone()),
        LedgerState::Revoked => Decision::Drop("revoked"),
        LedgerState::HeardOf => take(false),
        // The higher attempt answers, or answered, for itself.
        LedgerState::InProgress { .. } | LedgerState::Failed { .. } if is_lower && !breaks::active(Break::LowerAttemptRuns) => {
            Decision::Drop("a later attempt was begun")
        }
        LedgerState::InProgress { lease_until, owner: holder }
            if *lease_until > now && !breaks::active(Break::LiveLeaseIgnored) =>
        {
            if holder == owner {
                Decision::Held { version: entry.version }
            } else {
                Decision::Wait(*lease_until)
            }
        }
        LedgerState::InProgress { owner: holder, .. } => take(is_same && holder != RELEASED),
        LedgerState::Failed { failure, refusal } if is_same || breaks::active(Break::FailureAnswersHigherAttempt) => {
            Decision::AnswerFailure { failure: failure.clone(), refusal: *refusal }
        }
        LedgerState::Failed { .. } => take(false),
    }
}

/// What a compensation has to do about its action's key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Revocation {
    /// Write this entry.
    Write(LedgerEntry, LedgerExpectation),
    /// It is revoked already.
    Done,
    /// The action may be at work until then.
    Wait(Timestamp),
}

/// What a compensation has to do about its action's key, of which the ledger says `entry`.
pub(crate) fn revocation(entry: Option<&LedgerEntry>, now: Timestamp) -> Revocation {
    let Some(entry) = entry else {
        let revoked = LedgerEntry { attempt: 0, state: LedgerState::Revoked, heartbeat_at: None, version: 1 };
        return Revocation::Write(revoked, LedgerExpectation::Absent);
    };
    match &entry.state {
        LedgerState::Revoked => Revocation::Done,
        LedgerState::InProgress { lease_until, .. } if *lease_until > now && !breaks::active(Break::LiveActionNotAwaited) => {
            Revocation::Wait(*lease_until)
        }
        LedgerState::InProgress { .. } | LedgerState::Failed { .. } | LedgerState::Succeeded { .. } | LedgerState::HeardOf => {
            let expected = LedgerExpectation::Version(entry.version);
            let revoked = LedgerEntry { state: LedgerState::Revoked, version: expected.next_version(), ..entry.clone() };
            Revocation::Write(revoked, expected)
        }
    }
}
