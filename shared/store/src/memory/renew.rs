//! A page of a renewal.

use breaks::Break;
use interpreter::Identity;

use super::Kept;
use crate::{Renewal, RenewalPlace, RenewedKind, Retention, StoreError};

impl Kept {
    /// Renews at most `limit` items, and the head when nothing is left; answers where to go on.
    pub(super) fn renew(
        &mut self,
        identity: &Identity,
        renewal: &Renewal,
        limit: usize,
        retention: &Retention,
    ) -> Result<Option<Renewal>, StoreError> {
        let mut place = renewal.place()?;
        let mut left = limit.max(1);
        if breaks::active(Break::RenewedHeadFirst) {
            self.renew_head(identity, renewal, retention);
        }
        loop {
            let renewed = self.renew_items(identity, &place, left, (renewal, retention))?;
            left = left.saturating_sub(renewed.len());
            if let Some(last) = renewed.last().filter(|_| left == 0) {
                return Ok(Some(renewal.behind(place.kind, last)));
            }
            match place.kind.next() {
                Some(kind) => place = RenewalPlace::before(kind),
                None => break,
            }
        }
        self.renew_head(identity, renewal, retention);
        Ok(None)
    }

    /// Renews items of one kind; answers their keys, in order.
    fn renew_items(
        &mut self,
        identity: &Identity,
        place: &RenewalPlace,
        limit: usize,
        (renewal, retention): (&Renewal, &Retention),
    ) -> Result<Vec<String>, StoreError> {
        let (id, after) = (&identity.id, place.after.as_deref());
        let expires_at = retention.item_expires_at(renewal.began_at);
        Ok(match place.kind {
            RenewedKind::Entries => self.journals.renew(id, after.map(revision).transpose()?, limit, expires_at),
            RenewedKind::Values => self.values.renew(id, after, limit, expires_at),
            RenewedKind::Ledger => self.ledger.renew(id, after, limit, retention.ledger_expires_at(renewal.began_at)),
        })
    }

    fn renew_head(&mut self, identity: &Identity, renewal: &Renewal, retention: &Retention) {
        let expires_at = retention.head_expires_at(renewal.began_at);
        self.heads.renew(identity, renewal.began_at, expires_at, retention.now());
    }
}

fn revision(text: &str) -> Result<u64, StoreError> {
    text.parse().map_err(|_| StoreError::Refused(format!("`{text}` is no revision")))
}
