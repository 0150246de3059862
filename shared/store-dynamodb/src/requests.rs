//! Requests to the table: what every kind of item needs of the SDK, and what its answers mean.
//!
//! Who retries what. The SDK retries throttling, server errors and lost connections by itself; a conditional write of ours is
//! therefore sent again after an answer that was lost, and each of them recognizes its own outcome (by seed, version or content).
//! Conflicts with a transaction of somebody else are retried here, since the SDK does not; so are keys that a batch left
//! unprocessed. What is left after that is [`StoreError::Unavailable`].

use std::future::Future;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use futures::future::try_join_all;
use store::StoreError;

use crate::attributes::Attributes;
use crate::expression::Expression;
use crate::failure::{is_conflict, store_error, unbuildable};
use crate::key::Key;
use crate::table_store::DynamoStore;

/// The most keys of one BatchGetItem.
const BATCH_KEYS_MAX: usize = 100;

/// What came of a conditional write.
#[derive(Debug)]
pub(crate) enum Conditional {
    /// It was written.
    Done,
    /// The condition does not hold; this is what stands there.
    Failed(Option<Attributes>),
}

/// An answer of the HTTP layer.
type Response = aws_sdk_dynamodb::config::http::HttpResponse;

impl DynamoStore {
    /// Reads an item, consistently.
    pub(crate) async fn get(&self, key: &Key<'_>) -> Result<Option<Attributes>, StoreError> {
        let request =
            self.client().get_item().table_name(self.table()).set_key(Some(key.attributes())).consistent_read(true).send();
        Ok(request.await.map_err(|error| store_error("GetItem", &error))?.item)
    }

    /// Reads the items that there are of these, in no order. No key may be there twice.
    pub(crate) async fn get_all(&self, keys: &[Attributes]) -> Result<Vec<Attributes>, StoreError> {
        let batches = try_join_all(keys.chunks(BATCH_KEYS_MAX).map(|keys| self.get_batch(keys.to_vec()))).await?;
        Ok(batches.into_iter().flatten().collect())
    }

    /// One batch, asked for until nothing is left unprocessed.
    async fn get_batch(&self, mut keys: Vec<Attributes>) -> Result<Vec<Attributes>, StoreError> {
        let mut items = Vec::new();
        let mut attempt = 0;
        loop {
            let asked = keys.len();
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let wanted = wanted.map_err(|error| unbuildable(&error))?;
            let request = self.client().batch_get_item().request_items(self.table(), wanted).send();
            let mut answer = request.await.map_err(|error| store_error("BatchGetItem", &error))?;
            items.extend(answer.responses.as_mut().and_then(|tables| tables.remove(self.table())).unwrap_or_default());
            let unprocessed = answer.unprocessed_keys.as_mut().and_then(|tables| tables.remove(self.table()));
            keys = unprocessed.map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(items);
            }
            // An answer holds 16 MB at most: what goes on is no try that failed.
            attempt = if keys.len() < asked { 0 } else { attempt + 1 };
            if !self.backoff().wait(attempt).await {
                return Err(StoreError::Unavailable(format!("BatchGetItem: {} keys are left unprocessed", keys.len())));
            }
        }
    }

    /// The first `limit` items of a query, over as many pages as that takes.
    pub(crate) async fn query(&self, request: QueryFluentBuilder, limit: usize) -> Result<Vec<Attributes>, StoreError> {
        let mut items = Vec::new();
        let mut from = None;
        while items.len() < limit {
            let page_limit = i32::try_from(limit.saturating_sub(items.len())).unwrap_or(i32::MAX);
            let page = request.clone().table_name(self.table()).limit(page_limit).set_exclusive_start_key(from).send();
            let page = page.await.map_err(|error| store_error("Query", &error))?;
            items.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(items)
    }

    /// Puts an item on a condition.
    pub(crate) async fn put(&self, item: Attributes, condition: Expression) -> Result<Conditional, StoreError> {
        let request = || {
            self.client()
                .put_item()
                .table_name(self.table())
                .set_item(Some(item.clone()))
                .set_condition_expression(condition.condition())
                .set_expression_attribute_names(condition.names())
                .set_expression_attribute_values(condition.values())
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
        };
        match self.past_conflicts(request).await {
            Ok(_) => Ok(Conditional::Done),
            Err(SdkError::ServiceError(context)) if context.err().is_conditional_check_failed_exception() => {
                match context.into_err() {
                    PutItemError::ConditionalCheckFailedException(failure) => Ok(Conditional::Failed(failure.item)),
                    _ => Ok(Conditional::Failed(None)),
                }
            }
            Err(error) => Err(store_error("PutItem", &error)),
        }
    }

    /// Updates an item, or makes it, on a condition.
    pub(crate) async fn update(&self, key: &Key<'_>, change: &Expression) -> Result<Conditional, StoreError> {
        self.update_at(key.attributes(), change).await
    }

    /// As [`Self::update`], of an item whose key was read.
    pub(crate) async fn update_at(&self, key: Attributes, change: &Expression) -> Result<Conditional, StoreError> {
        let request = || {
            self.client()
                .update_item()
                .table_name(self.table())
                .set_key(Some(key.clone()))
                .set_update_expression(change.update())
                .set_condition_expression(change.condition())
                .set_expression_attribute_names(change.names())
                .set_expression_attribute_values(change.values())
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
        };
        match self.past_conflicts(request).await {
            Ok(_) => Ok(Conditional::Done),
            Err(SdkError::ServiceError(context)) if context.err().is_conditional_check_failed_exception() => {
                match context.into_err() {
                    UpdateItemError::ConditionalCheckFailedException(failure) => Ok(Conditional::Failed(failure.item)),
                    _ => Ok(Conditional::Failed(None)),
                }
            }
            Err(error) => Err(store_error("UpdateItem", &error)),
        }
    }

    /// What stands where a condition failed: what DynamoDB answered, or, where it (or what stands in for it) did not say, what is read now.
    pub(crate) async fn standing(&self, key: &Key<'_>, said: Option<Attributes>) -> Result<Option<Attributes>, StoreError> {
        match said {
            Some(item) => Ok(Some(item)),
            None => self.get(key).await,
        }
    }

    /// Deletes an item, whether there is one or not.
    pub(crate) async fn delete(&self, key: &Key<'_>) -> Result<(), StoreError> {
        let request = || self.client().delete_item().table_name(self.table()).set_key(Some(key.attributes())).send();
        self.past_conflicts(request).await.map(drop).map_err(|error| store_error("DeleteItem", &error))
    }

    /// Sends a request until no transaction of somebody else stands in its way.
    async fn past_conflicts<T, E, F>(&self, request: impl Fn() -> F) -> Result<T, SdkError<E, Response>>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E, Response>>>,
    {
        let mut attempt = 0;
        loop {
            let outcome = request().await;
            let conflict = outcome.as_ref().is_err_and(is_conflict);
            if !conflict || !self.backoff().wait(attempt).await {
                return outcome;
            }
            attempt += 1;
        }
    }
}
