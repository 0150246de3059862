//! Journal entries: put once, read from the latest one or in order.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use interpreter::ExecutionId;
use store::{Entry, PutEntry, StoreError};

use crate::attributes::{Attributes, Stored, bytes, number, string};
use crate::expression::{ABSENT, Expression};
use crate::key::{self, Key};
use crate::requests::Conditional;
use crate::retention::expiring;
use crate::table_store::DynamoStore;

impl DynamoStore {
    /// The one conditional write of a transition. What stands there already is told by its seed, which the failed condition
    /// answers with: to recognize its own entry costs no further request.
    pub(crate) async fn put_entry_item(&self, entry: &Entry) -> Result<PutEntry, StoreError> {
        let key = Key::Entry { execution: &entry.execution.identity.id, revision: entry.revision };
        let item = expiring(written(&key, entry)?, self.item_expiry());
        let Conditional::Failed(said) = self.put(item, Expression::new().on(ABSENT)).await? else {
            return Ok(PutEntry::Committed);
        };
        let standing = self.standing(&key, said).await?;
        let standing = standing.ok_or_else(|| StoreError::Unavailable("an entry vanished while it was read".to_owned()))?;
        let is_own = Stored::open(&standing)?.bytes("seed")? == entry.seed.0;
        Ok(if is_own { PutEntry::Committed } else { PutEntry::Conflict })
    }

    pub(crate) async fn latest_entry_item(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        let request = self.journal(execution).key_condition_expression("pk = :journal").scan_index_forward(false);
        // If the latest has expired so have all: never an earlier one in its place.
        self.live(self.query(request, 1).await?)?.first().map(read).transpose()
    }

    pub(crate) async fn entry_items(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let request = self
            .journal(execution)
            .key_condition_expression("pk = :journal AND sk >= :from")
            .expression_attribute_values(":from", string(key::revision_text(from)));
        self.query(self.filtered(request), limit).await?.iter().map(read).collect()
    }

    /// Without what has expired.
    fn filtered(&self, request: QueryFluentBuilder) -> QueryFluentBuilder {
        match self.now_seconds() {
            None => request,
            Some(now) => request
                .filter_expression("attribute_not_exists(expires_at) OR expires_at > :now_seconds")
                .expression_attribute_values(":now_seconds", number(now)),
        }
    }

    fn journal(&self, execution: &ExecutionId) -> QueryFluentBuilder {
        let partition = string(key::entries_of(execution));
        self.client().query().expression_attribute_values(":journal", partition).consistent_read(true)
    }
}

/// The item of an entry.
pub(crate) fn written(key: &Key<'_>, entry: &Entry) -> Result<Attributes, StoreError> {
    let mut item = key.new_item();
    item.insert("seed".to_owned(), bytes(entry.seed.0));
    item.insert("entry".to_owned(), bytes(entry.encode()?));
    Ok(item)
}

/// The entry of an item.
pub(crate) fn read(item: &Attributes) -> Result<Entry, StoreError> {
    Ok(Entry::decode(Stored::open(item)?.bytes("entry")?)?)
}
