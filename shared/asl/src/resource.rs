//! Who does a Task's work: its `Resource`.

/// A Task's `Resource`, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// As it is written.
    pub arn: String,
    /// What it means.
    pub integration: Integration,
}

impl Resource {
    /// How a cause names who did the work, as recorded from AWS: `lambda` for an integration with the service, the ARN for a function's own.
    pub fn provider(&self) -> &str {
        match &self.integration {
            Integration::LambdaInvoke { .. } => "lambda",
            Integration::Function { .. } | Integration::Activity => &self.arn,
            Integration::Service(call) => &call.resource_type,
        }
    }
}

/// The kinds of resources that the engine knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integration {
    /// A Lambda function's ARN: the state's effective input is the payload, the function's answer the result.
    Function {
        /// The function's name, without qualifier.
        name: String,
    },
    /// An activity's ARN, `arn:aws:states:REGION:ACCOUNT:activity:NAME`: a worker asks for the task by GetActivityTask, and answers by SendTaskSuccess or
    /// SendTaskFailure.
    Activity,
    /// `arn:aws:states:::lambda:invoke`: `FunctionName` and `Payload` come from the Parameters; the result is the Lambda API's answer.
    LambdaInvoke {
        /// `.waitForTaskToken`: the result is what SendTaskSuccess brings.
        wait_for_task_token: bool,
    },
    /// `arn:aws:states:::SERVICE:ACTION`: the Parameters are the request, the result is the service's answer.
    Service(ServiceCall),
}

impl Integration {
    /// Whether the task's result comes otherwise than with the answer to its request: by its task token, or when what was begun has ended.
    pub fn is_callback(&self) -> bool {
        match self {
            Self::Function { .. } => false,
            Self::Activity => true,
            Self::LambdaInvoke { wait_for_task_token } => *wait_for_task_token,
            Self::Service(call) => call.pattern != Pattern::RequestResponse,
        }
    }
}

/// A call of a service's action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCall {
    /// As histories name the service: `sqs`, `aws-sdk:dynamodb`.
    pub resource_type: String,
    /// The action without its pattern: `sendMessage`.
    pub action: String,
    /// When the task has its result.
    pub pattern: Pattern,
}

impl ServiceCall {
    /// As histories name the action: with its pattern.
    pub fn resource(&self) -> String {
        format!("{}{}", self.action, self.pattern.suffix())
    }

    /// Both: what requests name in the place of a function. No function can be called so.
    pub fn function(&self) -> String {
        format!("{}:{}", self.resource_type, self.resource())
    }
}

/// When a task that calls a service has its result (Step Functions Developer Guide, "Service integration patterns").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// When the service has answered.
    RequestResponse,
    /// `.waitForTaskToken`: when SendTaskSuccess or SendTaskFailure is called with the token.
    WaitForTaskToken,
    /// `.sync`: when what was begun has ended.
    Sync,
    /// `.sync:2`: the same, and what it put out is JSON.
    Sync2,
}

impl Pattern {
    /// What an ARN ends in.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::RequestResponse => "",
            Self::WaitForTaskToken => ".waitForTaskToken",
            Self::Sync => ".sync",
            Self::Sync2 => ".sync:2",
        }
    }
}
