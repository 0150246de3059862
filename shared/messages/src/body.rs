//! The bodies of messages: JSON with a format version. A newer version than known is given back to the queue, not corrupt.

use interpreter::{
    ChildEnd, CommandPlace, DefinitionHash, ExecutionId, IdempotencyKey, Identity, Parent, Payload, TaskOutcome, TaskToken,
    Timestamp, ValueHash,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

#[cfg(test)]
mod tests;

/// The version that this release writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// A body on the coordinator's queues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoordinatorBody {
    /// The format version.
    pub v: u32,
    /// The execution.
    pub execution: ExecutionId,
    /// What is said about it.
    pub message: CoordinatorMessage,
    /// How often this was sent again because of contention (its own counter: receives do not count).
    #[serde(default)]
    pub resent: u32,
}

/// What is said about an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CoordinatorMessage {
    /// A worker's harness answers a task.
    Answer {
        /// Which attempt.
        token: TaskToken,
        /// What came of it.
        #[serde(flatten)]
        outcome: TaskOutcome,
    },
    /// A timer hint.
    Timer {
        /// When something is due.
        due: Timestamp,
        /// The revision that armed it.
        revision: u64,
    },
    /// The watch function's, or the coordinator's own for what a wake has left.
    Wake {
        /// What an earlier wake has left to publish; none for one that begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rest: Option<WakeRest>,
    },
    /// The coordinator's own: a page of the renewal of the execution's items (docs/adr/0019). It says nothing to the execution.
    Renew {
        /// When the renewal began.
        began_at: Timestamp,
        /// Where the page before ended; none for the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Another execution starts this one and waits for its end, or stops it (docs/adr/0024).
    Child(Box<ChildBody>),
    /// An execution that this one waits for has ended.
    ChildEnded {
        /// What it answers.
        token: TaskToken,
        /// How it ended.
        end: Box<ChildEnd>,
    },
}

/// An execution that another one starts or stops: all that its head is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildBody {
    /// Its names.
    pub identity: Identity,
    /// Who waits for its end.
    pub parent: Parent,
    /// The definition that it is pinned to: its parent's.
    pub definition: DefinitionHash,
    /// Its input; a value item of its parent's where it is one.
    pub input: Payload,
    /// Value items of its parent's that its input refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<ValueHash>,
    /// Whether it is to be stopped: then it is started as stopped, if it was not started before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop: bool,
}

/// What a wake has left to publish. A release that does not know it begins again, which is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeRest {
    /// Where the page before ended.
    pub after: CommandPlace,
    /// The revision that the wake was committed in: what was created in it or later was published then.
    pub before: u64,
    /// What the last page raises the head's `wake_at` to, at most: a later wake may have promised more, and lost its pages.
    pub wake_at: Timestamp,
    /// The message that the wake began with: what goes on with another wake is another page, though it says the same. Empty where an earlier release
    /// has not said it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub began_with: String,
}

impl CoordinatorMessage {
    /// A wake that begins.
    pub fn wake() -> Self {
        Self::Wake { rest: None }
    }
}

/// A request to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestBody {
    /// The format version.
    pub v: u32,
    /// The attempt's token.
    pub token: TaskToken,
    /// The execution.
    pub execution: ExecutionId,
    /// The execution's name: the correlation id of logs.
    pub execution_name: String,
    /// The state, for logs.
    pub state: String,
    /// The function that is to serve it.
    pub function: String,
    /// How causes name who does the work, where the program says it in another way: `lambda`, or the function's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What the handler receives.
    #[serde(flatten)]
    pub input: InputBody,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// When the attempt times out.
    pub deadline: Option<Timestamp>,
    /// Seconds within which a heartbeat is to come.
    pub heartbeat_seconds: Option<u64>,
    /// Whether it hands a task token out: a success answers its own attempt alone, for the next one has another token. Written only where it is so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub callback: bool,
    /// The idempotency key.
    pub key: IdempotencyKey,
    /// The key of the action that this compensates.
    pub undoes: Option<IdempotencyKey>,
    /// Who asks: told to the dispatcher alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
}

/// The execution that calls a service, as services are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Its ARN.
    pub execution_arn: String,
    /// The ARN of its state machine.
    pub machine_arn: String,
    /// The role of its state machine.
    pub role_arn: String,
}

/// An input, in the body or, above 48 KiB, by reference to a value item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputBody {
    /// JSON.
    Input(serde_json::Value),
    /// The value item's hash, in the execution's own partition.
    InputRef(ValueHash),
}

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Written by a newer release: give it back.
    #[error("format {0} is newer than this release knows")]
    Newer(u32),
    /// Not one of ours: park it.
    #[error("not a message of ours: {0}")]
    Malformed(String),
}

impl CoordinatorBody {
    /// A body of this release's format, sent for the first time.
    pub fn new(execution: ExecutionId, message: CoordinatorMessage) -> Self {
        Self { v: FORMAT, execution, message, resent: 0 }
    }

    /// The body as JSON text that every queue takes.
    pub fn encode(&self) -> String {
        encode(self)
    }

    /// Reads a body, its version first.
    ///
    /// # Errors
    ///
    /// [`BodyError::Newer`] for what a newer release wrote, [`BodyError::Malformed`] for anything else that is no such body.
    pub fn decode(text: &str) -> Result<Self, BodyError> {
        decode(text)
    }
}

impl RequestBody {
    /// The body as JSON text that every queue takes.
    pub fn encode(&self) -> String {
        encode(self)
    }

    /// Reads a body, its version first.
    ///
    /// # Errors
    ///
    /// [`BodyError::Newer`] for what a newer release wrote, [`BodyError::Malformed`] for anything else that is no such body.
    pub fn decode(text: &str) -> Result<Self, BodyError> {
        decode(text)
    }
}

/// All that is read of a body before its version is known.
#[derive(Deserialize)]
struct Version {
    v: u64,
}

fn encode(body: &impl Serialize) -> String {
    // Serializing these types cannot fail: they have string keys only, and write to memory.
    let text = serde_json::to_string(body).unwrap_or_default();
    // JSON lets these two stand as they are, SQS takes neither. In JSON they can only stand within a string.
    if text.contains(['\u{fffe}', '\u{ffff}']) {
        return text.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    }
    text
}

fn decode<T: DeserializeOwned>(text: &str) -> Result<T, BodyError> {
    let version: Version = parse(text)?;
    match u32::try_from(version.v) {
        Ok(0) => Err(BodyError::Malformed("format 0 was never written".to_owned())),
        Ok(FORMAT) => parse(text),
        newer => Err(BodyError::Newer(newer.unwrap_or(u32::MAX))),
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, BodyError> {
    serde_json::from_str(text).map_err(|error| malformed(&error))
}

/// What is wrong and where, without quoting the body: reasons are logged, payloads never are.
fn malformed(error: &serde_json::Error) -> BodyError {
    let told = error.to_string();
    // Of the messages about the shape only this one is made of our own names alone.
    let quotes_nothing = error.classify() != Category::Data || told.starts_with("missing field");
    let what = if quotes_nothing { told } else { format!("unexpected value at line {} column {}", error.line(), error.column()) };
    BodyError::Malformed(what)
}
