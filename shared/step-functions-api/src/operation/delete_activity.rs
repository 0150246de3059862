//! DeleteActivity: deleting what does not exist succeeds. Tasks that wait for it go on waiting: an activity of the same name serves them.

use serde::Deserialize;
use store::{Condition, Write};

use super::Empty;
use crate::activity::activity_key;
use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, arn, member};

/// Which activity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteActivityRequest {
    /// Its ARN: required.
    pub activity_arn: Option<String>,
}

impl Api<'_> {
    /// Deletes an activity.
    ///
    /// # Errors
    ///
    /// InvalidArn, ValidationException.
    pub async fn delete_activity(&self, request: DeleteActivityRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let activity_arn = constraints.required(member::ACTIVITY_ARN, request.activity_arn);
        constraints.check()?;
        arn::check(&activity_arn, Kind::Activity)?;
        let deletion = Write::Delete { key: activity_key(&activity_arn), condition: Condition::Always };
        self.write(&[deletion]).await?;
        Ok(Empty {})
    }
}
