//! Versions of state machines: numbered snapshots that never change. A number is never used again.
//!
//! A machine has one *register*, which knows the latest number; every change of its versions and aliases is one transaction that writes the
//! register on condition that it is as it was read. So a version is not deleted while an alias begins to refer to it. Records stand under the machine's
//! ARN and the time of its creation: a machine made anew under an old name has none of the old one's.

use interpreter::{DefinitionHash, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Condition, ItemKey, StateMachine, Write};

use crate::record::{self, ROUNDS, Record, Written};
use crate::{Api, ApiError, ErrorName};

/// The most versions of a machine (AWS's quota).
const VERSIONS_MAX: usize = 1_000;

/// What stands for the revision of a machine that was never updated, in a request to publish it.
const INITIAL_REVISION: &str = "INITIAL";

/// Numbers sort downwards: the newest version is listed first.
const NUMBER_MAX: u64 = 9_999_999_999;

/// A version, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MachineVersion {
    pub(crate) number: u64,
    /// The machine's own type, definition, role, settings and revision when it was published.
    pub(crate) kind: String,
    pub(crate) definition: DefinitionHash,
    pub(crate) role_arn: String,
    pub(crate) settings: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revision_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) created_at: Timestamp,
}

/// What is known of all versions and aliases of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Register {
    /// The latest number that was given; 0 before the first.
    pub(crate) latest: u64,
}

/// A version to be published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Publication {
    pub(crate) description: Option<String>,
    /// The revision that the machine must have; any when absent.
    pub(crate) revision_id: Option<String>,
}

/// Under what the records of a machine stand.
pub(crate) fn owner(machine: &StateMachine) -> String {
    format!("{}@{}", machine.arn, machine.created_at.millis())
}

/// The ARN of a machine's version.
pub(crate) fn version_arn(machine_arn: &str, number: u64) -> String {
    format!("{machine_arn}:{number}")
}

/// Where a version stands among the versions of its machine.
pub(crate) fn place(number: u64) -> String {
    format!("{:010}", NUMBER_MAX.saturating_sub(number))
}

pub(crate) fn version_key(machine: &StateMachine, number: u64) -> ItemKey {
    record::key("versions", &owner(machine), &place(number))
}

/// The partition of a machine's versions.
pub(crate) fn versions_of(machine: &StateMachine) -> String {
    record::partition("versions", &owner(machine))
}

fn register_key(machine: &StateMachine) -> ItemKey {
    record::key("registers", &owner(machine), "register")
}

impl MachineVersion {
    fn of(machine: &StateMachine, number: u64, description: Option<String>, now: Timestamp) -> Self {
        Self {
            number,
            kind: machine.kind.clone(),
            definition: machine.definition.clone(),
            role_arn: machine.role_arn.clone(),
            settings: machine.settings.clone(),
            revision_id: machine.revision_id.clone(),
            description,
            created_at: now,
        }
    }

    /// The machine as it was when this version was published.
    pub(crate) fn of_machine(&self, machine: StateMachine) -> StateMachine {
        StateMachine {
            kind: self.kind.clone(),
            definition: self.definition.clone(),
            role_arn: self.role_arn.clone(),
            settings: self.settings.clone(),
            revision_id: self.revision_id.clone(),
            ..machine
        }
    }
}

impl Api<'_> {
    /// A version of a machine.
    pub(crate) async fn version(&self, machine: &StateMachine, number: u64) -> Result<Option<Record<MachineVersion>>, ApiError> {
        self.record(&version_key(machine, number)).await
    }

    /// The register of a machine; none before its first version.
    pub(crate) async fn register(&self, machine: &StateMachine) -> Result<Option<Record<Register>>, ApiError> {
        self.record(&register_key(machine)).await
    }

    /// The write that makes a transaction depend on everything that the register stands for.
    pub(crate) fn guard(
        machine: &StateMachine,
        present: Option<&Record<Register>>,
        register: &Register,
    ) -> Result<Write, ApiError> {
        record::put(register_key(machine), register, Record::unchanged(present))
    }

    /// Publishes the machine as it is now. A revision that its latest version has already is not published again: that version is answered.
    pub(crate) async fn publish(&self, machine_arn: &str, publication: &Publication) -> Result<MachineVersion, ApiError> {
        for _ in 0..ROUNDS {
            let machine = self.machine(machine_arn).await?;
            check_revision(&machine, publication.revision_id.as_deref())?;
            let present = self.register(&machine).await?;
            let latest = present.as_ref().map_or(0, |register| register.value.latest);
            if let Some(published) = self.version(&machine, latest).await?
                && published.value.revision_id == machine.revision_id
            {
                return Ok(published.value);
            }
            self.check_quota(&machine).await?;
            let number = latest.saturating_add(1);
            let version = MachineVersion::of(&machine, number, publication.description.clone(), self.now());
            let writes = [
                record::put(version_key(&machine, number), &version, Condition::Absent)?,
                Self::guard(&machine, present.as_ref(), &Register { latest: number })?,
            ];
            if self.write(&writes).await? == Written::Done {
                return Ok(version);
            }
        }
        Err(ApiError::contended())
    }

    async fn check_quota(&self, machine: &StateMachine) -> Result<(), ApiError> {
        let present = self.records::<MachineVersion>(&versions_of(machine), None, VERSIONS_MAX).await?;
        if present.len() >= VERSIONS_MAX {
            let message = format!("a state machine has at most {VERSIONS_MAX} versions");
            return Err(ApiError::new(ErrorName::ServiceQuotaExceeded, message));
        }
        Ok(())
    }

    /// Deletes all that belongs to a machine that is no more.
    pub(crate) async fn delete_versions_and_aliases(&self, machine: &StateMachine) -> Result<(), ApiError> {
        for kind in ["aliases", "versions", "registers"] {
            self.delete_records(&record::partition(kind, &owner(machine))).await?;
        }
        Ok(())
    }
}

fn check_revision(machine: &StateMachine, asked: Option<&str>) -> Result<(), ApiError> {
    let current = machine.revision_id.as_deref().unwrap_or(INITIAL_REVISION);
    match asked {
        Some(asked) if asked != current => Err(ApiError::new(
            ErrorName::Conflict,
            format!(
                "Failed to publish the State Machine version for revision {asked}. The current State Machine revision is {current}."
            ),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What stands here never changes.
    #[test]
    fn versions_of_format_1_are_read_and_written() {
        let frozen = json!({
            "number": 3,
            "kind": "STANDARD",
            "definition": DefinitionHash::of("{}"),
            "role_arn": "arn:aws:iam::123456789012:role/saga",
            "settings": {"logging": {"level": "OFF"}},
            "revision_id": "revision-2",
            "description": "the third",
            "created_at": 1_793_534_400_000_i64,
        });
        let version: MachineVersion = serde_json::from_value(frozen.clone()).unwrap();
        assert_eq!((version.number, version.description.as_deref()), (3, Some("the third")));
        assert_eq!(serde_json::to_value(&version).unwrap(), frozen);
        let register: Register = serde_json::from_value(json!({"latest": 3})).unwrap();
        assert_eq!(serde_json::to_value(&register).unwrap(), json!({"latest": 3}));
    }

    #[test]
    fn newer_versions_stand_before_older_ones() {
        assert_eq!(place(1), "9999999998");
        assert!(place(10) < place(9) && place(1_000) < place(999));
    }
}
