//! Hands orders to the carrier, and cancels shipments.

use functions::{Cloud, Environment, Error, begin_logging, order_workers, run_batches};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    begin_logging();
    let cloud = Cloud::connect(Environment::of_process()?)?;
    let serving = &order_workers(&cloud.ports, &cloud.environment.routes, &["tasks-shipping"]);
    run_batches(&cloud, |batch| async move { serving.invoke(batch.deliveries, Some(batch.deadline)).await }).await
}
