//! Expiry as a table does it, at a time of its own: what has expired is read by nobody, and deleted sooner or later (invariant 15).

use interpreter::Timestamp;

use super::MemoryStore;
use crate::ItemChange;

impl MemoryStore {
    /// Deletes all that has expired by `now`: handlers' items and, with a retention, what belongs to executions. Answers how many items.
    pub fn sweep(&self, now: Timestamp) -> usize {
        self.with(|kept| {
            let expired = kept.items.expired(now);
            let count = expired.len();
            kept.items.write(expired.into_iter().map(|key| (key, ItemChange::Delete)).collect());
            count + kept.heads.sweep(now) + kept.journals.sweep(now) + kept.values.sweep(now) + kept.ledger.sweep(now)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Condition, ItemKey, LedgerStore, Write};

    #[tokio::test]
    async fn what_has_expired_is_deleted_and_nothing_else() {
        let store = MemoryStore::new();
        let key = |sort: &str| ItemKey { partition: "p".to_owned(), sort: sort.to_owned() };
        let put = |sort: &str, expires_at: Option<i64>| Write::Put {
            key: key(sort),
            body: json!({}),
            expires_at: expires_at.map(Timestamp::from_millis),
            condition: Condition::Always,
        };
        let writes = [put("never", None), put("past", Some(10)), put("later", Some(11))];
        store.transact(&[], &writes, Timestamp::from_millis(0)).await.unwrap();
        assert_eq!(store.sweep(Timestamp::from_millis(10)), 1);
        assert_eq!(store.sweep(Timestamp::from_millis(10)), 0);
        // By a clock that is behind it had not expired: it is gone all the same.
        let left = store.items("p", None, 10, Timestamp::from_millis(0)).await.unwrap();
        let left: Vec<&str> = left.iter().map(|item| item.key.sort.as_str()).collect();
        assert_eq!(left, ["later", "never"]);
    }
}
