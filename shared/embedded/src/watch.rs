//! The watch: each minute, what is due is woken; each hour, what has expired is deleted.

use std::sync::Arc;
use std::time::Duration;

use interpreter::Timestamp;

use crate::system::Parts;

/// How soon to look again when there was more than one look finds.
const AGAIN: Duration = Duration::from_secs(1);
/// How often what has expired is deleted.
const PURGE_INTERVAL: Duration = Duration::from_secs(3_600);
/// How long what has ended is kept: 30 days.
const RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// Looks at once, then at intervals, for as long as it is let.
pub(crate) async fn watch(parts: Arc<Parts>, interval: Duration) {
    let clock = Arc::clone(&parts.coordinator.ports().clock);
    let mut purged_at: Option<Timestamp> = None;
    loop {
        let more = match parts.coordinator.watch().await {
            Ok(report) => report.more,
            Err(error) => {
                tracing::warn!(%error, "the watch saw nothing");
                false
            }
        };
        if let Some(upkeep) = &parts.upkeep {
            upkeep(parts.coordinator.ports().clone()).await;
        }
        let now = parts.coordinator.ports().now();
        if purged_at.is_none_or(|at| now.since(at) >= PURGE_INTERVAL) {
            purged_at = Some(now);
            purge(&parts, now).await;
        }
        clock.sleep(if more { AGAIN.min(interval) } else { interval }).await;
    }
}

async fn purge(parts: &Parts, now: Timestamp) {
    let Some(sqlite) = &parts.sqlite else { return };
    match sqlite.purge(now, RETENTION).await {
        Ok(purged) => tracing::debug!(?purged, "what has expired was deleted"),
        Err(error) => tracing::warn!(%error, "what has expired was not deleted"),
    }
}
