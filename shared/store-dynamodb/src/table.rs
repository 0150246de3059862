//! The table's shape.
//!
//! Production creates it with the stack; this is for tests and for local use, and says what the shape is: a partition key, a sort key,
//! expiry, and two sparse indexes of heads with nothing in them but keys (and, in `due`, the execution's id).

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use store::StoreError;

use crate::backoff::BACKOFF;
use crate::failure::{store_error, unbuildable};
use crate::key::{EXPIRES_AT, PARTITION_KEY, SORT_KEY};

/// The index of open heads by when they are to be looked at: `due_shard`, `wake_at`.
pub const DUE_INDEX: &str = "due";
/// The partition key of [`DUE_INDEX`]; on a head only while that is to be found there.
pub(crate) const DUE_SHARD: &str = "due_shard";
/// The sort key of [`DUE_INDEX`].
pub(crate) const WAKE_AT: &str = "wake_at";
/// What [`DUE_INDEX`] holds besides keys.
pub(crate) const EXECUTION_ID: &str = "id";

/// The index of heads by machine and status, in the order of their starts: `list_partition`, `list_place`.
pub const LIST_INDEX: &str = "list";
/// The partition key of [`LIST_INDEX`].
pub(crate) const LIST_PARTITION: &str = "list_partition";
/// The sort key of [`LIST_INDEX`].
pub(crate) const LIST_PLACE: &str = "list_place";

/// How often a new table is looked at before giving up on it: tables take seconds.
const LOOKS_MAX: u32 = 60;

/// Creates a table, on demand, and waits until it can be used.
///
/// # Errors
///
/// [`StoreError::Refused`] if there is a table of this name or the account may not create one, [`StoreError::Unavailable`] if it takes too
/// long.
pub async fn create_table(client: &Client, name: &str) -> Result<(), StoreError> {
    let request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(PARTITION_KEY, SORT_KEY).map_err(|error| unbuildable(&error))?))
        .set_attribute_definitions(Some(attribute_definitions().map_err(|error| unbuildable(&error))?))
        .set_global_secondary_indexes(Some(indexes().map_err(|error| unbuildable(&error))?));
    request.send().await.map_err(|error| store_error("CreateTable", &error))?;
    wait_until_active(client, name).await?;
    let expiry = TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true).build();
    let expiry = expiry.map_err(|error| unbuildable(&error))?;
    let request = client.update_time_to_live().table_name(name).time_to_live_specification(expiry);
    request.send().await.map(drop).map_err(|error| store_error("UpdateTimeToLive", &error))
}

async fn wait_until_active(client: &Client, name: &str) -> Result<(), StoreError> {
    for _ in 0..LOOKS_MAX {
        let request = client.describe_table().table_name(name);
        let table = request.send().await.map_err(|error| store_error("DescribeTable", &error))?.table;
        if table.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(BACKOFF.longest).await;
    }
    Err(StoreError::Unavailable(format!("the table `{name}` is still being created")))
}

fn attribute_definitions() -> Result<Vec<AttributeDefinition>, BuildError> {
    use ScalarAttributeType::{N, S};
    let attributes = [(PARTITION_KEY, S), (SORT_KEY, S), (DUE_SHARD, S), (WAKE_AT, N), (LIST_PARTITION, S), (LIST_PLACE, S)];
    let defined = attributes
        .into_iter()
        .map(|(name, kind)| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build());
    defined.collect()
}

fn indexes() -> Result<Vec<GlobalSecondaryIndex>, BuildError> {
    let keys_and_id = Projection::builder().projection_type(ProjectionType::Include).non_key_attributes(EXECUTION_ID).build();
    let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    Ok(vec![
        index(DUE_INDEX, key_schema(DUE_SHARD, WAKE_AT)?, keys_and_id)?,
        index(LIST_INDEX, key_schema(LIST_PARTITION, LIST_PLACE)?, keys_only)?,
    ])
}

fn index(name: &str, keys: Vec<KeySchemaElement>, projection: Projection) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys)).projection(projection).build()
}

fn key_schema(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![element(partition, KeyType::Hash)?, element(sort, KeyType::Range)?])
}
