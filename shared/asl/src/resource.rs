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
        match self.integration {
            Integration::LambdaInvoke { .. } => "lambda",
            Integration::Function { .. } | Integration::Activity => &self.arn,
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
}
