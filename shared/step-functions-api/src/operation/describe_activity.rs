//! DescribeActivity.

use serde::{Deserialize, Serialize};

use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::machine_settings::EncryptionConfiguration;
use crate::{Api, ApiError, EpochSeconds, arn, member};

/// Which activity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeActivityRequest {
    /// Its ARN: required.
    pub activity_arn: Option<String>,
}

/// An activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeActivityResponse {
    /// Its ARN.
    pub activity_arn: String,
    /// Its name.
    pub name: String,
    /// When it was created.
    pub creation_date: EpochSeconds,
    /// AWS's own key.
    pub encryption_configuration: EncryptionConfiguration,
}

impl Api<'_> {
    /// Describes an activity.
    ///
    /// # Errors
    ///
    /// InvalidArn, ActivityDoesNotExist, ValidationException.
    pub async fn describe_activity(&self, request: DescribeActivityRequest) -> Result<DescribeActivityResponse, ApiError> {
        let mut constraints = Constraints::default();
        let activity_arn = constraints.required(member::ACTIVITY_ARN, request.activity_arn);
        constraints.check()?;
        arn::check(&activity_arn, Kind::Activity)?;
        let activity = self.activity(&activity_arn).await?.value;
        Ok(DescribeActivityResponse {
            activity_arn: activity.arn,
            name: activity.name,
            creation_date: activity.created_at.into(),
            encryption_configuration: EncryptionConfiguration::default(),
        })
    }
}
