//! CreateActivity. Idempotent: the activity that has the name is answered, whatever its tags.

use serde::{Deserialize, Serialize};
use store::Condition;

use crate::activity::{Activity, activity_key};
use crate::constraints::Constraints;
use crate::machine_settings::{EncryptionConfiguration, Tag, check_tags, constrain_tags};
use crate::record::{self, Record, Written};
use crate::{Api, ApiError, EpochSeconds, arn, member, name};

/// An activity to be created.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateActivityRequest {
    /// Its name: required.
    pub name: Option<String>,
    /// Its tags.
    pub tags: Option<Vec<Tag>>,
    /// AWS's own key, which is the default.
    pub encryption_configuration: Option<EncryptionConfiguration>,
}

/// The activity that has the name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateActivityResponse {
    /// Its ARN.
    pub activity_arn: String,
    /// When it was created.
    pub creation_date: EpochSeconds,
}

impl Api<'_> {
    /// Creates an activity.
    ///
    /// # Errors
    ///
    /// InvalidName, InvalidEncryptionConfiguration, TooManyTags, ValidationException.
    pub async fn create_activity(&self, request: CreateActivityRequest) -> Result<CreateActivityResponse, ApiError> {
        let mut constraints = Constraints::default();
        let name = constraints.required(member::NAME, request.name);
        constrain_tags(request.tags.as_deref().unwrap_or_default(), &mut constraints);
        constraints.check()?;
        name::check(&name)?;
        request.encryption_configuration.unwrap_or_default().check()?;
        let tags = request.tags.unwrap_or_default();
        check_tags(&tags)?;
        let arn = arn::of_activity(self.place, &name);
        let key = activity_key(&arn);
        let activity = Activity { name, arn, created_at: self.now(), tags };
        let put = record::put(key.clone(), &activity, Condition::Absent)?;
        let present = match self.write(&[put]).await? {
            Written::Done => activity,
            Written::Changed => {
                let present: Option<Record<Activity>> = self.record(&key).await?;
                // Deleted in between: then somebody else is at it as well.
                present.ok_or_else(ApiError::contended)?.value
            }
        };
        Ok(CreateActivityResponse { activity_arn: present.arn, creation_date: present.created_at.into() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::System;

    const ARN: &str = "arn:aws:states:us-east-1:123456789012:activity:review";

    #[tokio::test]
    async fn an_activity_is_created_once_and_answered_the_same_again() {
        let system = System::new();
        let first = system.call("CreateActivity", json!({"name": "review"})).await;
        assert_eq!(first, json!({"activityArn": ARN, "creationDate": 1_793_534_400.0}));
        system.advance_seconds(5);
        assert_eq!(system.call("CreateActivity", json!({"name": "review"})).await, first);
    }

    #[tokio::test]
    async fn an_activity_is_described_until_it_is_deleted() {
        let system = System::new();
        system.call("CreateActivity", json!({"name": "review"})).await;
        let described = json!({
            "activityArn": ARN, "name": "review", "creationDate": 1_793_534_400.0,
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        });
        assert_eq!(system.call("DescribeActivity", json!({"activityArn": ARN})).await, described);
        for _ in 0..2 {
            assert_eq!(system.call("DeleteActivity", json!({"activityArn": ARN})).await, json!({}));
        }
        let told = format!("Activity Does Not Exist: '{ARN}'");
        system.refused("DescribeActivity", json!({"activityArn": ARN}), "ActivityDoesNotExist", &told).await;
    }

    #[tokio::test]
    async fn what_cannot_be_an_activity_is_refused() {
        let system = System::new();
        for (request, error, message) in [
            (json!({"name": "a b"}), "InvalidName", "Invalid Name: 'a b'"),
            (json!({"name": ""}), "ValidationException", "greater than or equal to 1"),
            (json!({"name": "a".repeat(81)}), "ValidationException", "less than or equal to 80"),
            (json!({"name": "a", "encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}}), "InvalidEncryptionConfiguration", ""),
        ] {
            system.refused("CreateActivity", request, error, message).await;
        }
        for operation in ["DescribeActivity", "DeleteActivity"] {
            let machine = json!({"activityArn": ARN.replace("activity", "stateMachine")});
            system.refused(operation, machine, "InvalidArn", "Resource type not valid in this context: stateMachine").await;
        }
    }
}
