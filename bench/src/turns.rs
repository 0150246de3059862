//! A loop of 1,000 turns of Choice and Pass: how fast states are that wait for nothing.

use bench::{BenchError, echo, run_machine};
use embedded::StoreChoice;
use serde_json::json;

use crate::table::table;

const TURNS: u32 = 1_000;

/// Runs the loop, in memory and with every commit on disk.
pub(crate) async fn run() -> Result<(), BenchError> {
    let definition = json!({ "StartAt": "Again", "States": {
        "Again": { "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericLessThan": TURNS, "Next": "Turn" }], "Default": "Done" },
        "Turn": { "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)" }, "Next": "Again" },
        "Done": { "Type": "Succeed" }
    } });
    let directory = std::env::temp_dir().join(format!("backstep-bench-{}", std::process::id()));
    let mut rows = Vec::new();
    for (name, store) in [("memory", StoreChoice::Memory), ("disk", StoreChoice::Directory(directory.clone()))] {
        let measured = run_machine(echo(store), &definition.to_string(), &json!({ "n": 0 })).await?;
        let transitions = f64::from(2 * TURNS + 2);
        rows.push(vec![
            name.to_owned(),
            format!("{:.0}", transitions / measured.took.as_secs_f64()),
            measured.journal.entries.to_string(),
            measured.journal.bytes.to_string(),
        ]);
    }
    std::fs::remove_dir_all(&directory)?;
    table("a loop of 1,000 turns of Choice and Pass", &["store", "state transitions/s", "entries", "journal bytes"], &rows);
    Ok(())
}
