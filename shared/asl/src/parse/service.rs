//! The actions of services that a Task can call, and their parameters.
//!
//! Step Functions Developer Guide, "Integrating optimized services", a page per service; each lists the patterns and parameters that it supports.

use crate::resource::{Integration, Pattern, ServiceCall};

/// An action of a service that Step Functions has an integration of its own for.
pub(super) struct Optimized {
    /// As ARNs name it.
    pub(super) name: &'static str,
    patterns: &'static [Pattern],
    /// The parameters that must be there.
    pub(super) required: &'static [&'static str],
    /// Those that may be there.
    pub(super) optional: &'static [&'static str],
}

impl Optimized {
    /// The parameters, for people.
    pub(super) fn listed(&self) -> String {
        let names: Vec<String> = self.required.iter().chain(self.optional).map(|name| format!("`{name}`")).collect();
        names.join(", ")
    }
}

const ANSWERED: &[Pattern] = &[Pattern::RequestResponse];
const OR_CALLED_BACK: &[Pattern] = &[Pattern::RequestResponse, Pattern::WaitForTaskToken];
const OR_ENDED: &[Pattern] = &[Pattern::RequestResponse, Pattern::WaitForTaskToken, Pattern::Sync, Pattern::Sync2];

const LAMBDA_INVOKE: Optimized = Optimized {
    name: "lambda:invoke",
    patterns: OR_CALLED_BACK,
    required: &["FunctionName"],
    optional: &["Payload", "Qualifier", "InvocationType", "ClientContext", "LogType"],
};

const OPTIMIZED: &[Optimized] = &[
    LAMBDA_INVOKE,
    Optimized {
        name: "sqs:sendMessage",
        patterns: OR_CALLED_BACK,
        required: &["QueueUrl", "MessageBody"],
        optional: &["DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId"],
    },
    Optimized {
        name: "sns:publish",
        patterns: OR_CALLED_BACK,
        required: &["Message"],
        optional: &[
            "MessageAttributes",
            "MessageDeduplicationId",
            "MessageGroupId",
            "MessageStructure",
            "PhoneNumber",
            "Subject",
            "TargetArn",
            "TopicArn",
        ],
    },
    Optimized { name: "events:putEvents", patterns: OR_CALLED_BACK, required: &["Entries"], optional: &["EndpointId"] },
    Optimized {
        name: "dynamodb:getItem",
        patterns: ANSWERED,
        required: &["TableName", "Key"],
        optional: &[
            "AttributesToGet",
            "ConsistentRead",
            "ExpressionAttributeNames",
            "ProjectionExpression",
            "ReturnConsumedCapacity",
        ],
    },
    Optimized {
        name: "dynamodb:putItem",
        patterns: ANSWERED,
        required: &["TableName", "Item"],
        optional: &[
            "ConditionalOperator",
            "ConditionExpression",
            "Expected",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnConsumedCapacity",
            "ReturnItemCollectionMetrics",
            "ReturnValues",
            "ReturnValuesOnConditionCheckFailure",
        ],
    },
    Optimized {
        name: "dynamodb:updateItem",
        patterns: ANSWERED,
        required: &["TableName", "Key"],
        optional: &[
            "AttributeUpdates",
            "ConditionalOperator",
            "ConditionExpression",
            "Expected",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnConsumedCapacity",
            "ReturnItemCollectionMetrics",
            "ReturnValues",
            "ReturnValuesOnConditionCheckFailure",
            "UpdateExpression",
        ],
    },
    Optimized {
        name: "dynamodb:deleteItem",
        patterns: ANSWERED,
        required: &["TableName", "Key"],
        optional: &[
            "ConditionalOperator",
            "ConditionExpression",
            "Expected",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnConsumedCapacity",
            "ReturnItemCollectionMetrics",
            "ReturnValues",
            "ReturnValuesOnConditionCheckFailure",
        ],
    },
    Optimized {
        name: "states:startExecution",
        patterns: OR_ENDED,
        required: &["StateMachineArn"],
        optional: &["Input", "Name", "TraceHeader"],
    },
    Optimized {
        name: "http:invoke",
        patterns: ANSWERED,
        required: &["ApiEndpoint", "Method"],
        optional: &["Authentication", "Headers", "InvocationConfig", "QueryParameters", "RequestBody", "Transform"],
    },
];

/// What the end of `arn:aws:states:::...` means; none if it is nothing that can be called.
pub(super) fn call(parts: &[&str]) -> Option<ServiceCall> {
    let (resource_type, action) = match parts {
        ["aws-sdk", service, action @ ..] if is_service(service) => (format!("aws-sdk:{service}"), action),
        [service, action @ ..] => ((*service).to_owned(), action),
        [] => return None,
    };
    let (action, pattern) = match action {
        [action] => pattern(action),
        [action, "2"] => (action.strip_suffix(".sync")?, Pattern::Sync2),
        _ => return None,
    };
    let sdk = resource_type.starts_with("aws-sdk:") && is_action(action) && OR_CALLED_BACK.contains(&pattern);
    let name = format!("{resource_type}:{action}");
    let optimized = OPTIMIZED.iter().any(|known| known.name == name && known.patterns.contains(&pattern));
    (sdk || optimized).then(|| ServiceCall { resource_type, action: action.to_owned(), pattern })
}

fn pattern(action: &str) -> (&str, Pattern) {
    let callback = action.strip_suffix(".waitForTaskToken").map(|action| (action, Pattern::WaitForTaskToken));
    let ended = || action.strip_suffix(".sync").map(|action| (action, Pattern::Sync));
    callback.or_else(ended).unwrap_or((action, Pattern::RequestResponse))
}

fn is_service(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_action(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The parameters of an integration; none if everything may be one.
pub(super) fn parameters(integration: &Integration) -> Option<&'static Optimized> {
    match integration {
        Integration::Function { .. } | Integration::Activity => None,
        Integration::LambdaInvoke { .. } => Some(&LAMBDA_INVOKE),
        Integration::Service(call) => {
            let name = format!("{}:{}", call.resource_type, call.action);
            OPTIMIZED.iter().find(|known| known.name == name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arn: &str, expected: Option<(&str, &str, Pattern)>) {
        let found = call(&arn.split(':').collect::<Vec<_>>());
        let expected = expected.map(|(resource_type, action, pattern)| ServiceCall {
            resource_type: resource_type.to_owned(),
            action: action.to_owned(),
            pattern,
        });
        assert_eq!(found, expected, "{arn}");
    }

    #[test]
    fn the_end_of_an_arn_names_a_service_an_action_and_a_pattern() {
        check("sqs:sendMessage", Some(("sqs", "sendMessage", Pattern::RequestResponse)));
        check("sqs:sendMessage.waitForTaskToken", Some(("sqs", "sendMessage", Pattern::WaitForTaskToken)));
        check("states:startExecution.sync", Some(("states", "startExecution", Pattern::Sync)));
        check("states:startExecution.sync:2", Some(("states", "startExecution", Pattern::Sync2)));
        check("aws-sdk:dynamodb:query", Some(("aws-sdk:dynamodb", "query", Pattern::RequestResponse)));
        check("aws-sdk:sfn:startExecution.waitForTaskToken", Some(("aws-sdk:sfn", "startExecution", Pattern::WaitForTaskToken)));
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        for arn in [
            "",
            "sqs",
            "sqs:deleteMessage",
            "sqs:sendMessage.sync",
            "dynamodb:putItem.waitForTaskToken",
            "states:startExecution:2",
            "aws-sdk:dynamodb",
            "aws-sdk:dynamodb:",
            "aws-sdk:DynamoDB:query",
            "aws-sdk:dynamodb:Query",
            "aws-sdk:ecs:runTask.sync",
            "aws-sdk:dynamodb:query:2",
        ] {
            check(arn, None);
        }
    }

    #[test]
    fn what_is_called_is_named_as_in_histories() {
        let call = call(&["states", "startExecution.sync", "2"]).expect("a call");
        assert_eq!(
            (call.resource(), call.function()),
            ("startExecution.sync:2".to_owned(), "states:startExecution.sync:2".to_owned())
        );
    }
}
