//! SQS: `sendMessage`. A body that is no text is sent as the text of its JSON.
//!
//! Step Functions Developer Guide, "Send messages to an Amazon SQS queue with Step Functions".

use serde_json::Value;
use worker::HandlerError;

use super::json::{Action, as_text, members};
use crate::dispatcher::Inner;
use crate::endpoint::Service;
use crate::failure::Naming;
use crate::metadata;

const SQS: Service = Service { id: "SQS", prefix: "sqs", signing: "sqs" };

const NAMING: Naming = Naming::First {
    prefix: "SQS",
    service: "AmazonSQS",
    base: "AmazonSQSException",
    named: &[
        "InvalidAddress",
        "InvalidMessageContents",
        "InvalidSecurity",
        "KmsAccessDenied",
        "KmsDisabled",
        "KmsInvalidKeyUsage",
        "KmsInvalidState",
        "KmsNotFound",
        "KmsOptInRequired",
        "KmsThrottled",
        "QueueDoesNotExist",
        "RequestThrottled",
        "UnsupportedOperation",
    ],
};

/// `sendMessage`.
pub(crate) async fn send_message(inner: &Inner, parameters: &Value) -> Result<Value, HandlerError> {
    let mut request = parameters.clone();
    if let Some(body) = request.get_mut("MessageBody") {
        *body = as_text(body);
    }
    let action = Action { service: &SQS, target: "AmazonSQS.SendMessage".to_owned(), version: "1.0", naming: NAMING };
    let answer = action.ask(inner, &request).await?;
    Ok(metadata::with_metadata(members(&answer), &answer, metadata::OTHERS))
}
