//! What the inventory function is started with besides batches: by the clock, and by a person.

use std::collections::BTreeMap;

use interpreter::Timestamp;
use order::ItemError;
use order::inventory::{expire_reservations, stock};
use serde::Deserialize;
use serde_json::{Value, json};
use store::LedgerStore;

/// `{"expireReservations": {}}`, each minute, or `{"stock": {"SKU": PIECES, ...}}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InventoryEvent {
    /// What is held longer than its time returns to the stock.
    ExpireReservations {},
    /// Stocks SKUs, each once: one that was stocked before stays as it is.
    Stock(BTreeMap<String, u64>),
}

impl InventoryEvent {
    /// Does what it says; answers what came of it.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn perform(&self, ledger: &dyn LedgerStore, now: Timestamp) -> Result<Value, ItemError> {
        match self {
            Self::ExpireReservations {} => Ok(json!({ "expired": expire_reservations(ledger, now).await? })),
            Self::Stock(pieces) => {
                let mut stocked = Vec::new();
                for (sku, quantity) in pieces {
                    if stock(ledger, sku, *quantity, now).await? {
                        stocked.push(sku);
                    }
                }
                Ok(json!({ "stocked": stocked }))
            }
        }
    }
}
