//! Calls services, and Lambda functions that are not our workers, so that the coordinator never waits for them.

use functions::{Cloud, Environment, Error, begin_logging, dispatcher, run_batches};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    begin_logging();
    let cloud = Cloud::connect(Environment::of_process()?)?;
    let serving = &dispatcher(&cloud)?;
    run_batches(&cloud, |batch| async move { serving.invoke(batch.deliveries, Some(batch.deadline)).await }).await
}
