//! An execution's whole history.

use coordinator::{HistoryError, HistoryQuery};
use embedded::System;
use interpreter::HistoryEvent;

/// Events that are read at once.
const PAGE_EVENTS: usize = 1_000;

/// All events of an execution, oldest first, without their payloads.
pub(crate) async fn whole_history(system: &System, execution_arn: &str) -> Result<Vec<HistoryEvent>, HistoryError> {
    let mut query = HistoryQuery {
        execution_arn: execution_arn.to_owned(),
        limit: PAGE_EVENTS,
        newest_first: false,
        with_data: false,
        after: None,
    };
    let mut events = Vec::new();
    loop {
        let page = system.coordinator().history(&query).await?;
        events.extend(page.events);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(events),
        }
    }
}
