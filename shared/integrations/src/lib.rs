//! Calls of the services that a Task can name: Lambda, SQS, SNS, DynamoDB, EventBridge, Step Functions itself, HTTPS endpoints, and any action of a service
//! with a JSON protocol as `aws-sdk:SERVICE:ACTION`.
//!
//! A [`Dispatcher`] makes handlers, which run under the same harness as workers do: ledger, lease, deadline, answer. The requests name what they
//! ask for in the place of a function: `sqs:sendMessage`, a function's ARN, or (of older releases) a function's name. Every call is one signed request by one client
//! of ours ([`docs/integrations.md`] says what it sends and what it makes of the answer), to AWS or to whatever `AWS_ENDPOINT_URL` and
//! `AWS_ENDPOINT_URL_SERVICE` name.
//!
//! # Which failures are refusals
//!
//! A refusal proves that the call had no effect (ARCHITECTURE.md, "Compensation"). A retry of the Task is the definition's to say, so no call is repeated
//! here; each is judged for itself:
//!
//! | what came of the call | |
//! |---|---|
//! | it was not sent: no credentials, nobody listens, the parameters cannot be sent | refusal |
//! | a status of 400 to 499: throttled, denied, not found, invalid, a condition that does not hold | refusal |
//! | status 408 | unknown outcome |
//! | a status of 500 or more | unknown outcome |
//! | no answer, or half of one | unknown outcome |
//! | what a Lambda function threw | unknown outcome |
//! | `EventBridge.FailedEntry`, if no entry was taken | refusal |
//! | `EventBridge.FailedEntry`, if some were taken | unknown outcome |
//! | a service or action that is not known here | refusal |
//!
//! # What is absent
//!
//! No AWS SDK crate per service. No retries. No payload, and nothing of credentials, in a log line.

mod catalogue;
mod client;
mod credentials;
mod dispatcher;
mod endpoint;
mod failure;
mod metadata;
mod service;
mod states_api;
#[cfg(test)]
mod tests;

pub use dispatcher::{Dispatcher, Settings};
pub use endpoint::Variable;
pub use states_api::{OwnStates, StatesAnswer, StatesApi};
