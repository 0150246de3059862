//! What the checks store: small, different in each call, the same in each run.

use std::collections::BTreeMap;

use interpreter::{
    Activity, Branch, DefinitionHash, Execution, ExecutionId, ExecutionStatus, HistoryEvent, HistoryEventKind, IdempotencyKey,
    Identity, Payload, Seed, StateFailure, Timestamp, ValueHash, Visit, history::StateType,
};
use serde_json::{Value, json};

use crate::{Condition, Entry, Head, Item, ItemKey, LedgerEntry, LedgerExpectation, LedgerState, StateMachine, Write};

/// 2026-11-01T12:00:00Z, and seconds after it.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_793_534_400_000 + seconds * 1000)
}

/// An id that follows from a text.
pub fn execution_id(text: &str) -> ExecutionId {
    ExecutionId(DefinitionHash::of(text).0.chars().take(32).collect())
}

/// The names of the execution `name` of the machine `machine`.
pub fn identity(machine: &str, name: &str) -> Identity {
    let account = "us-east-1:123456789012";
    Identity {
        id: execution_id(&format!("{machine}:{name}")),
        name: name.to_owned(),
        arn: format!("arn:aws:states:{account}:execution:{machine}:{name}"),
        machine_name: machine.to_owned(),
        machine_arn: format!("arn:aws:states:{account}:stateMachine:{machine}"),
        role_arn: "arn:aws:iam::123456789012:role/saga".to_owned(),
        version_arn: None,
        alias_arn: None,
    }
}

/// A head that was started `seconds` after noon and is due then.
pub fn head(machine: &str, name: &str, seconds: i64) -> Head {
    let input = format!(r#"{{"order":"{name}"}}"#);
    Head {
        identity: identity(machine, name),
        definition: DefinitionHash::of(machine),
        input_hash: ValueHash::of(&input),
        input: Payload::inline(input),
        status: ExecutionStatus::Running,
        started_at: at(seconds),
        closed_at: None,
        wake_at: Some(at(seconds)),
        wake_revision: 0,
        renewed_at: None,
        parent: None,
    }
}

/// The entry of `revision`, decided with the seed `seed`.
pub fn entry(identity: &Identity, revision: u64, seed: u8) -> Entry {
    let input = Payload::inline(r#"{"order":"o-1"}"#);
    let visit = Visit {
        state: "ReserveInventory".to_owned(),
        number: revision,
        input: input.clone(),
        entered_at: at(1),
        entered_event: 2,
        retries: Vec::new(),
        activity: Activity::Runnable { revision },
    };
    let event =
        HistoryEventKind::StateEntered { state_type: StateType::Task, name: "ReserveInventory".to_owned(), input: input.clone() };
    Entry {
        revision,
        at: at(1),
        seed: Seed([seed; 16]),
        execution: Execution {
            identity: identity.clone(),
            definition: DefinitionHash::of("order"),
            status: ExecutionStatus::Running,
            revision,
            started_at: at(0),
            updated_at: at(1),
            closed_at: None,
            input,
            output: None,
            failure: None,
            deadline: None,
            next_event: revision + 1,
            next_visit: revision + 1,
            root: Branch { visit: Some(visit), ..Branch::default() },
            pivot_passed: false,
            ending: None,
            parked: None,
            armed: None,
            wake_at: at(900),
            redrive_count: 0,
            redriven_at: None,
            revocations: Vec::new(),
            ended_in: None,
            without_progress: 0,
            parent: None,
            map_run: None,
            stopping: Vec::new(),
        },
        events: vec![HistoryEvent { id: revision, previous: 0, at: at(1), kind: event }],
    }
}

/// A machine's `version`.
pub fn machine(name: &str, version: u64) -> StateMachine {
    StateMachine {
        name: name.to_owned(),
        arn: identity(name, "").machine_arn,
        kind: "STANDARD".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/saga".to_owned(),
        definition: DefinitionHash::of(&format!("{name} {version}")),
        created_at: at(0),
        updated_at: at(i64::try_from(version).unwrap_or(0)),
        revision_id: (version > 1).then(|| format!("revision-{version}")),
        settings: json!({"loggingConfiguration": {"level": "OFF"}, "tracingConfiguration": null}),
        version,
    }
}

/// The key of a task.
pub fn key(name: &str) -> IdempotencyKey {
    IdempotencyKey::of_action(&execution_id("ledger"), name, 1, None)
}

/// An entry that `owner` holds for a minute. Its version is what a store makes of it.
pub fn held(owner: &str, attempt: u32) -> LedgerEntry {
    let state = LedgerState::InProgress { lease_until: at(60), owner: owner.to_owned() };
    LedgerEntry { attempt, state, heartbeat_at: None, version: 0 }
}

/// An entry of an attempt that succeeded.
pub fn succeeded(result: Value) -> LedgerEntry {
    LedgerEntry { attempt: 1, state: LedgerState::Succeeded { result }, heartbeat_at: None, version: 0 }
}

/// An entry of an attempt that failed.
pub fn failed(error: &str, refusal: bool) -> LedgerEntry {
    let state = LedgerState::Failed { failure: StateFailure::new(error, "what happened"), refusal };
    LedgerEntry { attempt: 1, state, heartbeat_at: None, version: 0 }
}

/// A revoked entry.
pub fn revoked() -> LedgerEntry {
    LedgerEntry { attempt: 0, state: LedgerState::Revoked, heartbeat_at: None, version: 0 }
}

/// As [`LedgerEntry`], with the version that a store gave it.
pub fn versioned(entry: LedgerEntry, version: u64) -> LedgerEntry {
    LedgerEntry { version, ..entry }
}

/// The ledger part of a transaction in which `owner` takes a key that nobody has.
pub fn taking(name: &str, owner: &str) -> (IdempotencyKey, LedgerEntry, LedgerExpectation) {
    (key(name), held(owner, 1), LedgerExpectation::Absent)
}

/// The key of an item.
pub fn item_key(partition: &str, sort: &str) -> ItemKey {
    ItemKey { partition: partition.to_owned(), sort: sort.to_owned() }
}

/// A put that depends on `condition`.
pub fn put(sort: &str, body: Value, condition: Condition) -> Write {
    Write::Put { key: item_key("stock", sort), body, expires_at: None, condition }
}

/// A put of an item that expires.
pub fn put_until(sort: &str, body: Value, expires_at: Timestamp, condition: Condition) -> Write {
    Write::Put { key: item_key("stock", sort), body, expires_at: Some(expires_at), condition }
}

/// An addition to the counter `units`.
pub fn add(sort: &str, delta: i64, floor: Option<i64>) -> Write {
    Write::Add { key: item_key("stock", sort), counter: "units".to_owned(), delta, floor }
}

/// A deletion.
pub fn delete(sort: &str, condition: Condition) -> Write {
    Write::Delete { key: item_key("stock", sort), condition }
}

/// A condition without a write.
pub fn require(sort: &str, condition: Condition) -> Write {
    Write::Check { key: item_key("stock", sort), condition }
}

/// An item as it is read.
pub fn item(sort: &str, body: Value, units: Option<i64>, version: u64) -> Item {
    let counters: BTreeMap<String, i64> = units.map(|units| ("units".to_owned(), units)).into_iter().collect();
    Item { key: item_key("stock", sort), body, counters, version, expires_at: None }
}

/// A text of `bytes` ASCII letters that hardly shrinks, the same each time.
pub fn noise(bytes: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let place = usize::try_from(state >> 58).unwrap_or(0);
        char::from(LETTERS.get(place).copied().unwrap_or(b'A'))
    };
    (0..bytes).map(|_| letter()).collect()
}
