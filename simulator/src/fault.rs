//! What goes wrong: drawn once per opportunity, numbered, counted, and each by itself removable.
//!
//! An *opportunity* is anything at which something may go wrong: a call of a port, a message on its way, a tick of the world. Opportunities are numbered
//! in their order, and what happens at one depends on the seed, its number and its kind alone. So a fault can be removed without
//! touching those before it, and those behind it stay what they were as long as the run does: that is what makes a failing seed small.

use std::collections::{BTreeMap, BTreeSet};

use crate::options::Options;
use crate::random::mixed;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A call does not reach its service.
    Unreached,
    /// A call has its effect, and its answer is lost.
    AnswerLost,
    /// A write is repeated on its way: the second meets what the first has written.
    Repeated,
    /// A process is stopped before its call has an effect.
    KilledBefore,
    /// A process is stopped after its call has had its effect.
    KilledAfter,
    /// A host goes down with all that runs on it.
    HostKilled,
    /// A process is paused before its call, and goes on later.
    PausedBefore,
    /// A process is paused after its call, and goes on later.
    PausedAfter,
    /// A host is paused with all that runs on it.
    HostPaused,
    /// A queue answers that it did not take some of a batch.
    EntriesFailed,
    /// A queue refuses a batch for good.
    Refused,
    /// A message comes twice.
    Duplicated,
    /// A message comes late.
    Delayed,
    /// A handled message is not deleted.
    NotDeleted,
    /// What an index answers is out of date.
    StaleIndex,
    /// A host's clock jumps.
    ClockJumped,
    /// A queue loses everything.
    Purged,
    /// The watch does not look.
    WatchSkipped,
    /// A provider outside is down: it takes nothing.
    ProviderDown,
    /// A message that nobody can read.
    Garbage,
    /// A message of a newer release.
    NewerFormat,
    /// Somebody answers a task by a token that is not its.
    WrongToken,
    /// Dead letters are put back into their queue.
    DeadLettersRedriven,
    /// A task's queue cannot be reached for a while, for good as it says: all that is sent to it is refused.
    QueueDenied,
    /// The table's expiry deletes all that is past it.
    Swept,
    /// A task is answered by a token of a revision that is not there, as of a table that was restored.
    FutureToken,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::Unreached,
        Self::AnswerLost,
        Self::Repeated,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::HostKilled,
        Self::PausedBefore,
        Self::PausedAfter,
        Self::HostPaused,
        Self::EntriesFailed,
        Self::Refused,
        Self::Duplicated,
        Self::Delayed,
        Self::NotDeleted,
        Self::StaleIndex,
        Self::ClockJumped,
        Self::Purged,
        Self::WatchSkipped,
        Self::ProviderDown,
        Self::Garbage,
        Self::NewerFormat,
        Self::WrongToken,
        Self::DeadLettersRedriven,
        Self::QueueDenied,
        Self::Swept,
        Self::FutureToken,
    ];

    /// As reports and traces write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreached => "unreached",
            Self::AnswerLost => "answer-lost",
            Self::Repeated => "repeated",
            Self::KilledBefore => "killed-before",
            Self::KilledAfter => "killed-after",
            Self::HostKilled => "host-killed",
            Self::PausedBefore => "paused-before",
            Self::PausedAfter => "paused-after",
            Self::HostPaused => "host-paused",
            Self::EntriesFailed => "entries-failed",
            Self::Refused => "refused",
            Self::Duplicated => "duplicated",
            Self::Delayed => "delayed",
            Self::NotDeleted => "not-deleted",
            Self::StaleIndex => "stale-index",
            Self::ClockJumped => "clock-jumped",
            Self::Purged => "purged",
            Self::WatchSkipped => "watch-skipped",
            Self::ProviderDown => "provider-down",
            Self::Garbage => "garbage",
            Self::NewerFormat => "newer-format",
            Self::WrongToken => "wrong-token",
            Self::DeadLettersRedriven => "dead-letters-redriven",
            Self::QueueDenied => "queue-denied",
            Self::Swept => "swept",
            Self::FutureToken => "future-token",
        }
    }
}

/// What an opportunity is: which faults are possible at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opportunity {
    /// A consistent read of the store or the ledger.
    Read,
    /// A read of an index, which may lag behind.
    IndexRead,
    /// A write of the store or the ledger.
    Write,
    /// A batch that is sent.
    Send,
    /// A message that a queue has taken.
    Transit,
    /// A handled message that is to be deleted or given back.
    Settle,
    /// A request to a provider outside.
    Provider,
    /// A minute of the watch.
    Watch,
    /// A second of the world, in which anything may happen to anybody.
    World,
}

impl Opportunity {
    fn faults(self) -> &'static [Fault] {
        use Fault::{
            AnswerLost, ClockJumped, DeadLettersRedriven, Delayed, Duplicated, EntriesFailed, FutureToken, Garbage, HostKilled,
            HostPaused, KilledAfter, KilledBefore, NewerFormat, NotDeleted, PausedAfter, PausedBefore, ProviderDown, Purged,
            QueueDenied, Refused, Repeated, StaleIndex, Swept, Unreached, WatchSkipped, WrongToken,
        };
        match self {
            Self::Read => &[Unreached, KilledBefore, KilledAfter, HostKilled, PausedBefore, PausedAfter, HostPaused],
            Self::IndexRead => &[Unreached, KilledAfter, PausedAfter, StaleIndex],
            Self::Write => {
                &[Unreached, AnswerLost, Repeated, KilledBefore, KilledAfter, HostKilled, PausedBefore, PausedAfter, HostPaused]
            }
            Self::Send => {
                &[Unreached, AnswerLost, KilledBefore, KilledAfter, HostKilled, PausedBefore, PausedAfter, EntriesFailed, Refused]
            }
            Self::Transit => &[Duplicated, Delayed],
            Self::Settle => &[NotDeleted],
            Self::Provider => &[ProviderDown, Unreached, AnswerLost, KilledBefore, KilledAfter, PausedBefore, PausedAfter],
            Self::Watch => &[WatchSkipped],
            Self::World => {
                &[ClockJumped, Purged, Garbage, NewerFormat, WrongToken, DeadLettersRedriven, QueueDenied, Swept, FutureToken]
            }
        }
    }
}

/// A fault that strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// The opportunity's number.
    pub number: u64,
    /// What goes wrong.
    pub fault: Fault,
    /// Random bits for whatever is to be drawn about it.
    pub bits: u64,
}

impl Strike {
    /// A number from `least` to `most` (both included) that the strike determines.
    pub fn within(&self, least: u64, most: u64) -> u64 {
        least + mixed(self.bits) % (most.saturating_sub(least) + 1)
    }
}

/// Which faults are let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted {
    /// No fault strikes behind this opportunity.
    pub up_to: u64,
    /// Nor at these.
    pub without: BTreeSet<u64>,
}

impl Default for Permitted {
    fn default() -> Self {
        Self { up_to: u64::MAX, without: BTreeSet::new() }
    }
}

/// Draws faults, and keeps what struck.
#[derive(Debug)]
pub struct Faults {
    seed: u64,
    next: u64,
    permitted: Permitted,
    per_million: BTreeMap<Fault, u64>,
    has_ceased: bool,
    struck: Vec<Strike>,
}

impl Faults {
    /// The faults of a seed, as likely as its options say.
    pub fn new(seed: u64, options: &Options, permitted: Permitted) -> Self {
        let per_million = options.per_million.clone();
        Self { seed: mixed(seed), next: 0, permitted, per_million, has_ceased: false, struck: Vec::new() }
    }

    /// From now on nothing goes wrong.
    pub fn cease(&mut self) {
        self.has_ceased = true;
    }

    /// Whether nothing goes wrong any more.
    pub fn has_ceased(&self) -> bool {
        self.has_ceased
    }

    /// What goes wrong at an opportunity, if anything.
    pub fn draw(&mut self, opportunity: Opportunity) -> Option<Strike> {
        let number = self.next;
        self.next += 1;
        if self.has_ceased || number > self.permitted.up_to {
            return None;
        }
        let bits = mixed(self.seed ^ mixed(number));
        let mut place = bits % 1_000_000;
        let likely = |fault: &Fault| self.per_million.get(fault).copied().unwrap_or(0);
        let fault = opportunity.faults().iter().find(|fault| {
            let likely = likely(fault);
            let strikes = place < likely;
            place = place.saturating_sub(likely);
            strikes
        })?;
        if self.permitted.without.contains(&number) {
            return None;
        }
        let strike = Strike { number, fault: *fault, bits: mixed(bits) };
        self.struck.push(strike);
        Some(strike)
    }

    /// What struck so far, in its order.
    pub fn struck(&self) -> &[Strike] {
        &self.struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(permitted: Permitted) -> Vec<Strike> {
        let mut options = Options::quiet();
        options.per_million.insert(Fault::Unreached, 100_000);
        let mut faults = Faults::new(1, &options, permitted);
        (0..1_000).filter_map(|_| faults.draw(Opportunity::Read)).collect()
    }

    #[test]
    fn faults_are_as_likely_as_the_options_say() {
        assert!((60..140).contains(&drawn(Permitted::default()).len()));
    }

    #[test]
    fn removing_one_fault_leaves_the_others_as_they_were() {
        let all = drawn(Permitted::default());
        let without = Permitted { without: [all[3].number].into(), ..Permitted::default() };
        let expected: Vec<Strike> = all.iter().filter(|strike| strike.number != all[3].number).copied().collect();
        assert_eq!(drawn(without), expected);
    }

    #[test]
    fn a_prefix_has_the_first_faults_only() {
        let all = drawn(Permitted::default());
        let prefix = Permitted { up_to: all[5].number, ..Permitted::default() };
        assert_eq!(drawn(prefix), all[..6]);
    }
}
