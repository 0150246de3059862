//! Order sagas: how many a second, and how long one takes, with 1, 16 and 64 orders at a time. Each commit is on disk before it is acted upon.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bench::BenchError;
use embedded::{Options, StoreChoice, System};
use interpreter::{ExecutionStatus, Timestamp};
use order::definition::{Substitutions, definitions};
use serde_json::{Value, json};

use crate::table::table;

/// Orders at a time, and orders in all.
const LOADS: [(u32, u32); 3] = [(1, 100), (16, 800), (64, 1_600)];

/// Runs the loads, each in a system of its own.
pub(crate) async fn run() -> Result<(), BenchError> {
    let mut rows = Vec::new();
    for (concurrent, orders) in LOADS {
        let directory = std::env::temp_dir().join(format!("backstep-bench-{}-{concurrent}", std::process::id()));
        let system = Arc::new(open(&directory).await?);
        let began = Instant::now();
        let mut latencies = run_load(&system, concurrent, orders).await?;
        let took = began.elapsed();
        system.stop().await;
        drop(system);
        std::fs::remove_dir_all(&directory)?;
        latencies.sort_unstable();
        rows.push(vec![
            concurrent.to_string(),
            orders.to_string(),
            format!("{:.0}", f64::from(orders) / took.as_secs_f64()),
            millis(percentile(&latencies, 50)),
            millis(percentile(&latencies, 95)),
        ]);
    }
    table("order sagas (8 tasks each), every commit on disk", &["at a time", "orders", "sagas/s", "p50 ms", "p95 ms"], &rows);
    Ok(())
}

async fn open(directory: &std::path::Path) -> Result<System, BenchError> {
    let options = Options::new(StoreChoice::Directory(directory.to_owned())).serving_orders();
    let system = System::start(options)?;
    let substitutions = Substitutions::demo().map_err(|error| BenchError::Order(error.to_string()))?;
    for (name, text) in definitions(&substitutions).map_err(|error| BenchError::Order(error.to_string()))? {
        system.register_machine(name, &text).await?;
    }
    let now = Timestamp::from_millis(system.ports().clock.now_millis());
    let stocked = order::inventory::stock(&*system.ports().ledger, "BENCH", 1_000_000, now).await;
    stocked.map_err(|error| BenchError::Order(error.to_string()))?;
    Ok(system)
}

/// Runs the orders, so many at a time; answers how long each took.
async fn run_load(system: &Arc<System>, concurrent: u32, orders: u32) -> Result<Vec<Duration>, BenchError> {
    let next = Arc::new(AtomicU32::new(0));
    let mut lanes = tokio::task::JoinSet::new();
    for _ in 0..concurrent {
        let (system, next) = (Arc::clone(system), Arc::clone(&next));
        lanes.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= orders {
                    return Ok::<_, BenchError>(latencies);
                }
                latencies.push(run_order(&system, number).await?);
            }
        });
    }
    let lanes = lanes.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(lanes.into_iter().flatten().collect())
}

async fn run_order(system: &System, number: u32) -> Result<Duration, BenchError> {
    let admitted = order::admit(&body(number).to_string()).map_err(|refusal| BenchError::Order(refusal.to_string()))?;
    let began = Instant::now();
    let started = system.start_execution("order-fulfillment", &admitted.execution_name, &admitted.input.to_string()).await?;
    let ended = system.ended(&started.identity.arn).await?;
    if ended.status != ExecutionStatus::Succeeded {
        let cause = ended.failure.map(|failure| failure.error).unwrap_or_default();
        return Err(BenchError::Ended { name: admitted.execution_name, status: ended.status.as_str().to_owned(), cause });
    }
    Ok(began.elapsed())
}

fn body(number: u32) -> Value {
    json!({
        "orderId": format!("bench-{number}"),
        "currency": "EUR",
        "lines": [{ "sku": "BENCH", "quantity": 1, "unitPriceMinor": 1250 }],
        "payment": { "token": "tok_ok" },
        "customer": { "name": "Ada Lovelace", "email": "ada@example.com" },
        "shipTo": { "name": "Ada Lovelace", "street": "St James's Square 12", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB" }
    })
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len().saturating_mul(percent) / 100).or(sorted.last()).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1_000.0)
}
