//! A renewal of an execution's items: from where on it goes, page by page.

use interpreter::Timestamp;

use crate::StoreError;

/// A renewal that goes on: small enough to travel in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// When its first page began. That is what it promises, and not the time of its last page: a chain of pages that took days has items from before.
    pub began_at: Timestamp,
    /// The place of the last item that was renewed; none before the first.
    pub after: Option<String>,
}

/// A kind of item that a renewal goes through, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewedKind {
    /// Journal entries, the latest first: no entry is ever to expire before an earlier one.
    Entries,
    /// Value items, by hash.
    Values,
    /// Ledger entries, by key.
    Ledger,
}

/// A place in the order in which the items of an execution are renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalPlace {
    /// The kind of item.
    pub kind: RenewedKind,
    /// The item's key: a revision (20 digits), a hash, an idempotency key; none before the first of its kind.
    pub after: Option<String>,
}

impl Renewal {
    /// A renewal that begins.
    pub fn beginning(began_at: Timestamp) -> Self {
        Self { began_at, after: None }
    }

    /// Where it goes on.
    ///
    /// # Errors
    ///
    /// [`StoreError::Refused`] if no renewal ever was there.
    pub fn place(&self) -> Result<RenewalPlace, StoreError> {
        let Some(after) = &self.after else {
            return Ok(RenewalPlace { kind: RenewedKind::Entries, after: None });
        };
        let place = after.split_once(':').and_then(|(kind, key)| {
            let kind = RenewedKind::ALL.into_iter().find(|known| known.name() == kind)?;
            let is_key = kind != RenewedKind::Entries || key.parse::<u64>().is_ok();
            is_key.then(|| RenewalPlace { kind, after: Some(key.to_owned()) })
        });
        place.ok_or_else(|| StoreError::Refused(format!("`{after}` is no place of a renewal")))
    }

    /// The same renewal, behind an item.
    #[must_use]
    pub fn behind(&self, kind: RenewedKind, key: &str) -> Self {
        Self { began_at: self.began_at, after: Some(format!("{}:{key}", kind.name())) }
    }
}

impl RenewedKind {
    const ALL: [Self; 3] = [Self::Entries, Self::Values, Self::Ledger];

    /// The kind that comes behind it.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Entries => Some(Self::Values),
            Self::Values => Some(Self::Ledger),
            Self::Ledger => None,
        }
    }

    /// Travels in messages: never changes.
    fn name(self) -> &'static str {
        match self {
            Self::Entries => "entry",
            Self::Values => "value",
            Self::Ledger => "ledger",
        }
    }
}

impl RenewalPlace {
    /// Before the first item of a kind.
    pub fn before(kind: RenewedKind) -> Self {
        Self { kind, after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_goes_on_behind_the_item_it_names() {
        let beginning = Renewal::beginning(Timestamp::from_millis(7));
        assert_eq!(beginning.place().unwrap(), RenewalPlace::before(RenewedKind::Entries));
        for (kind, key, after) in [
            (RenewedKind::Entries, "00000000000000000012", "entry:00000000000000000012"),
            (RenewedKind::Values, "ab_-", "value:ab_-"),
            (RenewedKind::Ledger, "00ff/Charge: Pay/2", "ledger:00ff/Charge: Pay/2"),
        ] {
            let on = beginning.behind(kind, key);
            assert_eq!((on.began_at, on.after.as_deref()), (beginning.began_at, Some(after)));
            assert_eq!(on.place().unwrap(), RenewalPlace { kind, after: Some(key.to_owned()) });
        }
    }

    #[test]
    fn a_place_where_no_renewal_was_is_refused() {
        for after in ["", "entry", "head:x", "entry:twelve"] {
            let renewal = Renewal { after: Some(after.to_owned()), ..Renewal::beginning(Timestamp::from_millis(7)) };
            assert!(matches!(renewal.place(), Err(StoreError::Refused(_))), "`{after}`");
        }
    }
}
