//! The item of a head: its attributes, and how a change of a head is a change of them.

use aws_sdk_dynamodb::types::AttributeValue;
use interpreter::{DefinitionHash, ExecutionId, ExecutionStatus, Identity, Timestamp, ValueHash};
use store::{Head, HeadRecord, ListPosition, StoreError};

use crate::attributes::{Attributes, Stored, content, corrupt, input_content, json_text, number, string};
use crate::expression::Expression;
use crate::key::Key;
use crate::retention::RENEWED_AT;
use crate::table::{DUE_SHARD, EXECUTION_ID, LIST_PARTITION, LIST_PLACE, WAKE_AT};

/// Partitions of the index `due`. One takes 1,000 writes a second, of which an execution makes one at its start and two each time that
/// `wake_at` moves: eight carry 2,000 moves and 4,000 starts a second.
pub(crate) const DUE_SHARDS: u32 = 8;

/// Partitions of the index `list` per machine and status. A start writes one of RUNNING's, an end deletes it there: four carry 2,000
/// executions a second of one machine.
pub(crate) const LIST_SHARDS: u32 = 4;

/// Who waits for the execution's end.
const PARENT: &str = "parent";

/// All statuses.
pub(crate) const STATUSES: [ExecutionStatus; 5] = [
    ExecutionStatus::Running,
    ExecutionStatus::Succeeded,
    ExecutionStatus::Failed,
    ExecutionStatus::TimedOut,
    ExecutionStatus::Aborted,
];

/// The item of a head.
pub(crate) fn written(record: &HeadRecord) -> Result<Attributes, StoreError> {
    let head = &record.head;
    let Identity { id, name, arn, machine_name, machine_arn, role_arn, version_arn, alias_arn } = &head.identity;
    let mut item = Key::Head { execution_arn: arn }.new_item();
    let fixed = [
        (EXECUTION_ID, string(id.as_str())),
        ("name", string(name)),
        ("arn", string(arn)),
        ("machine_name", string(machine_name)),
        ("machine_arn", string(machine_arn)),
        ("role_arn", string(role_arn)),
        ("definition", string(&head.definition.0)),
        ("input", input_content(&json_text(&head.input)?)?),
        ("input_hash", string(&head.input_hash.0)),
        ("started_at", number(head.started_at.millis())),
        (LIST_PLACE, string(list_place(&ListPosition::of(head)))),
    ];
    item.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    let qualifiers = [("version_arn", version_arn), ("alias_arn", alias_arn)];
    item.extend(qualifiers.into_iter().filter_map(|(name, arn)| Some((name.to_owned(), string(arn.as_ref()?)))));
    if let Some(parent) = &head.parent {
        item.insert(PARENT.to_owned(), content(&json_text(parent)?)?);
    }
    item.extend(head.renewed_at.map(|at| (RENEWED_AT.to_owned(), number(at.millis()))));
    let moving = changing(record).into_iter().chain(indexed(record));
    item.extend(moving.filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Ok(item)
}

/// The head of an item.
pub(crate) fn read(item: &Attributes) -> Result<HeadRecord, StoreError> {
    let stored = Stored::open(item)?;
    let text = |name: &str| stored.text(name).map(str::to_owned);
    let instant = |name: &str| Ok::<_, StoreError>(stored.optional_number(name)?.map(Timestamp::from_millis));
    let identity = Identity {
        id: ExecutionId(text(EXECUTION_ID)?),
        name: text("name")?,
        arn: text("arn")?,
        machine_name: text("machine_name")?,
        machine_arn: text("machine_arn")?,
        role_arn: text("role_arn")?,
        version_arn: stored.optional_text("version_arn")?.map(str::to_owned),
        alias_arn: stored.optional_text("alias_arn")?.map(str::to_owned),
    };
    let head = Head {
        identity,
        definition: DefinitionHash(text("definition")?),
        input: stored.json("input")?,
        input_hash: ValueHash(text("input_hash")?),
        status: status_named(stored.text("status")?)?,
        started_at: Timestamp::from_millis(stored.number("started_at")?),
        closed_at: instant("closed_at")?,
        wake_at: instant(WAKE_AT)?,
        wake_revision: stored.number("wake_revision")?,
        renewed_at: instant(RENEWED_AT)?,
        parent: if item.contains_key(PARENT) { Some(stored.json(PARENT)?) } else { None },
    };
    Ok(HeadRecord { head, told_revision: stored.number("told_revision")? })
}

/// An attribute that may be there.
type Attribute = (&'static str, Option<AttributeValue>);

/// The attributes of a record that changes change.
fn changing(record: &HeadRecord) -> [Attribute; 5] {
    let head = &record.head;
    [
        ("status", Some(string(head.status.as_str()))),
        ("closed_at", head.closed_at.map(|at| number(at.millis()))),
        (WAKE_AT, head.wake_at.map(|at| number(at.millis()))),
        ("wake_revision", Some(number(head.wake_revision))),
        ("told_revision", Some(number(record.told_revision))),
    ]
}

/// The attributes of the indexes, which follow from those.
fn indexed(record: &HeadRecord) -> [Attribute; 2] {
    let shard = record.due_at().map(|_| string(due_shard(&record.head.identity.id)));
    [(DUE_SHARD, shard), (LIST_PARTITION, Some(string(list_partition_of(&record.head))))]
}

/// The change from `before` to `after`, on condition that the head is still as it was `before`.
pub(crate) fn change(before: &HeadRecord, after: &HeadRecord) -> Expression {
    let unchanged =
        changing(before).into_iter().fold(of(&before.head.identity), |change, (name, was)| change.on_unchanged(name, was));
    let was = changing(before).into_iter().chain(indexed(before));
    let is = changing(after).into_iter().chain(indexed(after));
    was.zip(is).filter(|((_, was), (_, is))| was != is).fold(unchanged, |change, (_, (name, is))| change.set_or_remove(name, is))
}

/// Nothing yet, on condition that the head is this execution's.
pub(crate) fn of(identity: &Identity) -> Expression {
    Expression::new().on("#id = :id").value("id", string(identity.id.as_str()))
}

/// Where the open heads of an execution stand in the index `due`.
pub(crate) fn due_shard(execution: &ExecutionId) -> String {
    shard(execution, DUE_SHARDS).to_string()
}

fn list_partition_of(head: &Head) -> String {
    list_partition(&head.identity.machine_arn, head.status, shard(&head.identity.id, LIST_SHARDS))
}

/// Where the head of this execution stands in the index `list` while it has this status.
pub(crate) fn list_partition_with(identity: &Identity, status: ExecutionStatus) -> String {
    list_partition(&identity.machine_arn, status, shard(&identity.id, LIST_SHARDS))
}

/// A partition of the index `list`.
pub(crate) fn list_partition(machine_arn: &str, status: ExecutionStatus, shard: u32) -> String {
    format!("{machine_arn}#{}#{shard}", status.as_str())
}

/// A place in a partition of the index `list`: sorts as starts do. Before 1970 nothing was started.
pub(crate) fn list_place(position: &ListPosition) -> String {
    format!("{:016}#{}", position.started_at.millis().max(0), position.execution)
}

/// The position that [`list_place`] wrote.
pub(crate) fn list_position(place: &str) -> Result<ListPosition, StoreError> {
    let position = place.split_once('#').and_then(|(millis, execution)| {
        let started_at = Timestamp::from_millis(millis.parse().ok()?);
        Some(ListPosition { started_at, execution: ExecutionId(execution.to_owned()) })
    });
    position.ok_or_else(|| corrupt(LIST_PLACE, "is no place in a list"))
}

/// Never changes: FNV-1a of the id, by which heads were written where they are.
fn shard(execution: &ExecutionId, shards: u32) -> u32 {
    let hash = execution.as_str().bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % shards
}

fn status_named(name: &str) -> Result<ExecutionStatus, StoreError> {
    let found = STATUSES.into_iter().find(|status| status.as_str() == name);
    found.ok_or_else(|| corrupt("status", "is no status of an execution"))
}

#[cfg(test)]
mod tests {
    use store::contract::samples::{at, head, identity};

    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let mut record = HeadRecord::new(head("orders", "o-1", 0));
        assert_eq!(read(&written(&record).unwrap()).unwrap(), record);
        record.report(ExecutionStatus::TimedOut, Some(at(9)), None, 7);
        record.renew(at(60));
        assert_eq!(read(&written(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn a_head_is_due_while_it_is_open_or_parked() {
        let mut record = HeadRecord::new(head("orders", "o-1", 0));
        assert!(written(&record).unwrap().contains_key(DUE_SHARD));
        record.report(ExecutionStatus::Aborted, Some(at(9)), Some(at(10)), 7);
        assert!(written(&record).unwrap().contains_key(DUE_SHARD));
        record.report(ExecutionStatus::Running, None, Some(at(10)), 9);
        record.report(ExecutionStatus::Aborted, Some(at(11)), None, 10);
        let closed = written(&record).unwrap();
        assert!(!closed.contains_key(DUE_SHARD) && !closed.contains_key(WAKE_AT));
    }

    #[test]
    fn a_head_with_its_input_by_reference_or_one_as_an_order_is_one_write_unit() {
        let order = include_str!("../../../events/orders/success.json");
        let order = serde_json::from_str::<serde_json::Value>(order).unwrap().to_string();
        for input in [interpreter::Payload::item(ValueHash::of("x"), 200_000), interpreter::Payload::inline(order)] {
            let mut head = head("order-fulfillment", "order-0123456789-0123456789", 0);
            head.input = input;
            let record = HeadRecord::new(head);
            let item = written(&record).unwrap();
            assert_eq!(read(&item).unwrap(), record);
            let text = |value: &AttributeValue| value.as_s().or(value.as_n()).map_or(0, String::len);
            let length = |value: &AttributeValue| value.as_b().map_or_else(|_| text(value), |blob| blob.as_ref().len());
            let bytes: usize = item.iter().map(|(name, value)| name.len() + length(value)).sum();
            assert!(bytes <= 1024, "{bytes} bytes");
        }
    }

    #[test]
    fn a_change_touches_what_differs_and_depends_on_all_of_it() {
        let before = HeadRecord::new(head("orders", "o-1", 5));
        let mut after = before.clone();
        after.lower_wake(at(1), 3);
        let change = change(&before, &after);
        assert_eq!(change.update().unwrap(), "SET #wake_at = :wake_at, #wake_revision = :wake_revision");
        for name in ["status", "closed_at", "wake_at", "wake_revision", "told_revision"] {
            assert!(change.condition().unwrap().contains(&format!("#{name}")), "{name}");
        }
    }

    #[test]
    fn executions_spread_over_the_shards_and_stay_there() {
        let shards: Vec<u32> = (0..64).map(|n| shard(&identity("orders", &format!("o-{n}")).id, 8)).collect();
        assert!((0..8).all(|wanted| shards.contains(&wanted)), "{shards:?}");
        assert_eq!(shard(&ExecutionId("00112233445566778899aabbccddeeff".to_owned()), 8), 1);
    }
}
