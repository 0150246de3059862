//! Times as AWS JSON 1.0 has them: seconds since 1970, with fractions.

use interpreter::Timestamp;
use serde::{Serialize, Serializer};

/// A time of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EpochSeconds(pub Timestamp);

impl From<Timestamp> for EpochSeconds {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl EpochSeconds {
    /// The number. Milliseconds since 1970 stay far below 2^53, so that none is lost.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    pub(crate) fn number(self) -> f64 {
        self.0.millis() as f64 / 1000.0
    }
}

impl Serialize for EpochSeconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_of_seconds_that_keeps_its_milliseconds() {
        for (millis, text) in [(1_793_534_400_123, "1793534400.123"), (1_793_534_400_000, "1793534400.0"), (0, "0.0")] {
            assert_eq!(serde_json::to_string(&EpochSeconds(Timestamp::from_millis(millis))).unwrap(), text);
        }
    }
}
