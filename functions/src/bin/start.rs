//! Orders that arrive on the orders queue start executions, idempotent by the order's id.

use functions::{Cloud, Environment, Error, OrderIntake, begin_logging, run_batches};
use order::definition::ORDER_FULFILLMENT;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    begin_logging();
    let cloud = Cloud::connect(Environment::of_process()?)?;
    let intake = &OrderIntake::new(cloud.coordinator()?, &cloud.environment.machines, ORDER_FULFILLMENT);
    run_batches(&cloud, |batch| async move { intake.handle(&batch.deliveries).await }).await
}
