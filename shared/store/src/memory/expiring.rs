//! What expires, and how long it is kept.

use interpreter::Timestamp;

/// Something that is read until it expires.
#[derive(Debug, Clone)]
pub(super) struct Expiring<T> {
    pub(super) kept: T,
    /// From then on it is not read; none: it never expires.
    pub(super) expires_at: Option<Timestamp>,
}

impl<T> Expiring<T> {
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| expires_at > now)
    }

    /// It, unless it has expired.
    pub(super) fn live(&self, now: Timestamp) -> Option<&T> {
        self.is_live(now).then_some(&self.kept)
    }

    /// Keeps it until `expires_at` at least.
    pub(super) fn renew(&mut self, expires_at: Timestamp) {
        self.expires_at = self.expires_at.max(Some(expires_at));
    }
}
