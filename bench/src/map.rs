//! A Map of 1,000 and of 10,000 items: what it costs must grow with the items and not faster.

use bench::{BenchError, MAP_OF_PASSES, MAP_OF_TASKS, Measured, echo, items, run_machine};
use embedded::StoreChoice;

use crate::table::{say, table};

/// Runs both Maps, in memory.
pub(crate) async fn run() -> Result<(), BenchError> {
    for (title, definition) in [("a Map of Passes, in memory", MAP_OF_PASSES), ("a Map of tasks, in memory", MAP_OF_TASKS)] {
        let small = run_machine(echo(StoreChoice::Memory), definition, &items(1_000)).await?;
        let large = run_machine(echo(StoreChoice::Memory), definition, &items(10_000)).await?;
        let columns = ["items", "ms", "items/s", "entries", "journal bytes", "largest entry"];
        table(title, &columns, &[row(1_000, &small), row(10_000, &large)]);
        let ratio = large.took.as_secs_f64() / small.took.as_secs_f64();
        let bytes = ratio_of(large.journal.bytes, small.journal.bytes);
        say(&format!("  10,000 items against 1,000: {ratio:.1} times the time, {bytes:.1} times the bytes"));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a ratio to one place")]
fn ratio_of(large: u64, small: u64) -> f64 {
    large as f64 / small as f64
}

fn row(items: u32, measured: &Measured) -> Vec<String> {
    let journal = &measured.journal;
    vec![
        items.to_string(),
        format!("{:.0}", measured.took.as_secs_f64() * 1_000.0),
        format!("{:.0}", f64::from(items) / measured.took.as_secs_f64()),
        journal.entries.to_string(),
        journal.bytes.to_string(),
        journal.largest_bytes.to_string(),
    ]
}
