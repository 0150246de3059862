//! Ledger entries, one item per idempotency key.

use interpreter::{IdempotencyKey, Timestamp};
use store::{LedgerEntry, LedgerExpectation, LedgerState, LedgerWrite, StoreError};

use crate::attributes::{Attributes, FORMAT, Stored, content, json_text, number};
use crate::expression::{ABSENT, Expression};
use crate::key::Key;
use crate::requests::Conditional;
use crate::retention::set_expiry;
use crate::table_store::DynamoStore;

/// How often a write is sent again because heartbeats came in between: one that kept its own `heartbeat_at` out of the way cannot be stopped by
/// another.
const WRITE_TRIES_MAX: usize = 3;

impl DynamoStore {
    pub(crate) async fn ledger_item(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        self.get(&Key::Ledger(key)).await?.map(|item| read(&item)).transpose()
    }

    pub(crate) async fn put_ledger_item(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError> {
        let key = Key::Ledger(key);
        let mut heartbeat = Heartbeat::Told;
        for _ in 0..WRITE_TRIES_MAX {
            let write = set_expiry(change(entry, expected, heartbeat)?, self.ledger_expiry());
            let Conditional::Failed(said) = self.update(&key, &write).await? else {
                return Ok(true);
            };
            let standing = self.standing(&key, said).await?.map(|item| read(&item)).transpose()?;
            match entry.written_over(standing.as_ref(), expected) {
                LedgerWrite::Met => return Ok(true),
                LedgerWrite::Unexpected => return Ok(false),
                LedgerWrite::Write(_) => heartbeat = Heartbeat::beside(standing.as_ref(), entry),
            }
        }
        Err(StoreError::Unavailable("a ledger entry is changed by too many at once".to_owned()))
    }

    /// One request: what stands is left as it is but for a later `heartbeat_at`. The condition fails where there is a later one already.
    pub(crate) async fn put_heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError> {
        let change = Expression::new()
            .set("heartbeat_at", number(at.millis()))
            .set_if_absent("attempt", number(0))
            .set_if_absent("state", content(&json_text(&LedgerState::HeardOf)?)?)
            .set_if_absent("version", number(1))
            .set_if_absent("format", number(FORMAT))
            .on("attribute_not_exists(#heartbeat_at) OR #heartbeat_at < :heartbeat_at");
        self.update(&Key::Ledger(key), &set_expiry(change, self.ledger_expiry())).await.map(drop)
    }
}

/// What a write does about `heartbeat_at`, which is to become the later of what stands there and what the entry says: an update
/// expression has no maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heartbeat {
    /// Sets it to what the entry says, on condition that nothing later stands there.
    Told,
    /// Leaves it: something later was seen there, and it only ever grows.
    Kept,
}

impl Heartbeat {
    /// What a write of `entry` does where `standing` was seen.
    pub(crate) fn beside(standing: Option<&LedgerEntry>, entry: &LedgerEntry) -> Self {
        if standing.is_some_and(|standing| standing.heartbeat_at > entry.heartbeat_at) { Self::Kept } else { Self::Told }
    }
}

/// The write of an entry, on condition that what stands there is as expected.
pub(crate) fn change(entry: &LedgerEntry, expected: LedgerExpectation, heartbeat: Heartbeat) -> Result<Expression, StoreError> {
    let change = Expression::new()
        .set("attempt", number(entry.attempt))
        .set("state", content(&json_text(&entry.state)?)?)
        .set("version", number(expected.next_version()))
        .set("format", number(FORMAT));
    let change = match expected {
        LedgerExpectation::Absent => change.on(ABSENT),
        LedgerExpectation::Version(version) => change.on("#version = :expected").value("expected", number(version)),
    };
    Ok(match entry.heartbeat_at {
        Some(at) if heartbeat == Heartbeat::Told => change
            .set("heartbeat_at", number(at.millis()))
            .on("attribute_not_exists(#heartbeat_at) OR #heartbeat_at <= :heartbeat_at"),
        _ => change,
    })
}

/// The entry of an item.
pub(crate) fn read(item: &Attributes) -> Result<LedgerEntry, StoreError> {
    let stored = Stored::open(item)?;
    Ok(LedgerEntry {
        attempt: stored.number("attempt")?,
        state: stored.json("state")?,
        heartbeat_at: stored.optional_number("heartbeat_at")?.map(Timestamp::from_millis),
        version: stored.number("version")?,
    })
}
