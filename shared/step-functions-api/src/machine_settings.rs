//! What the API stores with a state machine and gives back without acting on it: logging, tracing, encryption; and its tags.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::StateMachine;

use crate::constraints::Constraints;
use crate::{ApiError, ErrorName};

/// The tags that a resource may have.
const TAGS_MAX: usize = 50;
/// Characters of a tag's key.
const TAG_KEY_LENGTH_MAX: usize = 128;
/// Characters of a tag's value.
const TAG_VALUE_LENGTH_MAX: usize = 256;

/// How an execution is logged on AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggingConfiguration {
    /// `ALL`, `ERROR`, `FATAL` or `OFF`.
    #[serde(default = "off")]
    pub level: String,
    /// Whether input and output are logged.
    #[serde(default)]
    pub include_execution_data: bool,
    /// Where to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<Value>,
}

fn off() -> String {
    "OFF".to_owned()
}

impl Default for LoggingConfiguration {
    fn default() -> Self {
        Self { level: off(), include_execution_data: false, destinations: Vec::new() }
    }
}

impl LoggingConfiguration {
    /// The constraints on its members.
    pub(crate) fn constrain(&self, constraints: &mut Constraints) {
        constraints.one_of("loggingConfiguration.level", Some(&self.level), &["ALL", "ERROR", "FATAL", "OFF"]);
    }

    /// Refuses what is logged nowhere, or to several places.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        if self.level != "OFF" && self.destinations.len() != 1 {
            let message = "Invalid Logging Configuration: Must specify exactly one Log Destination.";
            return Err(ApiError::new(ErrorName::InvalidLoggingConfiguration, message));
        }
        Ok(())
    }
}

/// Whether X-Ray traces an execution on AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TracingConfiguration {
    /// Whether it does.
    #[serde(default)]
    pub enabled: bool,
}

/// How data is encrypted on AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptionConfiguration {
    /// `AWS_OWNED_KEY`; a key of the customer's is refused, because nothing here would use it.
    pub r#type: String,
}

impl Default for EncryptionConfiguration {
    fn default() -> Self {
        Self { r#type: "AWS_OWNED_KEY".to_owned() }
    }
}

impl EncryptionConfiguration {
    /// Refuses what would not be done.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        if self.r#type != "AWS_OWNED_KEY" {
            let message = format!("Invalid Encryption Configuration: '{}' is not supported", self.r#type);
            return Err(ApiError::new(ErrorName::InvalidEncryptionConfiguration, message));
        }
        Ok(())
    }
}

/// A tag of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// All of it, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MachineSettings {
    pub(crate) logging: LoggingConfiguration,
    pub(crate) tracing: TracingConfiguration,
    pub(crate) encryption: EncryptionConfiguration,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<Tag>,
}

impl MachineSettings {
    /// Those of a machine; a machine that was registered without the API has the defaults.
    pub(crate) fn of(machine: &StateMachine) -> Self {
        serde_json::from_value(machine.settings.clone()).unwrap_or_default()
    }

    /// As they are stored.
    pub(crate) fn stored(&self) -> Value {
        serde_json::to_value(self).unwrap_or_else(|_| json!({}))
    }

    /// Adds tags; one whose key is there takes its place.
    pub(crate) fn tag(&mut self, tags: Vec<Tag>) -> Result<(), ApiError> {
        add_tags(&mut self.tags, tags)
    }
}

/// Adds tags; one whose key is there takes its place.
pub(crate) fn add_tags(present: &mut Vec<Tag>, tags: Vec<Tag>) -> Result<(), ApiError> {
    for tag in tags {
        match present.iter_mut().find(|present| present.key == tag.key) {
            Some(present) => *present = tag,
            None => present.push(tag),
        }
    }
    check_tags(present)
}

/// The constraints on tags.
pub(crate) fn constrain_tags(tags: &[Tag], constraints: &mut Constraints) {
    for (index, tag) in tags.iter().enumerate() {
        constraints.length(&format!("tags.{}.member.key", index + 1), &tag.key, 1, TAG_KEY_LENGTH_MAX);
        constraints.length(&format!("tags.{}.member.value", index + 1), &tag.value, 0, TAG_VALUE_LENGTH_MAX);
    }
}

/// Refuses more tags than a resource may have.
pub(crate) fn check_tags(tags: &[Tag]) -> Result<(), ApiError> {
    if tags.len() > TAGS_MAX {
        let message = format!("a resource has at most {TAGS_MAX} tags");
        return Err(ApiError::new(ErrorName::TooManyTags, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.into(), value: value.into() }
    }

    #[test]
    fn a_tag_takes_the_place_of_the_one_with_its_key_and_there_are_at_most_fifty() {
        let mut settings = MachineSettings::default();
        settings.tag(vec![tag("a", "1"), tag("b", "2"), tag("a", "3")]).unwrap();
        assert_eq!(settings.tags, [tag("a", "3"), tag("b", "2")]);
        settings.tag((0..TAGS_MAX - 2).map(|i| tag(&i.to_string(), "")).collect()).unwrap();
        assert_eq!(settings.tag(vec![tag("one more", "")]).unwrap_err().name, ErrorName::TooManyTags);
    }

    #[test]
    fn what_is_logged_needs_one_place_to_go() {
        let check = |level: &str, destinations: usize, taken: bool| {
            let logging = LoggingConfiguration {
                level: level.into(),
                include_execution_data: false,
                destinations: vec![Value::Null; destinations],
            };
            assert_eq!(logging.check().is_ok(), taken, "{level}, {destinations}");
        };
        check("OFF", 0, true);
        check("ALL", 1, true);
        check("FATAL", 0, false);
        check("ERROR", 2, false);
    }

    #[test]
    fn settings_read_back_as_they_were_stored() {
        let mut settings = MachineSettings::default();
        settings.tracing.enabled = true;
        settings.tag(vec![tag("team", "orders")]).unwrap();
        assert_eq!(serde_json::from_value::<MachineSettings>(settings.stored()).unwrap(), settings);
        assert_eq!(serde_json::from_value::<MachineSettings>(json!({})).unwrap(), MachineSettings::default());
    }
}
