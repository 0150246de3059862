//! What the demo sells.

use interpreter::Timestamp;
use store::LedgerStore;

use crate::inventory::stock;
use crate::item::ItemError;

/// SKUs and what is stocked of each.
pub const CATALOGUE: [(&str, u64); 7] = [
    ("MUG-BLUE", 1_000),
    ("TEA-GREEN", 1_000),
    ("KETTLE-STEEL", 200),
    ("TEAPOT-IRON", 100),
    ("GRINDER-BRASS", 50),
    ("LAST-ONE", 1),
    ("SOLD-OUT", 0),
];

/// Stocks the catalogue, once: what is there already stays as it is.
///
/// # Errors
///
/// The store's.
pub async fn stock_catalogue(ledger: &dyn LedgerStore, now: Timestamp) -> Result<(), ItemError> {
    for (sku, quantity) in CATALOGUE {
        stock(ledger, sku, quantity, now).await?;
    }
    Ok(())
}
