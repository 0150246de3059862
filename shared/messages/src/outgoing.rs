//! What a queue takes, and how much of it at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use crate::queue_limits::{BATCH_BYTES, BATCH_MESSAGES, DELAY_SECONDS, IDENTIFIER_CHARACTERS, MESSAGE_ATTRIBUTES, MESSAGE_BYTES};
use crate::{Delivery, Outgoing};

/// The attribute of a parked message that says why it was parked.
pub const REASON_ATTRIBUTE: &str = "reason";

/// The attribute of a parked message that says which queue it came from.
pub const SOURCE_ATTRIBUTE: &str = "source";

/// The most characters of a reason.
const REASON_CHARACTERS: usize = 1_000;

/// How the type of each of our attributes is called; it counts towards the size.
const ATTRIBUTE_TYPE: &str = "String";

impl Outgoing {
    /// A message for a standard queue.
    pub fn standard(body: impl Into<String>) -> Self {
        Self { body: body.into(), attributes: BTreeMap::new(), delay: Duration::ZERO, group: None, deduplication: None }
    }

    /// A message for a standard queue that becomes visible after `delay`, 900 s at most.
    pub fn delayed(body: impl Into<String>, delay: Duration) -> Self {
        Self { delay, ..Self::standard(body) }
    }

    /// A message for a FIFO queue.
    pub fn fifo(body: impl Into<String>, group: impl Into<String>, deduplication: impl Into<String>) -> Self {
        Self { group: Some(group.into()), deduplication: Some(deduplication.into()), ..Self::standard(body) }
    }

    /// A delivery as it is parked: its body and as many of its attributes as fit, with the reason and, where it is known, the queue that it came from.
    pub fn parked(delivery: &Delivery, reason: &str, source: Option<&str>) -> Self {
        let mut parked = Self::standard(delivery.body.clone());
        parked.attributes.clone_from(&delivery.attributes);
        let own = [Some((REASON_ATTRIBUTE, readable(reason))), source.map(|queue| (SOURCE_ATTRIBUTE, queue.to_owned()))];
        let own: Vec<(&str, String)> = own.into_iter().flatten().collect();
        parked.attributes.retain(|name, _| own.iter().all(|(ours, _)| name != ours));
        while parked.attributes.len() + own.len() > MESSAGE_ATTRIBUTES {
            parked.attributes.pop_last();
        }
        parked.attributes.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        parked
    }

    /// Its size as the queue counts it, in bytes.
    pub fn size_bytes(&self) -> usize {
        let attributes = self.attributes.iter().map(|(name, value)| name.len() + ATTRIBUTE_TYPE.len() + value.len());
        self.body.len() + attributes.sum::<usize>()
    }

    /// Why no queue of this kind will ever take it; none if it may.
    pub fn refusal(&self, fifo: bool) -> Option<String> {
        let size = self.size_bytes();
        if self.body.is_empty() {
            return Some("the body is empty".to_owned());
        }
        if size > MESSAGE_BYTES {
            return Some(format!("{size} bytes are more than the {MESSAGE_BYTES} that a message may have"));
        }
        if self.body.contains(is_refused) || self.attributes.values().any(|value| value.contains(is_refused)) {
            return Some("it has characters that no message may have".to_owned());
        }
        self.attributes_refusal().or_else(|| self.kind_refusal(fifo))
    }

    fn attributes_refusal(&self) -> Option<String> {
        if self.attributes.len() > MESSAGE_ATTRIBUTES {
            return Some(format!("more than {MESSAGE_ATTRIBUTES} attributes"));
        }
        let empty = self.attributes.iter().find(|(name, value)| name.is_empty() || value.is_empty());
        empty.map(|(name, _)| format!("attribute `{name}` is empty"))
    }

    fn kind_refusal(&self, fifo: bool) -> Option<String> {
        let delay_seconds = self.delay.as_secs_f64();
        match (fifo, &self.group, &self.deduplication) {
            (false, Some(_), _) => Some("a standard queue has no groups".to_owned()),
            (false, _, Some(_)) => Some("a standard queue has no deduplication".to_owned()),
            (false, None, None) if self.delay > Duration::from_secs(DELAY_SECONDS) => {
                Some(format!("a delay of {delay_seconds} s is more than {DELAY_SECONDS} s"))
            }
            (false, None, None) => None,
            (true, Some(group), Some(deduplication)) if is_identifier(group) && is_identifier(deduplication) => {
                (!self.delay.is_zero()).then(|| "a FIFO queue has no delay of a message".to_owned())
            }
            (true, Some(_), Some(_)) => {
                Some(format!("group or deduplication id is not of 1 to {IDENTIFIER_CHARACTERS} letters, digits and signs"))
            }
            (true, _, _) => Some("a FIFO queue needs a group and a deduplication id".to_owned()),
        }
    }
}

/// A reason as an attribute may hold it: not too long, without control characters, not empty.
fn readable(reason: &str) -> String {
    let clean = |character: char| if character.is_control() || is_refused(character) { ' ' } else { character };
    let text: String = reason.chars().take(REASON_CHARACTERS).map(clean).collect();
    if text.is_empty() { "unknown".to_owned() } else { text }
}

/// Characters outside XML's set: what a queue refuses in a body.
fn is_refused(character: char) -> bool {
    matches!(character, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn is_identifier(text: &str) -> bool {
    (1..=IDENTIFIER_CHARACTERS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Divides messages into batches that one call may send each: ranges of `messages`, in order, each not empty.
pub fn batches(messages: &[Outgoing]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, message) in messages.iter().enumerate() {
        let size = message.size_bytes();
        if index > start && (index - start == BATCH_MESSAGES || bytes + size > BATCH_BYTES) {
            batches.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += size;
    }
    if start < messages.len() {
        batches.push(start..messages.len());
    }
    batches
}

/// Why no queue will take this as one batch; none if it may.
pub fn batch_refusal(messages: &[Outgoing]) -> Option<String> {
    if messages.len() > BATCH_MESSAGES {
        return Some(format!("{} messages are more than {BATCH_MESSAGES}", messages.len()));
    }
    // A message too large for any batch is answered for itself.
    let bytes: usize = messages.iter().map(Outgoing::size_bytes).filter(|bytes| *bytes <= MESSAGE_BYTES).sum();
    (bytes > BATCH_BYTES).then(|| format!("{bytes} bytes are more than the {BATCH_BYTES} that a batch may have"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(bytes: usize) -> Outgoing {
        Outgoing::standard("x".repeat(bytes))
    }

    #[test]
    fn a_batch_has_ten_messages_and_one_mebibyte_at_most() {
        let check = |sizes: &[usize], expected: &[(usize, usize)]| {
            let messages: Vec<Outgoing> = sizes.iter().map(|bytes| sized(*bytes)).collect();
            let found: Vec<(usize, usize)> = batches(&messages).into_iter().map(|range| (range.start, range.end)).collect();
            assert_eq!(found, expected, "{sizes:?}");
        };
        let half = BATCH_BYTES / 2;
        check(&[], &[]);
        check(&[1], &[(0, 1)]);
        check(&[1; 10], &[(0, 10)]);
        check(&[1; 11], &[(0, 10), (10, 11)]);
        check(&[half, half], &[(0, 2)]);
        check(&[half, half + 1, 1], &[(0, 1), (1, 3)]);
        check(&[BATCH_BYTES + 1, 1], &[(0, 1), (1, 2)]);
    }

    #[test]
    fn the_size_of_a_message_includes_its_attributes() {
        let mut message = sized(5);
        message.attributes.insert("reason".to_owned(), "damaged".to_owned());
        assert_eq!(message.size_bytes(), 5 + "reason".len() + "String".len() + "damaged".len());
    }

    // Fails if a reason may be longer than an attribute should be, hold what a queue refuses, or be empty, which it refuses too.
    #[test]
    fn a_parked_message_has_a_reason_that_every_queue_takes() {
        let long = "ü".repeat(REASON_CHARACTERS);
        for (reason, fit) in [
            ("not a message of ours", "not a message of ours"),
            ("line 1\nline 2\u{0}\u{fffe}", "line 1 line 2  "),
            ("", "unknown"),
            (&*long, &*long),
            (&*format!("{long}x"), &*long),
        ] {
            assert_eq!(Outgoing::parked(&delivery(1), reason, None).attributes[REASON_ATTRIBUTE], fit);
        }
    }

    #[test]
    fn a_parked_message_keeps_its_body_and_as_many_attributes_as_fit() {
        let check = |attributes: usize, source: Option<&str>, kept: usize| {
            let delivery = delivery(attributes);
            let parked = Outgoing::parked(&delivery, "damaged", source);
            assert_eq!((parked.body.as_str(), parked.refusal(false)), ("body", None));
            assert_eq!(parked.attributes.get(SOURCE_ATTRIBUTE).map(String::as_str), source);
            let foreign = parked.attributes.keys().filter(|name| delivery.attributes.contains_key(*name)).count();
            assert_eq!(foreign, kept, "{attributes} {source:?}");
        };
        check(0, None, 0);
        check(MESSAGE_ATTRIBUTES - 1, None, MESSAGE_ATTRIBUTES - 1);
        check(MESSAGE_ATTRIBUTES, None, MESSAGE_ATTRIBUTES - 1);
        check(MESSAGE_ATTRIBUTES, Some("orders"), MESSAGE_ATTRIBUTES - 2);
    }

    fn delivery(attributes: usize) -> Delivery {
        let attributes = (0..attributes).map(|number| (format!("a{number}"), "value".to_owned())).collect();
        Delivery {
            id: "1".to_owned(),
            receipt: crate::Receipt("1".to_owned()),
            body: "body".to_owned(),
            attributes,
            receive_count: 1,
        }
    }
}
