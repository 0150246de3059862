//! Where a page of heads ends, and the next begins.

use interpreter::{ExecutionId, Timestamp};

use crate::{Head, HeadQuery, StoreError};

/// A place in the list of heads: start time, then id. Later ones are listed first.
///
/// A place, not an offset: what is started between two pages moves nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListPosition {
    /// When the execution was started.
    pub started_at: Timestamp,
    /// The execution.
    pub execution: ExecutionId,
}

impl ListPosition {
    /// The place of a head.
    pub fn of(head: &Head) -> Self {
        Self { started_at: head.started_at, execution: head.identity.id.clone() }
    }

    /// As the token of a page.
    pub fn token(&self) -> String {
        format!("{}.{}", self.started_at.millis(), self.execution)
    }

    /// The place that a token names.
    ///
    /// # Errors
    ///
    /// [`StoreError::Refused`] if no page had such a token.
    pub fn parse(token: &str) -> Result<Self, StoreError> {
        let place = token.split_once('.').and_then(|(millis, execution)| {
            let hexadecimal = !execution.is_empty() && execution.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            let started_at = Timestamp::from_millis(millis.parse().ok()?);
            hexadecimal.then(|| Self { started_at, execution: ExecutionId(execution.to_owned()) })
        });
        place.ok_or_else(|| StoreError::Refused(format!("`{token}` is no token of a page")))
    }
}

impl HeadQuery {
    /// Whether a head is among those asked for.
    pub fn matches(&self, head: &Head) -> bool {
        self.machine_arn.as_ref().is_none_or(|arn| *arn == head.identity.machine_arn)
            && self.status.is_none_or(|status| status == head.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_the_place_it_was_made_of() {
        for millis in [0, -5, 1_793_534_400_000] {
            let place = ListPosition { started_at: Timestamp::from_millis(millis), execution: ExecutionId::from_random(77) };
            assert_eq!(ListPosition::parse(&place.token()), Ok(place));
        }
    }

    #[test]
    fn what_no_page_had_as_its_token_is_refused() {
        for token in ["", ".", "12", "12.", "x.00", "12.xyz", "12.0.0"] {
            assert!(matches!(ListPosition::parse(token), Err(StoreError::Refused(_))), "{token}");
        }
    }
}
