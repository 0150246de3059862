//! What a failure leads to: which retrier, which catcher, by the error's name.

use asl::state::{JitterStrategy, Retrier};
use asl::{State, StateKind, error_name};

/// What is known of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The history names its error.
    Named(String),
    /// The history names its error. Or it was tried again and found that no more branches may be open, of which no event tells.
    NamedOrLimit(String),
    /// Not told by any event: an error of the data flow, or a limit that was reached.
    Silent,
}

impl Fault {
    /// Whether an execution may end with this error because of it.
    pub(super) fn may_be(&self, error: &str) -> bool {
        match self {
            Self::Named(named) => named == error,
            Self::NamedOrLimit(named) => named == error || error == error_name::LIMIT_EXCEEDED,
            Self::Silent => true,
        }
    }
}

/// What may become of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handling {
    /// Tried again by the retrier with this index, after so many milliseconds at least.
    Retry {
        /// Its index.
        retrier: usize,
        /// The least delay.
        millis: u64,
    },
    /// Taken by the catcher with this index.
    Catch(usize),
    /// Taken by nothing here.
    Uncaught,
}

/// What has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failing {
    /// A Task, or a compensation.
    Task {
        /// Whether it is to be heard of: then a timeout may be a lost heartbeat.
        hears: bool,
    },
    /// A Parallel or Map, with whatever its parts fail with.
    Part,
}

impl Failing {
    /// A Task.
    pub(super) fn task(task: &asl::state::Task) -> Self {
        Self::Task { hears: task.heartbeat.is_some() }
    }
}

/// How often each retrier was used.
#[derive(Debug, Clone, Default)]
pub(super) struct Retries {
    used: Vec<u64>,
    /// Whether it could not be told which retrier was used: any may have attempts left, or none.
    uncertain: bool,
}

impl Retries {
    /// How often a retrier was used.
    pub(super) fn used(&self, retrier: usize) -> u64 {
        self.used.get(retrier).copied().unwrap_or(0)
    }

    /// There was another attempt, by one of these.
    pub(super) fn count(&mut self, handlings: &[Handling]) {
        let mut retriers = handlings.iter().filter_map(|handling| match handling {
            Handling::Retry { retrier, .. } => Some(*retrier),
            Handling::Catch(_) | Handling::Uncaught => None,
        });
        let (Some(retrier), others) = (retriers.next(), retriers.count()) else { return };
        self.uncertain |= others > 0;
        self.used.resize(self.used.len().max(retrier + 1), 0);
        if let Some(used) = self.used.get_mut(retrier) {
            *used += 1;
        }
    }

    /// Some may have been used without a word of it.
    pub(super) fn doubt(&mut self) {
        self.uncertain = true;
    }

    /// Retriers begin anew.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Whether names match a failure; none if that cannot be told.
fn matches(names: &[String], fault: &Fault, failing: Failing) -> Option<bool> {
    match fault {
        Fault::Named(error) => named(names, error, failing),
        Fault::NamedOrLimit(error) => {
            let (told, limit) = (named(names, error, failing), named(names, error_name::LIMIT_EXCEEDED, failing));
            told.filter(|_| told == limit)
        }
        Fault::Silent => {
            // What a Parallel or Map fails with silently is none of a task's errors.
            let impossible =
                |name: &str| name == error_name::TIMEOUT || name == error_name::TASK_FAILED && failing == Failing::Part;
            let may = names.iter().any(|name| name.starts_with("States.") && !impossible(name));
            if may { None } else { Some(false) }
        }
    }
}

fn named(names: &[String], error: &str, failing: Failing) -> Option<bool> {
    if matches!(error, error_name::RUNTIME | error_name::COMPENSATION_FAILED) {
        return Some(false);
    }
    let is_timeout = error == error_name::TIMEOUT;
    let (of_task, hears) = (failing != Failing::Part, failing != Failing::Task { hears: false });
    let mut doubtful = false;
    for name in names {
        match name.as_str() {
            error_name::ALL => return Some(true),
            name if name == error => return Some(true),
            error_name::TASK_FAILED if of_task && !is_timeout && error != error_name::DATA_LIMIT_EXCEEDED => return Some(true),
            // A lost heartbeat is shown as a timeout.
            error_name::HEARTBEAT_TIMEOUT if is_timeout && hears => doubtful = true,
            _ => {}
        }
    }
    if doubtful { None } else { Some(false) }
}

/// What may become of a state's failure, given how often each of its retriers was used. One element if that is certain.
pub(super) fn handlings(state: &State, retries: &Retries, fault: &Fault) -> Vec<Handling> {
    let failing = match &state.kind {
        StateKind::Task(task) => Failing::task(task),
        _ => Failing::Part,
    };
    let (mut handlings, certain) = retryings(state.retriers(), retries, fault, failing);
    if certain {
        return handlings;
    }
    for (index, catcher) in state.catchers().iter().enumerate() {
        match matches(&catcher.error_equals, fault, failing) {
            Some(true) => {
                handlings.push(Handling::Catch(index));
                return handlings;
            }
            None => handlings.push(Handling::Catch(index)),
            Some(false) => {}
        }
    }
    handlings.push(Handling::Uncaught);
    handlings
}

/// Whether a retrier takes that no more branches may be open.
pub(super) fn retries_the_limit(state: &State) -> bool {
    let takes = |retrier: &Retrier| named(&retrier.error_equals, error_name::LIMIT_EXCEEDED, Failing::Part) != Some(false);
    state.retriers().iter().any(takes)
}

/// The least delay of all that may be.
pub(super) fn shortest(handlings: &[Handling]) -> Option<u64> {
    let delays = handlings.iter().filter_map(|handling| match handling {
        Handling::Retry { millis, .. } => Some(*millis),
        Handling::Catch(_) | Handling::Uncaught => None,
    });
    delays.min()
}

/// How retriers may take a failure, and whether one certainly does.
pub(super) fn retryings(retriers: &[Retrier], retries: &Retries, fault: &Fault, failing: Failing) -> (Vec<Handling>, bool) {
    let mut handlings = Vec::new();
    // One that is spent and may match decides that there is no other attempt.
    let mut may_be_spent = false;
    for (index, retrier) in retriers.iter().enumerate() {
        let spent = retries.used(index);
        // What was counted for one retrier may have been another's.
        let rounds = if retries.uncertain { 0 } else { spent };
        let retry = Handling::Retry { retrier: index, millis: least_delay(retrier, rounds) };
        match (matches(&retrier.error_equals, fault, failing), spent < retrier.max_attempts) {
            (Some(true), _) if retries.uncertain => {
                handlings.push(retry);
                return (handlings, false);
            }
            (Some(true), true) => {
                handlings.push(retry);
                return (handlings, !may_be_spent);
            }
            // The first that matches decides, also when it is spent.
            (Some(true), false) => return (handlings, false),
            (None, left) if left || retries.uncertain => handlings.push(retry),
            (None, _) => may_be_spent = true,
            (Some(false), _) => {}
        }
    }
    (handlings, false)
}

/// The least delay before another attempt, in milliseconds: with full jitter, none.
fn least_delay(retrier: &Retrier, spent: u64) -> u64 {
    if retrier.jitter == JitterStrategy::Full {
        return 0;
    }
    let rounds = i32::try_from(spent).unwrap_or(i32::MAX);
    let longest = retrier.max_delay_seconds.unwrap_or(asl::limits::MAX_SECONDS);
    #[expect(clippy::cast_precision_loss, reason = "seconds below 10^8")]
    let seconds = (retrier.interval_seconds as f64 * retrier.backoff_rate.powi(rounds)).min(longest as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10^11")]
    let millis = (seconds * 1_000.0).round() as u64;
    millis
}
