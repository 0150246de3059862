//! State machines: one item each, changed version by version.

use interpreter::{DefinitionHash, Timestamp};
use store::{MachineChange, StateMachine, StoreError};

use crate::attributes::{Attributes, Stored, content, json_text, number, string};
use crate::expression::{ABSENT, Expression};
use crate::key::{Key, MACHINES};
use crate::requests::Conditional;
use crate::table_store::DynamoStore;

impl DynamoStore {
    pub(crate) async fn put_machine_item(&self, machine: &StateMachine) -> Result<MachineChange, StoreError> {
        let Some(expected) = machine.version.checked_sub(1) else {
            return machine.written_over(None);
        };
        let condition = match expected {
            0 => Expression::new().on(ABSENT),
            _ => Expression::new().on("#version = :expected").value("expected", number(expected)),
        };
        let Conditional::Failed(said) = self.put(written(machine)?, condition).await? else {
            return Ok(MachineChange::Written);
        };
        let standing = self.standing(&Key::Machine { arn: &machine.arn }, said).await?;
        let standing = standing.map(|item| read(&item)).transpose()?;
        // Where it would be written now, it was changed meanwhile: that is a conflict too.
        let is_own = standing.as_ref() == Some(machine);
        Ok(if is_own { MachineChange::Written } else { MachineChange::Conflict })
    }

    pub(crate) async fn machine_item(&self, arn: &str) -> Result<Option<StateMachine>, StoreError> {
        let machine = self.get(&Key::Machine { arn }).await?.map(|item| read(&item)).transpose()?;
        Ok(machine.filter(|machine| machine.arn == arn))
    }

    pub(crate) async fn machine_items(&self, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, StoreError> {
        let request = self.client().query().expression_attribute_values(":machines", string(MACHINES)).consistent_read(true);
        let request = match after {
            // A sort key is never empty.
            None | Some("") => request.key_condition_expression("pk = :machines"),
            Some(after) => request
                .key_condition_expression("pk = :machines AND sk > :after")
                .expression_attribute_values(":after", string(after)),
        };
        self.query(request, limit).await?.iter().map(read).collect()
    }
}

/// The item of a state machine.
pub(crate) fn written(machine: &StateMachine) -> Result<Attributes, StoreError> {
    let StateMachine { name, arn, kind, role_arn, definition, created_at, updated_at, revision_id, settings, version } = machine;
    let mut item = Key::Machine { arn }.new_item();
    let attributes = [
        ("name", Some(string(name))),
        ("arn", Some(string(arn))),
        ("kind", Some(string(kind))),
        ("role_arn", Some(string(role_arn))),
        ("definition", Some(string(&definition.0))),
        ("created_at", Some(number(created_at.millis()))),
        ("updated_at", Some(number(updated_at.millis()))),
        ("revision_id", revision_id.as_ref().map(string)),
        ("settings", Some(content(&json_text(settings)?)?)),
        ("version", Some(number(version))),
    ];
    item.extend(attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Ok(item)
}

/// The state machine of an item.
pub(crate) fn read(item: &Attributes) -> Result<StateMachine, StoreError> {
    let stored = Stored::open(item)?;
    let text = |name: &str| stored.text(name).map(str::to_owned);
    Ok(StateMachine {
        name: text("name")?,
        arn: text("arn")?,
        kind: text("kind")?,
        role_arn: text("role_arn")?,
        definition: DefinitionHash(text("definition")?),
        created_at: Timestamp::from_millis(stored.number("created_at")?),
        updated_at: Timestamp::from_millis(stored.number("updated_at")?),
        revision_id: stored.optional_text("revision_id")?.map(str::to_owned),
        settings: stored.json("settings")?,
        version: stored.number("version")?,
    })
}
