//! The table: whether it survives its operators.

use stack::facts::Table;

use super::{Finding, Level};

/// The attribute by which items expire (docs/items.md).
const EXPIRES_BY: &str = "expires_at";

/// Judges the table.
pub(super) fn judge(table: &Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |level, code, text: &str, remedy: &str| findings.push(Finding::new(level, code, &table.name, text, remedy));
    if !table.is_protected {
        find(Level::Warning, "table-unprotected", "can be deleted", "deploy with DeletionProtection=true");
    }
    if !table.is_recoverable {
        let text = "cannot be restored: a mistake in it is for ever";
        find(Level::Warning, "no-recovery", text, "switch on point-in-time recovery, as the template does");
    }
    if table.expires_by.as_deref() != Some(EXPIRES_BY) {
        let text = "nothing in it expires: it grows for ever";
        find(Level::Warning, "no-expiry", text, "switch on time to live, by the attribute `expires_at`");
    }
    if !table.replicas.is_empty() {
        let text = format!("is replicated to {}: a conditional put has no meaning across replicas", table.replicas.join(", "));
        find(Level::Error, "replicated", &text, "remove the replicas: sagas are of one region");
    }
    findings
}
