//! One queue: where each of its messages is, and when that changes by itself.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::line::{Line, Number};
use crate::queue_limits::{DEDUPLICATION_SECONDS, VISIBILITY_SECONDS};
use crate::{Delivery, QueueSettings, Receipt};

/// A message as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) id: Arc<str>,
    pub(super) body: Arc<str>,
    pub(super) attributes: Arc<BTreeMap<String, String>>,
    pub(super) group: Option<Arc<str>>,
    pub(super) sent_at: i64,
    pub(super) receive_count: u32,
    pub(super) place: Place,
}

/// Where a message is; times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// To be received.
    Visible,
    /// Not yet to be received.
    Delayed { until: i64 },
    /// Received; comes again unless it is deleted.
    InFlight { until: i64, received_at: i64 },
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depths {
    /// To be received (on a FIFO queue perhaps not before others of their group are done).
    pub visible: usize,
    /// Not yet to be received.
    pub delayed: usize,
    /// Received and neither deleted nor given back.
    pub in_flight: usize,
}

impl Depths {
    /// All of them.
    pub fn total(&self) -> usize {
        self.visible + self.delayed + self.in_flight
    }

    fn of(&mut self, place: Place) -> &mut usize {
        match place {
            Place::Visible => &mut self.visible,
            Place::Delayed { .. } => &mut self.delayed,
            Place::InFlight { .. } => &mut self.in_flight,
        }
    }
}

/// What a receive took.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) deliveries: Vec<Delivery>,
    /// What was received too often: for the dead-letter queue.
    pub(super) dead: Vec<Stored>,
}

/// One queue.
#[derive(Debug)]
pub(super) struct OneQueue {
    pub(super) settings: QueueSettings,
    /// Told when there may be something to receive, or a new time to look again at.
    pub(super) arrival: Arc<Notify>,
    stored: BTreeMap<Number, Stored>,
    line: Line,
    /// When delayed and received messages become visible.
    timers: BTreeSet<(i64, Number)>,
    /// When messages are dropped.
    expiry: BTreeSet<(i64, Number)>,
    depths: Depths,
    /// Deduplication ids of the last five minutes, and until when each counts.
    known: HashSet<Arc<str>>,
    known_order: VecDeque<(i64, Arc<str>)>,
    /// Until when receivers sleep, each with its own number.
    sleepers: BTreeSet<(i64, u64)>,
}

impl OneQueue {
    pub(super) fn new(settings: QueueSettings) -> Self {
        Self {
            line: Line::new(settings.fifo),
            settings,
            arrival: Arc::default(),
            stored: BTreeMap::new(),
            timers: BTreeSet::new(),
            expiry: BTreeSet::new(),
            depths: Depths::default(),
            known: HashSet::new(),
            known_order: VecDeque::new(),
            sleepers: BTreeSet::new(),
        }
    }

    pub(super) fn depths(&self) -> Depths {
        self.depths
    }

    /// Whether nothing is left of any message but deduplication ids.
    #[cfg(test)]
    pub(super) fn holds_nothing(&self) -> bool {
        let no_messages = self.stored.is_empty() && self.timers.is_empty() && self.expiry.is_empty();
        no_messages && self.depths == Depths::default() && self.line.is_empty()
    }

    /// The messages in the order of sending, and their numbers.
    pub(super) fn messages(&self) -> impl Iterator<Item = (Number, &Stored)> {
        self.stored.iter().map(|(number, stored)| (*number, stored))
    }

    /// Whether a message with this deduplication id was sent within the last five minutes; if not, it is known from now on.
    pub(super) fn knows(&mut self, deduplication: &str, now: i64) -> bool {
        while self.known_order.front().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, forgotten)) = self.known_order.pop_front() {
                self.known.remove(&forgotten);
            }
        }
        if self.known.contains(deduplication) {
            return true;
        }
        let id: Arc<str> = deduplication.into();
        self.known.insert(Arc::clone(&id));
        self.known_order.push_back((after(now, Duration::from_secs(DEDUPLICATION_SECONDS)), id));
        false
    }

    /// Takes in a message.
    pub(super) fn insert(&mut self, number: Number, stored: Stored) {
        self.expiry.insert((after(stored.sent_at, self.settings.retention), number));
        *self.depths.of(stored.place) += 1;
        self.settle(number, stored.place, stored.group.as_ref());
        self.stored.insert(number, stored);
    }

    /// Receives at most `most` messages. `pick` says which of so many comes first.
    pub(super) fn take(&mut self, queue: &str, most: usize, now: i64, redrives: bool, pick: impl Fn(usize) -> usize) -> Taken {
        self.mature(now);
        let mut taken = Taken::default();
        while taken.deliveries.len() < most {
            let numbers = self.line.take(most - taken.deliveries.len(), &pick);
            if numbers.is_empty() {
                break;
            }
            for number in numbers {
                self.take_one(queue, number, now, redrives, &mut taken);
            }
        }
        taken
    }

    fn take_one(&mut self, queue: &str, number: Number, now: i64, redrives: bool, taken: &mut Taken) {
        let until = after(now, self.settings.visibility_timeout);
        let Some(stored) = self.stored.get_mut(&number) else { return };
        let exhausted = |redrive: &crate::Redrive| stored.receive_count >= redrive.max_receive_count;
        if redrives && self.settings.redrive.as_ref().is_some_and(exhausted) {
            let group = stored.group.clone();
            taken.dead.extend(self.remove(number));
            self.line.land(group.as_ref());
            return;
        }
        stored.receive_count = stored.receive_count.saturating_add(1);
        stored.place = Place::InFlight { until, received_at: now };
        self.depths.visible -= 1;
        self.depths.in_flight += 1;
        self.timers.insert((until, number));
        taken.deliveries.push(Delivery {
            id: stored.id.to_string(),
            receipt: receipt(queue, number, stored.receive_count),
            body: stored.body.to_string(),
            attributes: stored.attributes.as_ref().clone(),
            receive_count: stored.receive_count,
        });
    }

    /// Deletes by a receipt; says why not if it is refused.
    pub(super) fn delete(&mut self, number: Number, receive_count: u32, now: i64) -> Result<(), &'static str> {
        self.mature(now);
        let Some(stored) = self.stored.get(&number) else { return Ok(()) };
        let is_latest = stored.receive_count == receive_count;
        let in_flight = matches!(stored.place, Place::InFlight { .. });
        if self.settings.fifo && !(is_latest && in_flight) {
            return Err("the receipt has expired");
        }
        if is_latest {
            let group = stored.group.clone();
            self.remove(number);
            if in_flight {
                self.line.land(group.as_ref());
            }
        }
        Ok(())
    }

    /// Makes a message visible again after `delay`; says why not if that is refused.
    pub(super) fn give_back(
        &mut self,
        number: Number,
        receive_count: u32,
        delay: Duration,
        now: i64,
    ) -> Result<(), &'static str> {
        self.mature(now);
        let Some(stored) = self.stored.get_mut(&number).filter(|stored| stored.receive_count == receive_count) else {
            return Err("the message is not in flight by this receipt");
        };
        let Place::InFlight { until, received_at } = stored.place else {
            return Err("the message is no longer in flight");
        };
        let again_at = after(now, delay);
        if again_at > after(received_at, Duration::from_secs(VISIBILITY_SECONDS)) {
            return Err("a message is in flight for 12 hours at most");
        }
        self.timers.remove(&(until, number));
        stored.place = Place::InFlight { until: again_at, received_at };
        self.timers.insert((again_at, number));
        self.mature(now);
        Ok(())
    }

    /// Deletes everything.
    pub(super) fn purge(&mut self) {
        self.stored.clear();
        self.timers.clear();
        self.expiry.clear();
        self.line = Line::new(self.settings.fifo);
        self.depths = Depths::default();
    }

    /// When something changes by itself next.
    pub(super) fn next_due(&self) -> Option<i64> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Does what is due: delays and visibility timeouts that are over, messages that are too old.
    pub(super) fn mature(&mut self, now: i64) {
        while let Some((_, number)) = self.expiry.first().filter(|(due, _)| *due <= now).copied() {
            self.expire(number);
        }
        while let Some((due, number)) = self.timers.first().filter(|(due, _)| *due <= now).copied() {
            self.timers.remove(&(due, number));
            self.appear(number);
        }
    }

    fn appear(&mut self, number: Number) {
        let Some(stored) = self.stored.get_mut(&number) else { return };
        let was = std::mem::replace(&mut stored.place, Place::Visible);
        let group = stored.group.clone();
        *self.depths.of(was) -= 1;
        self.depths.visible += 1;
        self.line.arrive(number, group.as_ref());
        if matches!(was, Place::InFlight { .. }) {
            self.line.land(group.as_ref());
        }
    }

    fn expire(&mut self, number: Number) {
        let Some(stored) = self.remove(number) else { return };
        match stored.place {
            Place::Visible => self.line.leave(number, stored.group.as_ref()),
            Place::InFlight { .. } => self.line.land(stored.group.as_ref()),
            Place::Delayed { .. } => {}
        }
    }

    fn remove(&mut self, number: Number) -> Option<Stored> {
        let stored = self.stored.remove(&number)?;
        *self.depths.of(stored.place) -= 1;
        self.expiry.remove(&(after(stored.sent_at, self.settings.retention), number));
        if let Place::Delayed { until } | Place::InFlight { until, .. } = stored.place {
            self.timers.remove(&(until, number));
        }
        Some(stored)
    }

    fn settle(&mut self, number: Number, place: Place, group: Option<&Arc<str>>) {
        match place {
            Place::Visible => self.line.arrive(number, group),
            Place::Delayed { until } | Place::InFlight { until, .. } => {
                self.timers.insert((until, number));
            }
        }
    }

    /// A receiver sleeps until then at the latest; one that slept before says until when.
    pub(super) fn sleep(&mut self, sleeper: u64, before: Option<i64>, until: i64) {
        self.wake(sleeper, before);
        self.sleepers.insert((until, sleeper));
    }

    /// A receiver no longer sleeps.
    pub(super) fn wake(&mut self, sleeper: u64, before: Option<i64>) {
        if let Some(before) = before {
            self.sleepers.remove(&(before, sleeper));
        }
    }

    /// Has a sleeping receiver look again if something may be received, or becomes due before any of them would look.
    pub(super) fn announce(&self) {
        let Some((earliest, _)) = self.sleepers.first() else { return };
        if self.depths.visible > 0 || self.next_due().is_some_and(|due| due < *earliest) {
            self.arrival.notify_one();
        }
    }
}

/// What identifies one delivery: the message and how often it had been received by then.
fn receipt(queue: &str, number: Number, receive_count: u32) -> Receipt {
    Receipt(format!("{queue}/{number}/{receive_count}"))
}

/// The message's number and its receive count, of a receipt of this queue.
pub(super) fn read_receipt(queue: &str, receipt: &Receipt) -> Option<(Number, u32)> {
    let (number, receive_count) = receipt.0.strip_prefix(queue)?.strip_prefix('/')?.split_once('/')?;
    Some((number.parse().ok()?, receive_count.parse().ok()?))
}

/// This much later; saturates at the end of time.
pub(super) fn after(now: i64, duration: Duration) -> i64 {
    now.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
