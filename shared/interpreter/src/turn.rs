//! A transition under way: the execution it changes and what it has made so far.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use asl::State;
use breaks::Break;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value;

use crate::{
    Execution, HistoryEvent, HistoryEventKind, Payload, Seed, StateFailure, Surroundings, Timestamp, TransitionError, ValueHash,
    read::Needs,
};

/// A transition under way.
pub(crate) struct Turn<'a> {
    pub(crate) surroundings: Surroundings<'a>,
    /// The execution being changed. Its `root` is taken out while it is worked on.
    pub(crate) execution: Execution,
    /// The time, which stands still.
    pub(crate) now: Timestamp,
    /// The revision that this transition will be.
    pub(crate) revision: u64,
    pub(crate) random: ChaCha8Rng,
    /// Bits of the seed, for what must not depend on how many numbers were drawn before.
    seed_bits: u64,
    /// Branches that are open, for the limit.
    pub(crate) open_branches: u32,
    events: Vec<HistoryEvent>,
    event_bytes: u64,
    values: BTreeMap<ValueHash, Arc<str>>,
    /// Value items parsed so far: a page is read once per item.
    parsed: RefCell<BTreeMap<ValueHash, Arc<Value>>>,
    states_visited: u32,
    commands_issued: u32,
}

/// What a finished turn has made.
pub(crate) struct Made {
    pub(crate) execution: Execution,
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) values: Vec<(ValueHash, Arc<str>)>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(surroundings: Surroundings<'a>, execution: Execution, now: Timestamp, seed: Seed) -> Self {
        let mut wide = [0; 32];
        for (place, byte) in wide.iter_mut().zip(seed.0) {
            *place = byte;
        }
        if breaks::active(Break::TransitionDrawsItself) {
            wide[31] = breaks::drawn();
        }
        let revision = execution.revision + 1;
        Self {
            surroundings,
            execution,
            now,
            revision,
            random: ChaCha8Rng::from_seed(wide),
            seed_bits: wide.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte)),
            open_branches: 0,
            events: Vec::new(),
            event_bytes: 0,
            values: BTreeMap::new(),
            parsed: RefCell::default(),
            states_visited: 0,
            commands_issued: 0,
        }
    }

    pub(crate) fn finish(self) -> Made {
        Made { execution: self.execution, events: self.events, values: self.values.into_iter().collect() }
    }

    /// The definition of a state.
    pub(crate) fn state(&self, name: &str) -> Result<&'a State, TransitionError> {
        self.surroundings.definition.state(name).ok_or_else(|| self.corrupt(format!("the definition has no state `{name}`")))
    }

    pub(crate) fn corrupt(&self, reason: impl Into<String>) -> TransitionError {
        TransitionError::Corrupt { execution: self.execution.identity.id.to_string(), reason: reason.into() }
    }

    /// Adds an event behind `previous` and answers its id.
    pub(crate) fn emit(&mut self, previous: u64, kind: HistoryEventKind) -> u64 {
        let id = self.execution.next_event;
        self.execution.next_event += 1;
        self.event_bytes += EVENT_OVERHEAD_BYTES + kind.inline_bytes();
        self.events.push(HistoryEvent { id, previous, at: self.now, kind });
        id
    }

    /// A number for a new visit.
    pub(crate) fn next_visit(&mut self) -> u64 {
        let number = self.execution.next_visit;
        self.execution.next_visit += 1;
        number
    }

    /// 128 random bits of this commit's seed.
    pub(crate) fn random_bits(&mut self) -> u128 {
        u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64())
    }

    /// A seed for the evaluations of a visit: another one for each visit and whenever something has happened.
    pub(crate) fn evaluation_seed(&self, visit: u64) -> u64 {
        self.seed_bits ^ self.execution.next_event.rotate_left(20) ^ visit.rotate_left(44)
    }

    /// What an event of this transition links to; none for an event of an earlier one.
    pub(crate) fn previous_of(&self, id: u64) -> Option<u64> {
        self.events.iter().rev().find(|event| event.id == id).map(|event| event.previous)
    }

    /// Whether one more state may be visited in this transition; counts it if so.
    pub(crate) fn may_visit_state(&mut self) -> bool {
        let limits = self.surroundings.limits;
        let times = if breaks::active(Break::StatesUnbounded) { 20 } else { 1 };
        let may = self.states_visited < limits.states_per_transition.saturating_mul(times)
            && self.event_bytes < limits.event_bytes_per_transition.saturating_mul(u64::from(times));
        self.states_visited += u32::from(may);
        may
    }

    /// Whether one more task may be scheduled in this transition; counts it if so.
    pub(crate) fn may_issue_command(&mut self) -> bool {
        let may =
            self.commands_issued < self.surroundings.limits.commands_per_transition || breaks::active(Break::CommandsUnbounded);
        self.commands_issued += u32::from(may);
        may
    }

    /// Branches that were open and are not any more.
    pub(crate) fn close_branches(&mut self, count: usize) {
        self.open_branches = self.open_branches.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// The value of a payload.
    pub(crate) fn value(&self, payload: &Payload) -> Result<Arc<Value>, TransitionError> {
        if let Some(value) = payload.cached() {
            return Ok(Arc::clone(value));
        }
        let text = match (payload.text(), payload.hash()) {
            (Some(text), _) => text,
            (None, Some(hash)) => self.text(hash)?,
            (None, None) => return Err(self.corrupt("a payload is neither text nor reference")),
        };
        let parsed = payload.hash().and_then(|hash| self.parsed.borrow().get(hash).cloned());
        let value = match parsed {
            Some(value) => value,
            None => {
                let value: Value =
                    serde_json::from_str(text).map_err(|error| self.corrupt(format!("a payload is not JSON: {error}")))?;
                Arc::new(value)
            }
        };
        if let Some(hash) = payload.hash() {
            self.parsed.borrow_mut().insert(hash.clone(), Arc::clone(&value));
        }
        payload.cache(Arc::clone(&value));
        Ok(value)
    }

    /// A page of Map items or results, by its hash.
    pub(crate) fn page(&self, hash: &ValueHash) -> Payload {
        Payload::item(hash.clone(), 0)
    }

    /// The text of a value item: of this transition, or loaded for it.
    pub(crate) fn text(&self, hash: &ValueHash) -> Result<&str, TransitionError> {
        let made = self.values.get(hash).or_else(|| self.surroundings.reads.values.get(hash));
        made.map(AsRef::as_ref).ok_or_else(|| TransitionError::Missing(Needs::value(hash.clone())))
    }

    /// Asks for all of these at once, rather than one a round.
    pub(crate) fn require<'p>(&self, payloads: impl Iterator<Item = &'p Payload>) -> Result<(), TransitionError> {
        let known = |hash: &ValueHash| self.values.contains_key(hash) || self.surroundings.reads.values.contains_key(hash);
        let missing = payloads.filter(|payload| payload.cached().is_none()).filter_map(Payload::hash).filter(|hash| !known(hash));
        let needs = Needs { values: missing.cloned().collect(), ..Needs::default() };
        if needs.is_empty() { Ok(()) } else { Err(TransitionError::Missing(needs)) }
    }

    /// Keeps a value: in place if it is small, else as a value item.
    pub(crate) fn seal(&mut self, value: Arc<Value>) -> Payload {
        let text = value.to_string();
        self.keep(value, text)
    }

    /// Keeps a value with this text.
    fn keep(&mut self, value: Arc<Value>, text: String) -> Payload {
        let bytes = length(&text);
        if bytes <= self.surroundings.limits.inline_bytes || breaks::active(Break::LargeValueInline) {
            return Payload::inline_value(value);
        }
        let hash = ValueHash::of(&text);
        self.values.insert(hash.clone(), text.into());
        Payload::item_of(hash, bytes, value)
    }

    /// Keeps a value that the program made, if it is not too large for a payload.
    pub(crate) fn seal_bounded(&mut self, value: Value, what: &dyn Fn() -> String) -> Result<Payload, StateFailure> {
        let limits = self.surroundings.limits;
        if crate::limits::exceeds_depth(&value, limits.payload_depth) && !breaks::active(Break::NestingUnlimited) {
            let cause = format!(
                "The state/task '{}' returned a result that is nested deeper than {} levels.",
                what(),
                limits.payload_depth
            );
            return Err(StateFailure::new(asl::error_name::DATA_LIMIT_EXCEEDED, cause));
        }
        let text = value.to_string();
        if breaks::active(Break::OversizeValueKept) {
            let _ = self.keep(Arc::new(value.clone()), text.clone());
        }
        // Before it is kept: a value item that no store takes would keep the whole entry from being written, for ever.
        if length(&text) <= limits.payload_bytes || breaks::active(Break::PayloadUnlimited) {
            return Ok(self.keep(Arc::new(value), text));
        }
        let cause = format!(
            "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.",
            what()
        );
        Err(StateFailure::new(asl::error_name::DATA_LIMIT_EXCEEDED, cause))
    }

    /// Keeps a page of Map items or results: always a value item, so that the state stays small.
    pub(crate) fn seal_page(&mut self, page: &Value) -> ValueHash {
        let text = page.to_string();
        let hash = ValueHash::of(&text);
        self.values.insert(hash.clone(), text.into());
        hash
    }
}

/// What an event costs besides its payloads.
const EVENT_OVERHEAD_BYTES: u64 = 128;

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}
