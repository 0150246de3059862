//! A host's view of the store and the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use futures::FutureExt;
use interpreter::{DefinitionHash, ExecutionId, ExecutionStatus, IdempotencyKey, Identity, Timestamp, ValueHash};
use store::{
    DueHead, Entries, Entry, ExecutionStore, Head, HeadCreation, HeadPage, HeadQuery, Item, ItemKey, LedgerEntry,
    LedgerExpectation, LedgerStore, MachineChange, PutEntry, Renewal, Retention, StateMachine, StoreError, TransactError, Write,
};

use super::{Site, Unanswered};
use crate::fault::{Fault, Opportunity, Strike};
use crate::random::mixed;

impl From<Unanswered> for StoreError {
    fn from(_: Unanswered) -> Self {
        Self::Unavailable("as drawn".to_owned())
    }
}

/// The store in memory answers at once: what it is asked for is one step.
fn at_once<T, E: From<StoreError>>(answer: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    answer.now_or_never().unwrap_or_else(|| Err(StoreError::Refused("the store in memory has to wait".to_owned()).into()))
}

impl Site {
    /// What an index shows that lags behind: some of it it has not seen yet, or it has not seen yet that some of it is over.
    fn make_stale(&self, due: &mut Vec<DueHead>, bits: u64, (now, limit): (Timestamp, usize)) {
        let mut place = 0;
        let mut drawn = || {
            place += 1;
            mixed(bits ^ place)
        };
        if bits.is_multiple_of(2) {
            due.retain(|_| drawn().is_multiple_of(2));
            return;
        }
        let known: Vec<ExecutionId> = self
            .world
            .checks()
            .executions()
            .map(|execution| execution.identity.id.clone())
            .filter(|_| drawn().is_multiple_of(4))
            .collect();
        let over = known.into_iter().filter(|known| due.iter().all(|due| due.execution != *known)).collect::<Vec<_>>();
        due.extend(over.into_iter().map(|execution| DueHead { execution, wake_at: now }));
        due.truncate(limit);
    }

    /// Refuses for good what the store cannot keep, as drawn.
    fn refuse_unfit<'t>(&self, mut texts: impl Iterator<Item = &'t str>) -> Result<(), StoreError> {
        if !texts.any(|text| self.world.is_unfit(text)) {
            return Ok(());
        }
        self.world.trouble();
        if let Some(handling) = self.world.handled_now() {
            handling.apart.store(true, Ordering::Relaxed);
        }
        Err(StoreError::Refused("it cannot be kept, as drawn".to_owned()))
    }

    async fn read<T, E: From<StoreError>>(&self, what: &'static str, read: impl Fn() -> Result<T, E>) -> Result<T, E> {
        self.answered(Opportunity::Read, what, read).await.map(|(answer, _)| answer)
    }

    async fn write<T, E: From<StoreError>>(&self, what: &'static str, write: impl Fn() -> Result<T, E>) -> Result<T, E> {
        self.answered(Opportunity::Write, what, write).await.map(|(answer, _)| answer)
    }

    fn latest_was_read(&self, entry: &Entry) {
        let (handled, asked) = (self.world.handled_now(), self.world.asked_now());
        let mut checks = self.world.checks();
        if let Some(handling) = handled {
            checks.coordinator_read(entry, &handling, self.world.now());
        }
        if let Some(asking) = asked {
            checks.api_read(entry, &asking);
        }
    }

    async fn answered<T, E: From<StoreError>>(
        &self,
        opportunity: Opportunity,
        what: &'static str,
        effect: impl Fn() -> Result<T, E>,
    ) -> Result<(T, Option<Strike>), E> {
        let (answer, strike) = self.call(opportunity, what, effect).await.map_err(StoreError::from)?;
        Ok((answer?, strike))
    }
}

#[async_trait]
impl ExecutionStore for Site {
    fn retention(&self) -> Option<&Retention> {
        self.world.store.retention()
    }

    async fn renewal_is_due(&self, identity: &Identity) -> Result<bool, StoreError> {
        self.read("renewal is due", || at_once(self.world.store.renewal_is_due(identity))).await
    }

    async fn renew(&self, identity: &Identity, renewal: &Renewal, limit: usize) -> Result<Option<Renewal>, StoreError> {
        self.write("renew", || at_once(self.world.store.renew(identity, renewal, limit))).await
    }

    async fn create_head(&self, head: &Head) -> Result<HeadCreation, StoreError> {
        self.write("create head", || {
            let created = at_once(self.world.store.create_head(head));
            self.world.trace(|| format!("head of `{}`: {}", head.identity.name, outcome(&created)));
            created
        })
        .await
    }

    async fn head(&self, execution_arn: &str) -> Result<Option<Head>, StoreError> {
        self.read("head", || at_once(self.world.store.head(execution_arn))).await
    }

    async fn head_of(&self, execution: &ExecutionId) -> Result<Option<Head>, StoreError> {
        self.read("head", || at_once(self.world.store.head_of(execution))).await
    }

    async fn list_heads(&self, query: &HeadQuery) -> Result<HeadPage, StoreError> {
        self.read("list heads", || at_once(self.world.store.list_heads(query))).await
    }

    async fn lower_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<(), StoreError> {
        self.write("lower wake", || at_once(self.world.store.lower_wake(identity, wake_at, revision))).await
    }

    async fn raise_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<bool, StoreError> {
        self.write("raise wake", || {
            let raised = at_once(self.world.store.raise_wake(identity, wake_at, revision));
            self.world.trace(|| format!("wake of `{}` raised for {revision}: {raised:?}", identity.name));
            if matches!(raised, Ok(true)) {
                self.world.checks().wake_raised(&self.world, identity, revision);
            }
            raised
        })
        .await
    }

    async fn report(
        &self,
        identity: &Identity,
        status: ExecutionStatus,
        closed_at: Option<Timestamp>,
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> Result<(), StoreError> {
        self.write("report", || {
            self.world.trace(|| format!("head of `{}` told {} by {revision}", identity.name, status.as_str()));
            at_once(self.world.store.report(identity, status, closed_at, wake_at, revision))
        })
        .await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError> {
        let read = || at_once(self.world.store.due(now, limit));
        let (mut due, strike) = self.answered(Opportunity::IndexRead, "due", read).await?;
        if let Some(strike) = strike.filter(|strike| strike.fault == Fault::StaleIndex) {
            self.make_stale(&mut due, strike.bits, (now, limit));
        }
        Ok(due)
    }

    async fn latest_entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        self.read("latest entry", || {
            let latest = at_once(self.world.store.latest_entry(execution));
            if let Ok(Some(entry)) = &latest {
                self.latest_was_read(entry);
            }
            latest
        })
        .await
    }

    async fn entries(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Entries, StoreError> {
        self.read("entries", || at_once(self.world.store.entries(execution, from, limit))).await
    }

    async fn put_entry(&self, entry: &Entry) -> Result<PutEntry, StoreError> {
        self.write("put entry", || {
            let texts = entry.events.iter().filter_map(|event| crate::check::output_text(&event.kind));
            self.refuse_unfit(texts)?;
            let put = at_once(self.world.store.put_entry(entry));
            self.world.trace(|| put_line(entry, &put));
            if matches!(put, Ok(PutEntry::Committed)) {
                self.world.checks().committed(&self.world, entry);
                if let Some(archive) = &self.world.archive {
                    // What the store has taken, the archive takes.
                    let _ = at_once(archive.put_entry(entry));
                }
            }
            put
        })
        .await
    }

    async fn put_values(&self, execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<(), StoreError> {
        self.write("put values", || {
            self.refuse_unfit(values.iter().map(|(_, text)| text.as_ref()))?;
            if let Some(archive) = &self.world.archive {
                // What is too long for the store is too long for the archive.
                let _ = at_once(archive.put_values(execution, values));
            }
            at_once(self.world.store.put_values(execution, values))
        })
        .await
    }

    async fn values(&self, execution: &ExecutionId, hashes: &[ValueHash]) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        self.read("values", || at_once(self.world.store.values(execution, hashes))).await
    }

    async fn put_definition(&self, hash: &DefinitionHash, text: &str) -> Result<(), StoreError> {
        self.write("put definition", || at_once(self.world.store.put_definition(hash, text))).await
    }

    async fn definition(&self, hash: &DefinitionHash) -> Result<Option<Arc<str>>, StoreError> {
        self.read("definition", || at_once(self.world.store.definition(hash))).await
    }

    async fn put_machine(&self, machine: &StateMachine) -> Result<MachineChange, StoreError> {
        self.write("put machine", || at_once(self.world.store.put_machine(machine))).await
    }

    async fn machine(&self, arn: &str) -> Result<Option<StateMachine>, StoreError> {
        self.read("machine", || at_once(self.world.store.machine(arn))).await
    }

    async fn list_machines(&self, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, StoreError> {
        self.read("list machines", || at_once(self.world.store.list_machines(after, limit))).await
    }

    async fn delete_machine(&self, arn: &str) -> Result<(), StoreError> {
        self.write("delete machine", || at_once(self.world.store.delete_machine(arn))).await
    }
}

#[async_trait]
impl LedgerStore for Site {
    async fn ledger(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        self.read("ledger", || {
            let entry = at_once(self.world.store.ledger(key));
            if let (Ok(entry), Some(handling)) = (&entry, self.world.handled_now()) {
                let now = self.world.now();
                self.world.checks().ledger_read(key, entry.as_ref(), &handling, now);
            }
            entry
        })
        .await
    }

    async fn put_ledger(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError> {
        self.write("put ledger", || {
            let before = at_once(self.world.store.ledger(key)).ok().flatten();
            self.world.checks().lease_asked_for(before.as_ref(), entry, self.world.now());
            let put = at_once(self.world.store.put_ledger(key, entry, expected));
            self.world.trace(|| format!("ledger of {key}: attempt {} {}: {put:?}", entry.attempt, word(entry)));
            if matches!(put, Ok(true)) {
                self.world.checks().lease_held(entry);
                self.world.checks().ledger_written(&self.world, key, before.as_ref(), entry);
            }
            put
        })
        .await
    }

    async fn transact(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError> {
        self.write("transact", || {
            let before: Vec<Option<LedgerEntry>> =
                ledger.iter().map(|(key, _, _)| at_once(self.world.store.ledger(key)).ok().flatten()).collect();
            let done = at_once(self.world.store.transact(ledger, writes, now));
            self.world.trace(|| transact_line(ledger, writes, &done));
            if done.is_ok() {
                for ((key, entry, _), before) in ledger.iter().zip(&before) {
                    self.world.checks().ledger_written(&self.world, key, before.as_ref(), entry);
                }
                self.world.checks().transacted(&self.world, ledger, &before, writes);
            }
            done
        })
        .await
    }

    async fn heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError> {
        self.write("heartbeat", || {
            self.world.checks().heard_of(key, at);
            at_once(self.world.store.heartbeat(key, at))
        })
        .await
    }

    async fn item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError> {
        let item = self.read("item", || at_once(self.world.store.item(key, now))).await?;
        if let Some(expires_at) = item.as_ref().and_then(|item| item.expires_at).filter(|expires_at| *expires_at <= now) {
            self.world.checks().violated("expired", format!("`{}` is read at {now:?}, and expired at {expires_at:?}", key.sort));
        }
        Ok(item)
    }

    async fn items(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        self.read("items", || at_once(self.world.store.items(partition, after, limit, now))).await
    }
}

fn outcome(created: &Result<HeadCreation, StoreError>) -> &'static str {
    match created {
        Ok(HeadCreation::Created) => "created",
        Ok(HeadCreation::Exists(_)) => "exists",
        Err(_) => "failed",
    }
}

fn put_line(entry: &Entry, put: &Result<PutEntry, StoreError>) -> String {
    let execution = &entry.execution;
    let put = match put {
        Ok(PutEntry::Committed) => "committed".to_owned(),
        Ok(PutEntry::Conflict) => "conflict".to_owned(),
        Err(error) => error.to_string(),
    };
    let events: Vec<String> = entry.events.iter().map(|event| crate::check::event_name(&event.kind)).collect();
    let (name, status) = (&execution.identity.name, execution.status.as_str());
    format!("entry {} of `{name}` {status}: {put}: {}", entry.revision, events.join(" "))
}

fn word(entry: &LedgerEntry) -> &'static str {
    match entry.state {
        store::LedgerState::InProgress { .. } => "in progress",
        store::LedgerState::Failed { .. } => "failed",
        store::LedgerState::Succeeded { .. } => "succeeded",
        store::LedgerState::Revoked => "revoked",
        store::LedgerState::HeardOf => "heard of",
    }
}

fn transact_line(
    ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
    writes: &[Write],
    done: &Result<(), TransactError>,
) -> String {
    let keys: Vec<String> =
        ledger.iter().map(|(key, entry, _)| format!("{key} attempt {} {}", entry.attempt, word(entry))).collect();
    let done = done.as_ref().map_or_else(ToString::to_string, |()| "done".to_owned());
    format!("transact [{}] with {} writes: {done}", keys.join(", "), writes.len())
}
