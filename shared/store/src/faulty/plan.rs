//! Which calls of a store fail, and how.

use std::collections::BTreeMap;

/// An operation of the two ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named as the operations of the ports")]
pub enum Operation {
    CreateHead,
    Head,
    HeadOf,
    ListHeads,
    LowerWake,
    RaiseWake,
    Report,
    RenewalIsDue,
    Renew,
    Due,
    LatestEntry,
    Entries,
    PutEntry,
    PutValues,
    Values,
    PutDefinition,
    Definition,
    PutMachine,
    Machine,
    ListMachines,
    DeleteMachine,
    Ledger,
    PutLedger,
    Transact,
    Heartbeat,
    Item,
    Items,
}

impl Operation {
    /// The operations that write.
    pub const WRITES: [Self; 13] = [
        Self::CreateHead,
        Self::LowerWake,
        Self::RaiseWake,
        Self::Report,
        Self::Renew,
        Self::PutEntry,
        Self::PutValues,
        Self::PutDefinition,
        Self::PutMachine,
        Self::DeleteMachine,
        Self::PutLedger,
        Self::Transact,
        Self::Heartbeat,
    ];

    /// Whether it writes.
    pub fn is_write(self) -> bool {
        Self::WRITES.contains(&self)
    }
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Unavailable, before any effect.
    Unavailable,
    /// The call had its effect, but its answer was lost: unavailable all the same.
    LostAnswer,
    /// Another writer was first, it says. `put_entry` and `put_machine` answer `Conflict`, `put_ledger` and `raise_wake` answer `false`,
    /// `transact` is cancelled by a conflict (retryable, no business answer); nothing is written. Anything else is unavailable.
    Conflict,
    /// What is asked for was written by a newer release; nothing is done. Only by script.
    NewerFormat,
}

/// Which calls fail, and how. Calls are counted from 1 since the plan was made; what was planned first decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FaultPlan {
    scripted: BTreeMap<(Operation, u64), Fault>,
    always: BTreeMap<Operation, Fault>,
    death: Option<Death>,
    chance: Option<Chance>,
}

/// From which write on nothing reaches the store any more: the caller's process was killed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Death {
    write: u64,
    with_effect: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Chance {
    seed: u64,
    per_thousand: u64,
}

/// How often was called so far, this call included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// This operation.
    pub(super) of_operation: u64,
    /// Any operation that writes.
    pub(super) of_writes: u64,
    /// Any operation.
    pub(super) of_all: u64,
}

impl FaultPlan {
    /// Nothing fails.
    pub fn none() -> Self {
        Self::default()
    }

    /// Each call fails with a chance of `per_thousand`, decided by `seed` and the number of the call: the same sequence of calls meets the same faults.
    pub fn seeded(seed: u64, per_thousand: u64) -> Self {
        Self { chance: Some(Chance { seed, per_thousand }), ..Self::default() }
    }

    /// The `nth` call of `operation` fails.
    #[must_use]
    pub fn at(mut self, operation: Operation, nth: u64, fault: Fault) -> Self {
        self.scripted.insert((operation, nth), fault);
        self
    }

    /// Each call of `operation` fails.
    #[must_use]
    pub fn always(mut self, operation: Operation, fault: Fault) -> Self {
        self.always.insert(operation, fault);
        self
    }

    /// The process is killed before its `write`th write: that one, and every call of any kind from then on, is unavailable.
    #[must_use]
    pub fn killed_before(self, write: u64) -> Self {
        Self { death: Some(Death { write, with_effect: false }), ..self }
    }

    /// The process is killed after its `write`th write took effect, before it heard of it; every later call of any kind is unavailable.
    #[must_use]
    pub fn killed_after(self, write: u64) -> Self {
        Self { death: Some(Death { write, with_effect: true }), ..self }
    }

    /// How this call fails; `None` if it does not.
    pub(super) fn fault(&self, operation: Operation, counted: Counted) -> Option<Fault> {
        self.scripted
            .get(&(operation, counted.of_operation))
            .or_else(|| self.always.get(&operation))
            .copied()
            .or_else(|| self.death?.fault(operation, counted))
            .or_else(|| self.chance?.fault(operation, counted))
    }
}

impl Death {
    fn fault(self, operation: Operation, counted: Counted) -> Option<Fault> {
        if counted.of_writes < self.write {
            return None;
        }
        let the_write = operation.is_write() && counted.of_writes == self.write;
        if the_write && self.with_effect {
            return Some(Fault::LostAnswer);
        }
        Some(Fault::Unavailable)
    }
}

impl Chance {
    fn fault(self, operation: Operation, counted: Counted) -> Option<Fault> {
        let drawn = scramble(self.seed ^ scramble(counted.of_all));
        if drawn % 1000 >= self.per_thousand {
            return None;
        }
        Some(match (drawn / 1000) % 3 {
            0 if operation.is_write() => Fault::LostAnswer,
            1 if operation.is_write() => Fault::Conflict,
            _ => Fault::Unavailable,
        })
    }
}

/// SplitMix64's output function (Steele, Lea, Flood 2014): neighbouring numbers become unlike each other.
fn scramble(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
