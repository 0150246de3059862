//! Instants, in milliseconds since 1970, as the language writes them.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant this many milliseconds after 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds after 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This many whole seconds later; saturates at the end of time.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Self(self.0.saturating_add(millis))
    }

    /// This many milliseconds later; saturates at the end of time.
    #[must_use]
    pub fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(millis).unwrap_or(i64::MAX)))
    }

    /// How long from `earlier` until this instant; zero if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 with the strictness of the States Language: `2026-11-01T12:00:00Z`, capital `T`, `Z` or an offset.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let zoned = text.ends_with('Z')
            || bytes.len().checked_sub(6).and_then(|at| bytes.get(at)).is_some_and(|b| matches!(b, b'+' | b'-'));
        if !zoned || bytes.get(10) != Some(&b'T') {
            return None;
        }
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(parsed.unix_timestamp_nanos() / 1_000_000).ok().map(Self)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.plus_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Timestamp {
    /// `2026-11-01T12:00:00.123Z`, as the context object shows times.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        let Ok(at) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
            return write!(f, "{}ms", self.0);
        };
        let (date, time) = (at.date(), at.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_prints_what_it_was_parsed_from() {
        let at = Timestamp::parse("2026-11-01T12:00:00.250Z").unwrap();
        assert_eq!(at.to_string(), "2026-11-01T12:00:00.250Z");
        assert_eq!(Timestamp::parse("2026-11-01T13:00:00.250+01:00"), Some(at));
    }

    #[test]
    fn forms_that_the_language_refuses_are_refused() {
        for text in
            ["2026-11-01 12:00:00Z", "2026-11-01t12:00:00Z", "2026-11-01T12:00:00", "2026-11-01T12:00:00z", "2026-11-01", ""]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
