//! Text that never shows in a log: names, addresses, e-mail addresses, tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text whose `Debug` says only that it is there. It has no `Display`, so that it cannot slip into a message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(String);

impl Private {
    /// Keeps a text private.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whom it is meant: the provider that needs it. Never for a log, an error or a cause.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[private]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_text_does_not_show_when_debugged() {
        assert_eq!(format!("{:?}", Some(Private::new("Ada Lovelace"))), "Some([private])");
    }
}
