//! Transactions: ledger entries with handlers' items, all or nothing.
//!
//! What a cancellation means is read from the reason of each write. A business answer ([`TransactError::Ledger`],
//! [`TransactError::Conditions`]) is given only if every write either stands in nobody's way or failed its condition, *and* what stood
//! there confirms it: the same functions that decide for the other stores ([`LedgerEntry::written_over`], [`Write::applied_to`]) are asked.
//! Any other reason, alone or among failed conditions, says that DynamoDB did not judge, and the transaction is sent again.
//!
//! An expression cannot express everything that a write may have to do, so two forms are tried in turn: an item that is there but
//! expired is written afresh instead of updated, and a `heartbeat_at` that is later than ours is kept instead of set. The usual form goes first;
//! that the other is needed is seen in the answer.
//!
//! A lost answer: the SDK draws one `ClientRequestToken` per request and sends it with each of its own retries, so that DynamoDB answers what it
//! answered before (for 10 minutes). After a cancellation, which wrote nothing, the next try is a new request. Beyond that a
//! transaction that meets its own ledger entries knows that it was done.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure::AllOld,
    TransactWriteItem, Update,
};
use interpreter::{IdempotencyKey, Timestamp};
use store::{
    Condition, Item, ItemChange, LedgerEntry, LedgerExpectation, LedgerWrite, StoreError, TransactError, Write,
    check_transaction, item_changes, ledger_writes,
};

use crate::attributes::Attributes;
use crate::failure::{is_conflict, store_error, unbuildable};
use crate::items;
use crate::key::Key;
use crate::ledger::{self, Heartbeat};
use crate::retention::set_expiry;
use crate::table_store::DynamoStore;

/// A ledger entry as a transaction is to write it.
type LedgerPart = (IdempotencyKey, LedgerEntry, LedgerExpectation);

/// In which form each part of a transaction is sent, and what stood where its condition failed.
struct Parts<'a> {
    ledger: Vec<(&'a LedgerPart, Heartbeat, Outcome)>,
    writes: Vec<(&'a Write, Form, Outcome)>,
    now: Timestamp,
    /// When its ledger entries expire.
    ledger_expiry: Option<AttributeValue>,
}

/// In which form a write of a handler's item is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// An update of what is live, or of nothing.
    Live,
    /// A put over what has expired.
    Afresh,
    /// Not at all: it requires nothing and writes nothing.
    Left,
}

/// What the latest answer said of one part.
#[derive(Debug)]
enum Outcome {
    /// Its condition holds.
    Holds,
    /// It does not, and this stands there.
    Failed(Option<Attributes>),
}

/// What an answer means.
enum Verdict {
    /// It is done.
    Done,
    /// It can be sent again at once, in other forms.
    Reformed,
    /// Something stood in the way: it is to be sent again after a while; this is what to say if that was the last try.
    Hindered(StoreError),
}

impl DynamoStore {
    pub(crate) async fn transact_items(
        &self,
        ledger: &[LedgerPart],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError> {
        check_transaction(ledger, writes)?;
        let mut parts = Parts { ledger_expiry: self.ledger_expiry(), ..Parts::new(ledger, writes, now) };
        let mut attempt = 0;
        loop {
            let requests = parts.requests(self.table())?;
            if requests.is_empty() {
                return Ok(());
            }
            let hindrance = match self.transact_once(&mut parts, requests).await? {
                Verdict::Done => return Ok(()),
                Verdict::Reformed if attempt + 1 < self.backoff().tries => None,
                Verdict::Reformed => return Err(contended().into()),
                Verdict::Hindered(error) => Some(error),
            };
            if let Some(error) = hindrance
                && !self.backoff().wait(attempt).await
            {
                return Err(error.into());
            }
            attempt += 1;
        }
    }

    async fn transact_once(&self, parts: &mut Parts<'_>, requests: Vec<TransactWriteItem>) -> Result<Verdict, TransactError> {
        let request = self.client().transact_write_items().set_transact_items(Some(requests)).send();
        match request.await {
            Ok(_) => Ok(Verdict::Done),
            Err(error) if is_conflict(&error) => Ok(Verdict::Hindered(store_error("TransactWriteItems", &error))),
            Err(SdkError::ServiceError(context)) if context.err().is_transaction_canceled_exception() => {
                let reasons = match context.into_err() {
                    TransactWriteItemsError::TransactionCanceledException(canceled) => canceled.cancellation_reasons,
                    _ => None,
                };
                self.judge(parts, reasons.unwrap_or_default()).await
            }
            Err(error) => Err(store_error("TransactWriteItems", &error).into()),
        }
    }

    /// What a cancellation means.
    async fn judge(&self, parts: &mut Parts<'_>, reasons: Vec<CancellationReason>) -> Result<Verdict, TransactError> {
        if let Some(hindrance) = hindrance(&reasons, parts.sent()) {
            return Ok(Verdict::Hindered(hindrance));
        }
        parts.note(reasons);
        self.fill_in(parts).await?;
        parts.verdict()
    }

    /// Reads what a failed condition did not answer with.
    async fn fill_in(&self, parts: &mut Parts<'_>) -> Result<(), StoreError> {
        for ((key, ..), _, outcome) in &mut parts.ledger {
            if matches!(outcome, Outcome::Failed(None)) {
                *outcome = Outcome::Failed(self.get(&Key::Ledger(key)).await?);
            }
        }
        for (write, _, outcome) in &mut parts.writes {
            if matches!(outcome, Outcome::Failed(None)) {
                *outcome = Outcome::Failed(self.get(&Key::Item(write.key())).await?);
            }
        }
        Ok(())
    }
}

impl<'a> Parts<'a> {
    fn new(ledger: &'a [LedgerPart], writes: &'a [Write], now: Timestamp) -> Self {
        let form = |write: &Write| match write {
            Write::Check { condition: Condition::Always, .. } => Form::Left,
            _ => Form::Live,
        };
        Self {
            ledger: ledger.iter().map(|part| (part, Heartbeat::Told, Outcome::Holds)).collect(),
            writes: writes.iter().map(|write| (write, form(write), Outcome::Holds)).collect(),
            now,
            ledger_expiry: None,
        }
    }

    /// How many parts are sent.
    fn sent(&self) -> usize {
        self.ledger.len() + self.writes.iter().filter(|(_, form, _)| *form != Form::Left).count()
    }

    /// The parts that are sent, ledger entries first.
    fn requests(&self, table: &str) -> Result<Vec<TransactWriteItem>, StoreError> {
        let ledger = self.ledger.iter().map(|((key, entry, expected), heartbeat, _)| {
            let change = set_expiry(ledger::change(entry, *expected, *heartbeat)?, self.ledger_expiry.clone());
            update(table, &Key::Ledger(key), &change)
        });
        let writes = self.writes.iter().filter(|(_, form, _)| *form != Form::Left);
        ledger.chain(writes.map(|(write, form, _)| request(table, write, *form, self.now))).collect()
    }

    /// Notes what the reasons say, one for each part that was sent.
    fn note(&mut self, reasons: Vec<CancellationReason>) {
        let ledger = self.ledger.iter_mut().map(|(.., outcome)| outcome);
        let writes = self.writes.iter_mut().filter(|(_, form, _)| *form != Form::Left).map(|(.., outcome)| outcome);
        for (outcome, reason) in ledger.chain(writes).zip(reasons) {
            *outcome = if is_failed_condition(&reason) { Outcome::Failed(reason.item) } else { Outcome::Holds };
        }
    }

    /// What follows from the failed conditions, all of them being known with what stands there.
    fn verdict(&mut self) -> Result<Verdict, TransactError> {
        let decided = self.ledger.iter().map(|((key, entry, expected), _, outcome)| {
            Ok((
                key,
                outcome.standing(ledger::read)?.map_or_else(
                    || LedgerWrite::Write(entry.clone()),
                    |standing| entry.written_over(standing.as_ref(), *expected),
                ),
            ))
        });
        let decided: Vec<_> = decided.collect::<Result<_, StoreError>>()?;
        if !decided.is_empty() && ledger_writes(decided.into_iter())?.is_none() {
            return Ok(Verdict::Done);
        }
        let now = self.now;
        let decided = self.writes.iter().map(|(write, _, outcome)| {
            let change = match outcome.standing(items::read)? {
                None => Some(ItemChange::Keep),
                Some(standing) => write.applied_to(standing.as_ref().filter(|item| item.is_live(now))),
            };
            Ok((*write, change))
        });
        let decided: Vec<_> = decided.collect::<Result<_, StoreError>>()?;
        item_changes(decided.into_iter())?;
        self.reform()?;
        Ok(Verdict::Reformed)
    }

    /// Chooses the other form where a condition failed although the write is possible.
    fn reform(&mut self) -> Result<(), StoreError> {
        for ((_, entry, _), heartbeat, outcome) in &mut self.ledger {
            if let Some(standing) = outcome.standing(ledger::read)? {
                *heartbeat = Heartbeat::beside(standing.as_ref(), entry);
            }
        }
        for (_, form, outcome) in &mut self.writes {
            if let Some(standing) = outcome.standing(items::read)? {
                let is_expired = standing.is_some_and(|item: Item| !item.is_live(self.now));
                *form = if is_expired { Form::Afresh } else { Form::Live };
            }
        }
        Ok(())
    }
}

impl Outcome {
    /// What stands where the condition failed, if it did.
    fn standing<T>(&self, read: impl Fn(&Attributes) -> Result<T, StoreError>) -> Result<Option<Option<T>>, StoreError> {
        match self {
            Self::Holds => Ok(None),
            Self::Failed(item) => Ok(Some(item.as_ref().map(read).transpose()?)),
        }
    }
}

/// A write of a handler's item as a part of a transaction.
fn request(table: &str, write: &Write, form: Form, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
    let key = Key::Item(write.key());
    let change = items::change(write, now)?;
    match write {
        Write::Put { .. } | Write::Add { .. } => match write.applied_to(None) {
            Some(ItemChange::Put(item)) if form == Form::Afresh => put(table, &item, now),
            _ => update(table, &key, &change),
        },
        Write::Delete { .. } => {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(key.attributes()))
                .set_condition_expression(change.condition())
                .set_expression_attribute_names(change.names())
                .set_expression_attribute_values(change.values())
                .return_values_on_condition_check_failure(AllOld)
                .build();
            Ok(TransactWriteItem::builder().delete(delete.map_err(|error| unbuildable(&error))?).build())
        }
        Write::Check { .. } => {
            let check = ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(key.attributes()))
                .set_condition_expression(change.condition())
                .set_expression_attribute_names(change.names())
                .set_expression_attribute_values(change.values())
                .return_values_on_condition_check_failure(AllOld)
                .build();
            Ok(TransactWriteItem::builder().condition_check(check.map_err(|error| unbuildable(&error))?).build())
        }
    }
}

fn put(table: &str, item: &Item, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
    let condition = items::afresh(now);
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(items::written(item)?))
        .set_condition_expression(condition.condition())
        .set_expression_attribute_names(condition.names())
        .set_expression_attribute_values(condition.values())
        .return_values_on_condition_check_failure(AllOld)
        .build();
    Ok(TransactWriteItem::builder().put(put.map_err(|error| unbuildable(&error))?).build())
}

fn update(table: &str, key: &Key<'_>, change: &crate::expression::Expression) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key.attributes()))
        .set_update_expression(change.update())
        .set_condition_expression(change.condition())
        .set_expression_attribute_names(change.names())
        .set_expression_attribute_values(change.values())
        .return_values_on_condition_check_failure(AllOld)
        .build();
    Ok(TransactWriteItem::builder().update(update.map_err(|error| unbuildable(&error))?).build())
}

/// What stood in the way, unless the reasons are failed conditions and nothing else.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn hindrance(reasons: &[CancellationReason], sent: usize) -> Option<StoreError> {
    let codes: Vec<&str> = reasons.iter().map(code).collect();
    let judged = codes.len() == sent && codes.contains(&FAILED_CONDITION);
    let others = || codes.iter().filter(|code| !["None", FAILED_CONDITION].contains(code));
    if judged && others().next().is_none() {
        return None;
    }
    tracing::warn!(?codes, sent, "transaction canceled");
    let summary = format!("TransactWriteItems: canceled: [{}]", codes.join(", "));
    // These do not pass by themselves; what else there is may have caused them, so that they are tried again all the same.
    let is_refusal = others().next().is_some() && others().all(|code| NEVER_PASSING.contains(code));
    Some(if is_refusal { StoreError::Refused(summary) } else { StoreError::Unavailable(summary) })
}

/// The reason of a write whose condition does not hold.
const FAILED_CONDITION: &str = "ConditionalCheckFailed";

/// Reasons that lie in the request.
const NEVER_PASSING: [&str; 2] = ["ItemCollectionSizeLimitExceeded", "ValidationError"];

/// The code of a reason; DynamoDB writes `None` for a write that stands in nobody's way.
fn code(reason: &CancellationReason) -> &str {
    reason.code().unwrap_or("None")
}

fn is_failed_condition(reason: &CancellationReason) -> bool {
    code(reason) == FAILED_CONDITION
}

fn contended() -> StoreError {
    StoreError::Unavailable("TransactWriteItems: its items are changed by too many at once".to_owned())
}
