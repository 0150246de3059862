//! Looks each minute for executions that are due, and wakes them: whatever was lost, they go on.

use std::time::Duration;

use clock::{Clock, SystemClock};
use functions::{Cloud, Environment, Error, begin_logging};
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::{Value, json};

/// What is left of an invocation when no further look is begun.
const RESERVE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    begin_logging();
    let cloud = Cloud::connect(Environment::of_process()?)?;
    let coordinator = &cloud.coordinator()?;
    run(service_fn(|event: LambdaEvent<Value>| async move {
        let (mut due, mut woken) = (0, 0);
        loop {
            let report = coordinator.watch().await?;
            due += report.due;
            woken += report.woken;
            let now_millis = u64::try_from(SystemClock.now_millis()).unwrap_or(0);
            let left = Duration::from_millis(event.context.deadline.saturating_sub(now_millis));
            // What was woken stays due until its wake was handled: the same ones would be found again.
            if !report.more || report.woken == 0 || left < RESERVE {
                return Ok::<_, Error>(json!({ "due": due, "woken": woken, "more": report.more }));
            }
            SystemClock.sleep(Duration::from_secs(1)).await;
        }
    }))
    .await
}
