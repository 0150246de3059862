//! Which queue a name of ours is.

use std::collections::{BTreeMap, BTreeSet};

use messages::queue_name;

/// What the name of every FIFO queue ends in; SQS demands it.
const FIFO_SUFFIX: &str = ".fifo";

/// Which queue a name of ours is: configuration, of which only [`QueueAddresses::Named`] costs a request, once per queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueAddresses {
    /// The URL of each queue by its name: what a template passes on. A name that is not there is refused.
    Listed(BTreeMap<String, String>),
    /// All queues belong to one account and region, and their URLs are made of their names.
    Located {
        /// What all URLs begin with: `https://sqs.eu-central-1.amazonaws.com/123456789012`, with or without a slash behind it.
        account_url: String,
        /// How queues are called there.
        naming: Naming,
    },
    /// Only the names are known: SQS is asked for the URL of each when it is needed first, in the client's account and region.
    Named(Naming),
}

/// How the queues of a stack are called: a prefix, our name, and `.fifo` where the queue is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    prefix: String,
    fifo: BTreeSet<String>,
}

impl Naming {
    /// With this prefix (a dash at its end is not added). The answers' queue is FIFO, the others are standard queues.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), fifo: BTreeSet::from([queue_name::ANSWERS.to_owned()]) }
    }

    /// With another FIFO queue.
    #[must_use]
    pub fn with_fifo(mut self, queue: impl Into<String>) -> Self {
        self.fifo.insert(queue.into());
        self
    }

    /// How SQS calls this queue.
    pub fn sqs_name(&self, queue: &str) -> String {
        let suffix = if self.fifo.contains(queue) { FIFO_SUFFIX } else { "" };
        format!("{}{queue}{suffix}", self.prefix)
    }
}

/// Whether a queue is FIFO, by its URL.
pub(crate) fn is_fifo(url: &str) -> bool {
    url.ends_with(FIFO_SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_called_by_the_prefix_its_name_and_its_kind() {
        let naming = Naming::new("orders-").with_fifo("answers-dead-letters");
        let check = |queue: &str, expected: &str| {
            assert_eq!(naming.sqs_name(queue), expected);
            assert_eq!(is_fifo(expected), expected.ends_with(".fifo"));
        };
        check("answers", "orders-answers.fifo");
        check("answers-dead-letters", "orders-answers-dead-letters.fifo");
        check("hints", "orders-hints");
        check("payment", "orders-payment");
    }
}
