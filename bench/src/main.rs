//! Benchmarks: what a saga, a loop and a Map cost, printed with their conditions.
//!
//! `cargo run --release -p bench [sagas|loop|map]...` runs all or those named. Times depend on the machine and on what else it does, so compare them within
//! one run only; entries and bytes are exact, and `tests/` of this crate holds their ratios in place.

mod conditions;
mod map;
mod sagas;
mod table;
mod turns;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let known = ["sagas", "loop", "map"];
    if let Some(unknown) = asked.iter().find(|name| !known.contains(&name.as_str())) {
        table::say(&format!("there is no benchmark `{unknown}`; there are: {}", known.join(", ")));
        return ExitCode::from(2);
    }
    match run(&asked).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::say(&format!("benchmark failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(asked: &[String]) -> Result<(), bench::BenchError> {
    let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    table::say(&conditions::conditions());
    if is_asked("sagas") {
        sagas::run().await?;
    }
    if is_asked("loop") {
        turns::run().await?;
    }
    if is_asked("map") {
        map::run().await?;
    }
    Ok(())
}
