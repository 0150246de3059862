//! What can be seen of a stack: a file per kind of resource. Nothing here says whether it is well.
//!
//! Each kind is looked at by itself, because a caller may be allowed to see some and not others.

mod alarms;
mod concurrency;
mod functions;
mod queues;
mod table;

use aws_config::SdkConfig;
use aws_sdk_lambda::error::ProvideErrorMetadata;

pub use alarms::{Alarm, AlarmState};
pub use concurrency::Concurrency;
pub use functions::{Feed, Function};
pub use queues::{Queue, Redrive};
pub use table::Table;

use crate::Environment;

/// Why something was not seen: the operation, and what AWS answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{operation}` was answered by {reason}")]
pub struct Unseen {
    /// As in a policy: `lambda:GetAccountSettings`.
    pub operation: &'static str,
    /// Its code, or what happened instead.
    pub reason: String,
}

/// What was seen of a kind of resource.
pub type Seen<T> = Result<T, Unseen>;

/// What can be seen of a stack.
#[derive(Debug)]
pub struct Facts {
    /// Its queues, by our name.
    pub queues: Seen<Vec<Queue>>,
    /// What starts its functions.
    pub feeds: Seen<Vec<Feed>>,
    /// Its functions: those that queues feed, and the coordinator.
    pub functions: Seen<Vec<Function>>,
    /// Its table.
    pub table: Seen<Table>,
    /// The alarms whose names begin as the stack's do.
    pub alarms: Seen<Vec<Alarm>>,
    /// How many invocations the account permits at a time.
    pub concurrency: Seen<Concurrency>,
}

impl Facts {
    /// Looks at a stack, whose alarms have names that begin with `alarms`.
    pub async fn of(alarms: &str, environment: &Environment, config: &SdkConfig) -> Self {
        let lambda = aws_sdk_lambda::Client::new(config);
        let (queues, table, alarms, concurrency) = futures::future::join4(
            queues::of(&aws_sdk_sqs::Client::new(config), environment),
            table::of(&aws_sdk_dynamodb::Client::new(config), &environment.table),
            alarms::of(&aws_sdk_cloudwatch::Client::new(config), alarms),
            concurrency::of(&lambda),
        )
        .await;
        let feeds = match &queues {
            Ok(queues) => functions::feeds_of(&lambda, queues).await,
            Err(unseen) => Err(unseen.clone()),
        };
        let functions = match &feeds {
            Ok(feeds) => functions::of(&lambda, feeds).await,
            Err(unseen) => Err(unseen.clone()),
        };
        Self { queues, feeds, functions, table, alarms, concurrency }
    }
}

/// What an operation failed with, in an operator's words: AWS's code if there is one.
fn unseen<E>(operation: &'static str, error: &E) -> Unseen
where
    E: ProvideErrorMetadata + std::error::Error,
{
    Unseen { operation, reason: reason_of(error) }
}

/// AWS's code, or else what happened, cause by cause, without the answer itself.
pub(crate) fn reason_of<E>(error: &E) -> String
where
    E: ProvideErrorMetadata + std::error::Error,
{
    if let Some(code) = error.code() {
        return format!("`{code}`");
    }
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
