//! The order in which the visible messages of one queue come.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// A message's number: ascending in the order of sending.
pub(super) type Number = u64;

/// The visible messages of one queue, in the order in which they come. Nothing here looks at more than what it takes.
#[derive(Debug)]
pub(super) enum Line {
    /// As they become visible. May name messages that were deleted meanwhile: whoever takes one looks whether it is still there.
    Standard(VecDeque<Number>),
    /// By groups.
    Fifo(Groups),
}

/// The groups of a FIFO queue.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: HashMap<Arc<str>, Group>,
    /// Groups that may be received from, in turn. May name groups that no longer can be.
    ready: VecDeque<Arc<str>>,
}

#[derive(Debug, Default)]
struct Group {
    visible: BTreeSet<Number>,
    in_flight: usize,
    /// Whether it stands in `ready`.
    queued: bool,
}

impl Group {
    fn is_ready(&self) -> bool {
        self.in_flight == 0 && !self.visible.is_empty()
    }
}

impl Line {
    pub(super) fn new(fifo: bool) -> Self {
        if fifo { Self::Fifo(Groups::default()) } else { Self::Standard(VecDeque::new()) }
    }

    /// Whether it names nothing any more.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Standard(line) => line.is_empty(),
            Self::Fifo(groups) => groups.groups.is_empty() && groups.ready.is_empty(),
        }
    }

    /// A message has become visible.
    pub(super) fn arrive(&mut self, number: Number, group: Option<&Arc<str>>) {
        match (self, group) {
            (Self::Standard(line), _) => line.push_back(number),
            (Self::Fifo(groups), Some(group)) => groups.change(group, |group| {
                group.visible.insert(number);
            }),
            // A message without a group was refused when it was sent.
            (Self::Fifo(_), None) => {}
        }
    }

    /// A message is no longer visible, without having been received.
    pub(super) fn leave(&mut self, number: Number, group: Option<&Arc<str>>) {
        if let (Self::Fifo(groups), Some(group)) = (self, group) {
            groups.change(group, |group| {
                group.visible.remove(&number);
            });
        }
    }

    /// A message that was received is no longer in flight.
    pub(super) fn land(&mut self, group: Option<&Arc<str>>) {
        if let (Self::Fifo(groups), Some(group)) = (self, group) {
            groups.change(group, |group| group.in_flight = group.in_flight.saturating_sub(1));
        }
    }

    /// Takes messages that come next, at most `most`: of one group if this keeps groups. `pick` says which of so many comes first. Empty when nothing
    /// may be taken.
    pub(super) fn take(&mut self, most: usize, pick: impl Fn(usize) -> usize) -> Vec<Number> {
        match self {
            Self::Standard(line) => {
                let index = pick(line.len());
                line.swap_remove_front(index).into_iter().take(most).collect()
            }
            Self::Fifo(groups) => groups.take(most, pick),
        }
    }
}

impl Groups {
    fn change(&mut self, name: &Arc<str>, change: impl FnOnce(&mut Group)) {
        let group = self.groups.entry(Arc::clone(name)).or_default();
        change(group);
        if group.is_ready() && !group.queued {
            group.queued = true;
            self.ready.push_back(Arc::clone(name));
        }
        if group.in_flight == 0 && group.visible.is_empty() && !group.queued {
            self.groups.remove(name);
        }
    }

    fn take(&mut self, most: usize, pick: impl Fn(usize) -> usize) -> Vec<Number> {
        while let Some(name) = self.ready.swap_remove_front(pick(self.ready.len())) {
            let Some(group) = self.groups.get_mut(&name) else { continue };
            group.queued = false;
            let mut taken = Vec::new();
            if group.is_ready() {
                taken.extend(std::iter::from_fn(|| group.visible.pop_first()).take(most));
            }
            // Those taken count as in flight before the group can be found ready again.
            group.in_flight += taken.len();
            self.change(&name, |_| {});
            if !taken.is_empty() {
                return taken;
            }
        }
        Vec::new()
    }
}
