//! PublishStateMachineVersion: the machine as it is now becomes a version, which never changes.

use serde::{Deserialize, Serialize};

use crate::constraints::Constraints;
use crate::version::{Publication, version_arn};
use crate::{Api, ApiError, EpochSeconds, arn, member};

/// What is to be published.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PublishStateMachineVersionRequest {
    /// The machine: required, and not qualified.
    pub state_machine_arn: Option<String>,
    /// The revision that the machine must have; `INITIAL` before its first update.
    pub revision_id: Option<String>,
    /// Of the version.
    pub description: Option<String>,
}

/// The version that has the machine's revision now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishStateMachineVersionResponse {
    /// When it was published.
    pub creation_date: EpochSeconds,
    /// Its ARN.
    pub state_machine_version_arn: String,
}

impl Api<'_> {
    /// Publishes a version. A revision that was published last is answered with the version that it has.
    ///
    /// # Errors
    ///
    /// InvalidArn, StateMachineDoesNotExist, ConflictException (the machine has another revision), ServiceQuotaExceededException,
    /// ValidationException.
    pub async fn publish_state_machine_version(
        &self,
        request: PublishStateMachineVersionRequest,
    ) -> Result<PublishStateMachineVersionResponse, ApiError> {
        let mut constraints = Constraints::default();
        let machine_arn = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
        let revision_id = constraints.optional(member::REVISION_ID, request.revision_id);
        let description = constraints.optional(member::DESCRIPTION, request.description);
        constraints.check()?;
        let machine_arn = arn::unqualified_machine(&machine_arn)?;
        let version = self.publish(&machine_arn, &Publication { description, revision_id }).await?;
        Ok(PublishStateMachineVersionResponse {
            creation_date: version.created_at.into(),
            state_machine_version_arn: version_arn(&machine_arn, version.number),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, System, WAIT};

    async fn publish(system: &System, arn: &Value) -> String {
        let published = system.call("PublishStateMachineVersion", json!({"stateMachineArn": arn})).await;
        published["stateMachineVersionArn"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_version_keeps_what_the_machine_was_when_it_was_published() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let request = json!({"stateMachineArn": arn, "description": "the first", "revisionId": "INITIAL"});
        let published = system.call("PublishStateMachineVersion", request).await;
        let version = "arn:aws:states:us-east-1:123456789012:stateMachine:order:1";
        assert_eq!(published, json!({"stateMachineVersionArn": version, "creationDate": 1_793_534_400.0}));
        let other = "arn:aws:iam::123456789012:role/other";
        system.call("UpdateStateMachine", json!({"stateMachineArn": arn, "definition": WAIT, "roleArn": other})).await;
        let described = system.call("DescribeStateMachine", json!({"stateMachineArn": version})).await;
        assert_eq!((&described["definition"], &described["roleArn"]), (&json!(PASS), &json!(crate::tests::ROLE)));
        assert_eq!((&described["description"], &described["stateMachineArn"]), (&json!("the first"), &json!(version)));
    }

    #[tokio::test]
    async fn a_revision_has_one_version_and_a_number_is_never_used_again() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let first = publish(&system, &arn).await;
        assert_eq!(publish(&system, &arn).await, first, "nothing has changed");
        system.call("UpdateStateMachine", json!({"stateMachineArn": arn, "definition": WAIT})).await;
        let second = publish(&system, &arn).await;
        assert!(second.ends_with("order:2"));
        system.call("DeleteStateMachineVersion", json!({"stateMachineVersionArn": second})).await;
        assert!(publish(&system, &arn).await.ends_with("order:3"));
    }

    #[tokio::test]
    async fn a_machine_made_anew_has_no_versions_of_the_old_one() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let version = publish(&system, &arn).await;
        system.call("DeleteStateMachine", json!({"stateMachineArn": arn})).await;
        system.advance_seconds(1);
        let arn = system.machine("order", WAIT).await;
        let describe = json!({"stateMachineArn": version});
        system.refused("DescribeStateMachine", describe, "StateMachineDoesNotExist", "order:1'").await;
        assert!(publish(&system, &arn).await.ends_with("order:1"));
    }

    #[tokio::test]
    async fn what_cannot_be_published_is_refused() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing";
        let told = "Failed to publish the State Machine version for revision old. The current State Machine revision is INITIAL.";
        for (request, error, message) in [
            (json!({}), "ValidationException", "'stateMachineArn'"),
            (json!({"stateMachineArn": missing}), "StateMachineDoesNotExist", "missing'"),
            (json!({"stateMachineArn": "order"}), "InvalidArn", "prefix"),
            (json!({"stateMachineArn": format!("{missing}:1")}), "ValidationException", "qualified"),
            (json!({"stateMachineArn": arn, "revisionId": "old"}), "ConflictException", told),
            (json!({"stateMachineArn": arn, "description": "d".repeat(257)}), "ValidationException", "256"),
        ] {
            system.refused("PublishStateMachineVersion", request, error, message).await;
        }
    }
}
