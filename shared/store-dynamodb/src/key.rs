//! The table's schema: every kind of item, by its key. See `docs/items.md` for the attributes.
//!
//! Partition keys begin with a letter per kind, so that a policy on `dynamodb:LeadingKeys` can say what a function reaches: a
//! worker is given `V#*`, `L#*` and its own `W#...`, and so never a journal (ARCHITECTURE.md, invariant 6).

use aws_sdk_dynamodb::types::AttributeValue;
use interpreter::{DefinitionHash, ExecutionId, IdempotencyKey, ValueHash};
use store::ItemKey;

use crate::attributes::{Attributes, FORMAT, number};

/// The partition key's attribute.
pub const PARTITION_KEY: &str = "pk";
/// The sort key's attribute.
pub const SORT_KEY: &str = "sk";
/// The attribute by which DynamoDB deletes what has expired: seconds since 1970.
pub const EXPIRES_AT: &str = "expires_at";

/// The key of an item: each variant is a kind of item. Neither prefixes nor forms ever change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// `X#EXECUTION` / `REVISION` (20 digits): a journal entry. Put once on condition that there is none, never updated.
    Entry {
        /// The execution.
        execution: &'a ExecutionId,
        /// The entry's number.
        revision: u64,
    },
    /// `V#EXECUTION` / `HASH`: a value item. Put once, read by whoever a state, an event or a message refers to it.
    Value {
        /// The execution.
        execution: &'a ExecutionId,
        /// The hash of its text.
        hash: &'a ValueHash,
    },
    /// `L#EXECUTION` / `KEY`: the ledger entry of an idempotency key. The execution is what precedes the key's first `/`.
    Ledger(&'a IdempotencyKey),
    /// `H#EXECUTION-ARN` / `head`: the head of an execution. Its key makes names unique; `due` and `list` are projections of it.
    Head {
        /// `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`.
        execution_arn: &'a str,
    },
    /// `I#EXECUTION` / `head`: the ARN under which the head of an execution stands. Written before the head, so that a head is never
    /// found by a wake without being found by its id; one without a head is what a start left that lost its name to another.
    HeadOf(&'a ExecutionId),
    /// `D#HASH` / `text`: a definition's text. Put once.
    Definition(&'a DefinitionHash),
    /// `M` / `NAME`: a state machine. One partition for all: there are few, they are listed by name, and hardly ever written.
    Machine {
        /// `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`.
        arn: &'a str,
    },
    /// `A` / `MACHINE-ARN`: that there are heads of this state machine, for listing all heads. Never deleted: heads outlive machines.
    ListedMachine {
        /// The state machine's ARN.
        arn: &'a str,
    },
    /// `W#PARTITION` / `SORT`: an item of a handler's own.
    Item(&'a ItemKey),
}

impl Key<'_> {
    /// The partition key's value.
    pub fn partition(&self) -> String {
        match self {
            Self::Entry { execution, .. } => entries_of(execution),
            Self::Value { execution, .. } => values_of(execution),
            Self::Ledger(key) => ledger_of(execution_in(key)),
            Self::Head { execution_arn } => format!("H#{execution_arn}"),
            Self::HeadOf(execution) => format!("I#{execution}"),
            Self::Definition(hash) => format!("D#{hash}"),
            Self::Machine { .. } => MACHINES.to_owned(),
            Self::ListedMachine { .. } => LISTED_MACHINES.to_owned(),
            Self::Item(key) => items_in(&key.partition),
        }
    }

    /// The sort key's value.
    pub fn sort(&self) -> String {
        match self {
            Self::Entry { revision, .. } => revision_text(*revision),
            Self::Value { hash, .. } => hash.to_string(),
            Self::Ledger(key) => key.to_string(),
            Self::Head { .. } | Self::HeadOf(_) => "head".to_owned(),
            Self::Definition(_) => "text".to_owned(),
            Self::Machine { arn } => machine_name_in(arn).to_owned(),
            Self::ListedMachine { arn } => (*arn).to_owned(),
            Self::Item(key) => key.sort.clone(),
        }
    }

    /// As attributes.
    pub(crate) fn attributes(&self) -> Attributes {
        Attributes::from([
            (PARTITION_KEY.to_owned(), AttributeValue::S(self.partition())),
            (SORT_KEY.to_owned(), AttributeValue::S(self.sort())),
        ])
    }

    /// An item with this key and the format, and nothing else yet.
    pub(crate) fn new_item(&self) -> Attributes {
        let mut item = self.attributes();
        item.insert("format".to_owned(), number(FORMAT));
        item
    }
}

/// The partition of all state machines.
pub(crate) const MACHINES: &str = "M";

/// The partition of all state machines that have heads.
pub(crate) const LISTED_MACHINES: &str = "A";

/// The partition of an execution's journal.
pub(crate) fn entries_of(execution: &ExecutionId) -> String {
    format!("X#{execution}")
}

/// The partition of an execution's value items.
pub(crate) fn values_of(execution: &ExecutionId) -> String {
    format!("V#{execution}")
}

/// The partition of an execution's ledger.
pub(crate) fn ledger_of(execution: &str) -> String {
    format!("L#{execution}")
}

/// The partition of a handler's items.
pub(crate) fn items_in(partition: &str) -> String {
    format!("W#{partition}")
}

/// A revision as a sort key: as many digits as the largest has, so that text sorts as numbers do.
pub(crate) fn revision_text(revision: u64) -> String {
    format!("{revision:020}")
}

fn execution_in(key: &IdempotencyKey) -> &str {
    key.as_str().split_once('/').map_or(key.as_str(), |(execution, _)| execution)
}

fn machine_name_in(arn: &str) -> &str {
    arn.rsplit_once(':').map_or(arn, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: Key<'_>, partition: &str, sort: &str) {
        assert_eq!((key.partition().as_str(), key.sort().as_str()), (partition, sort));
    }

    #[test]
    fn keys_are_what_they_have_always_been() {
        let execution = ExecutionId("00ff".to_owned());
        let key = IdempotencyKey::of_action(&execution, "Charge/Payment", 2, Some(7));
        let item = ItemKey { partition: "stock".to_owned(), sort: "SKU-1".to_owned() };
        check(Key::Entry { execution: &execution, revision: 12 }, "X#00ff", "00000000000000000012");
        check(Key::Entry { execution: &execution, revision: u64::MAX }, "X#00ff", "18446744073709551615");
        check(Key::Value { execution: &execution, hash: &ValueHash("ab_-".to_owned()) }, "V#00ff", "ab_-");
        check(Key::Ledger(&key), "L#00ff", "00ff/Charge/Payment/2/7");
        check(Key::Ledger(&key.of_compensation()), "L#00ff", "00ff/Charge/Payment/2/7/undo");
        check(Key::Head { execution_arn: "arn:x:execution:m:n" }, "H#arn:x:execution:m:n", "head");
        check(Key::HeadOf(&execution), "I#00ff", "head");
        check(Key::Definition(&DefinitionHash("0a".to_owned())), "D#0a", "text");
        check(Key::Machine { arn: "arn:x:stateMachine:orders" }, "M", "orders");
        check(Key::ListedMachine { arn: "arn:x:stateMachine:orders" }, "A", "arn:x:stateMachine:orders");
        check(Key::Item(&item), "W#stock", "SKU-1");
    }

    #[test]
    fn entries_sort_by_revision() {
        assert!(revision_text(9) < revision_text(10));
        assert!(revision_text(u64::MAX - 1) < revision_text(u64::MAX));
    }
}
