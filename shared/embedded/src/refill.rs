//! At the beginning: what the queues of the process before held is derived again.

use std::sync::Arc;
use std::time::Duration;

use coordinator::RefillReport;
use tokio::sync::watch;

use crate::system::Parts;

/// The pause before a store that did not answer is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Wakes every open execution, however often the store must be asked.
pub(crate) async fn refill(parts: Arc<Parts>, refilled: watch::Sender<Option<RefillReport>>) {
    loop {
        match parts.coordinator.refill().await {
            Ok(report) => {
                tracing::info!(open = report.open, woken = report.woken, "open executions were woken");
                refilled.send_replace(Some(report));
                return;
            }
            Err(error) => tracing::warn!(%error, "open executions cannot be listed"),
        }
        parts.coordinator.ports().clock.sleep(PAUSE).await;
    }
}
