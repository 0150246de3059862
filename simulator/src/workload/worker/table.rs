//! Effects in our own table: an item per action says what was done, a counter what is left of the stock.

use interpreter::{ExecutionId, IdempotencyKey, Timestamp};
use serde_json::{Value, json};
use store::{Condition, Item, ItemKey, Write};
use worker::Task;

use crate::effect::{Effect, EffectKind};

/// The partition of the items that say what was done: one per action's key.
pub const EFFECT: &str = "effect";
/// The partition of the counters: each action takes one piece, each compensation that finds it done puts it back. The sum over all is minus the number of
/// actions that are done.
pub const STOCK: &str = "stock";
/// The counter.
const PIECES: &str = "pieces";
/// The partition of items that many actions read and write: their conditions fail under contention.
const SEAT: &str = "seat";
/// How long a seat stays taken.
const SEAT_SECONDS: u64 = 20;

/// The item of an action's key.
pub(super) fn effect_key(action: &IdempotencyKey) -> ItemKey {
    ItemKey { partition: EFFECT.to_owned(), sort: action.as_str().to_owned() }
}

/// The item that about every fifth action shares with others, by its hash.
pub(super) fn seat_key(bits: u64) -> Option<ItemKey> {
    bits.is_multiple_of(5).then(|| ItemKey { partition: SEAT.to_owned(), sort: format!("{}", bits / 5 % 2) })
}

/// Whether an item says that its action is done.
pub(super) fn is_done(item: &Item) -> bool {
    item.body.get("kind").and_then(Value::as_str) == Some("done")
}

/// What an action writes. It does not look at what was done under its key: that it is asked once is the ledger's matter, and an effect too many is to be seen.
pub(super) fn acted(task: &Task, seat: Option<(ItemKey, Option<Item>)>) -> Vec<Write> {
    let stock = taken(&task.key, -1);
    let mut writes = vec![put(task, &task.key, EffectKind::Done, Condition::Always), stock];
    if let Some((key, item)) = seat {
        let body = json!({ "taken": task.key.as_str() });
        // It expires soon, and is then as if nobody had ever written it.
        let expires_at = Some(task.now.plus_seconds(SEAT_SECONDS));
        writes.push(Write::Put { key, body, expires_at, condition: unchanged(item.as_ref()) });
    }
    writes
}

/// What a compensation writes, given what is known of its action.
pub(super) fn undone(task: &Task, action: &IdempotencyKey, item: Option<&Item>) -> Vec<Write> {
    let mut writes = vec![put(task, action, EffectKind::Undone, unchanged(item))];
    if item.is_some_and(is_done) {
        writes.push(taken(action, 1));
    }
    writes
}

fn unchanged(item: Option<&Item>) -> Condition {
    item.map_or(Condition::Absent, |item| Condition::Version(item.version))
}

fn taken(action: &IdempotencyKey, delta: i64) -> Write {
    let shelf = super::hash(0, action.as_str(), 0) % 3;
    let key = ItemKey { partition: STOCK.to_owned(), sort: format!("shelf-{shelf}") };
    Write::Add { key, counter: PIECES.to_owned(), delta, floor: None }
}

fn put(task: &Task, action: &IdempotencyKey, kind: EffectKind, condition: Condition) -> Write {
    let body = json!({
        "kind": match kind { EffectKind::Done => "done", EffectKind::Undone => "undone" },
        "execution": task.execution.as_str(),
        "state": task.state,
        "key": task.key.as_str(),
        "undoes": task.undoes.as_ref().map(IdempotencyKey::as_str),
        "attempt": task.attempt,
        "input": task.input,
    });
    Write::Put { key: effect_key(action), body, expires_at: None, condition }
}

/// The effects of a transaction that has just been written, for whoever wraps the store: `writes` are those of [`store::LedgerStore::transact`], `at` is
/// the world's time. A transaction that met itself (its answer had been lost) wrote nothing, and has no effect again.
pub fn effects_of(writes: &[Write], at: Timestamp) -> Vec<Effect> {
    writes.iter().filter_map(|write| effect_of(write, at)).collect()
}

fn effect_of(write: &Write, at: Timestamp) -> Option<Effect> {
    let Write::Put { key, body, .. } = write else { return None };
    if key.partition != EFFECT {
        return None;
    }
    let text = |member: &str| body.get(member).and_then(Value::as_str).map(ToOwned::to_owned);
    let kind = if text("kind")? == "done" { EffectKind::Done } else { EffectKind::Undone };
    Some(Effect {
        at,
        kind,
        execution: ExecutionId(text("execution")?),
        state: text("state")?,
        function: match kind {
            EffectKind::Done => super::super::machine::ACT_TABLE.to_owned(),
            EffectKind::Undone => super::super::machine::UNDO_TABLE.to_owned(),
        },
        key: IdempotencyKey(text("key")?),
        undoes: text("undoes").map(IdempotencyKey),
        attempt: body.get("attempt").and_then(Value::as_u64).and_then(|attempt| u32::try_from(attempt).ok())?,
        input: body.get("input").cloned()?,
        outside: false,
    })
}
