//! Errors as the API Reference names them.

use std::fmt;

use serde_json::json;

use crate::Operation;

/// The name of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as in the Step Functions API Reference")]
pub enum ErrorName {
    ActivityDoesNotExist,
    Conflict,
    ExecutionAlreadyExists,
    ExecutionDoesNotExist,
    ExecutionNotRedrivable,
    InvalidArn,
    InvalidDefinition,
    InvalidEncryptionConfiguration,
    InvalidExecutionInput,
    InvalidLoggingConfiguration,
    InvalidName,
    InvalidOutput,
    InvalidToken,
    MissingRequiredParameter,
    ResourceNotFound,
    ServiceQuotaExceeded,
    StateMachineAlreadyExists,
    StateMachineDoesNotExist,
    StateMachineTypeNotSupported,
    TaskDoesNotExist,
    TaskTimedOut,
    TooManyTags,
    Validation,
    UnknownOperation,
    Serialization,
    /// Trying again may help; the SDKs do so by themselves.
    ServiceUnavailable,
    /// Trying again does not help.
    InternalFailure,
}

impl ErrorName {
    /// As the answer's `__type` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActivityDoesNotExist => "ActivityDoesNotExist",
            Self::Conflict => "ConflictException",
            Self::ExecutionAlreadyExists => "ExecutionAlreadyExists",
            Self::ExecutionDoesNotExist => "ExecutionDoesNotExist",
            Self::ExecutionNotRedrivable => "ExecutionNotRedrivable",
            Self::InvalidArn => "InvalidArn",
            Self::InvalidDefinition => "InvalidDefinition",
            Self::InvalidEncryptionConfiguration => "InvalidEncryptionConfiguration",
            Self::InvalidExecutionInput => "InvalidExecutionInput",
            Self::InvalidLoggingConfiguration => "InvalidLoggingConfiguration",
            Self::InvalidName => "InvalidName",
            Self::InvalidOutput => "InvalidOutput",
            Self::InvalidToken => "InvalidToken",
            Self::MissingRequiredParameter => "MissingRequiredParameter",
            Self::ResourceNotFound => "ResourceNotFound",
            Self::ServiceQuotaExceeded => "ServiceQuotaExceededException",
            Self::StateMachineAlreadyExists => "StateMachineAlreadyExists",
            Self::StateMachineDoesNotExist => "StateMachineDoesNotExist",
            Self::StateMachineTypeNotSupported => "StateMachineTypeNotSupported",
            Self::TaskDoesNotExist => "TaskDoesNotExist",
            Self::TaskTimedOut => "TaskTimedOut",
            Self::TooManyTags => "TooManyTags",
            Self::Validation => "ValidationException",
            Self::UnknownOperation => "com.amazon.coral.service#UnknownOperationException",
            Self::Serialization => "com.amazon.coral.service#SerializationException",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::InternalFailure => "InternalFailure",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::ServiceUnavailable => 503,
            Self::InternalFailure => 500,
            _ => 400,
        }
    }
}

/// Why a call was refused, or could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// Its name.
    pub name: ErrorName,
    /// For people. Never holds an input, an output or a definition as a whole.
    pub message: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name.as_str(), self.message)
    }
}

impl std::error::Error for ApiError {}

impl ApiError {
    pub(crate) fn new(name: ErrorName, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.name == ErrorName::ServiceUnavailable
    }

    pub(crate) fn state_machine_does_not_exist(arn: &str) -> Self {
        Self::new(ErrorName::StateMachineDoesNotExist, format!("State Machine Does Not Exist: '{arn}'"))
    }

    pub(crate) fn execution_does_not_exist(arn: &str) -> Self {
        Self::new(ErrorName::ExecutionDoesNotExist, format!("Execution Does Not Exist: '{arn}'"))
    }

    /// What versions and aliases are refused by where they do not exist.
    pub(crate) fn no_such_resource() -> Self {
        Self::new(ErrorName::ResourceNotFound, "Request references a resource that does not exist.")
    }

    /// What is refused for express machines and their executions.
    pub(crate) fn type_not_supported() -> Self {
        Self::new(ErrorName::StateMachineTypeNotSupported, "This operation is not supported by this type of state machine")
    }

    pub(crate) fn contended() -> Self {
        Self::new(ErrorName::ServiceUnavailable, "others are changing the same thing")
    }

    pub(crate) fn invalid_token() -> Self {
        Self::new(ErrorName::InvalidToken, "Invalid Token: 'Invalid token'")
    }

    /// As the body of an answer.
    pub(crate) fn body(&self) -> String {
        json!({"__type": self.name.as_str(), "message": self.message}).to_string()
    }

    /// What a client can do nothing about is for the operator to see; the rest is the client's.
    pub(crate) fn log(&self, operation: Operation) {
        let operation = operation.as_str();
        match self.name {
            ErrorName::InternalFailure | ErrorName::ServiceUnavailable => {
                tracing::error!(operation, error = self.name.as_str(), message = self.message, "a call failed");
            }
            name => tracing::debug!(operation, error = name.as_str(), "a call was refused"),
        }
    }
}
