//! DynamoDB: `getItem`, `putItem`, `updateItem` and `deleteItem`, whose parameters are the request as it is.
//!
//! Step Functions Developer Guide, "Perform DynamoDB CRUD operations with Step Functions".

use serde_json::Value;
use worker::HandlerError;

use super::json::{Action, members};
use crate::dispatcher::Inner;
use crate::endpoint::Service;
use crate::failure::Naming;
use crate::metadata;

const DYNAMODB: Service = Service { id: "DynamoDB", prefix: "dynamodb", signing: "dynamodb" };

const NAMING: Naming = Naming::First {
    prefix: "DynamoDB",
    service: "AmazonDynamoDBv2",
    base: "AmazonDynamoDBException",
    named: &[
        "ConditionalCheckFailedException",
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ResourceNotFoundException",
        "TransactionConflictException",
    ],
};

/// An action on an item.
pub(crate) async fn call(inner: &Inner, action: &str, parameters: &Value) -> Result<Value, HandlerError> {
    let target = format!("DynamoDB_20120810.{}", super::capitalized(action));
    let answer = Action { service: &DYNAMODB, target, version: "1.0", naming: NAMING }.ask(inner, parameters).await?;
    Ok(metadata::with_metadata(members(&answer), &answer, metadata::DYNAMODB))
}
