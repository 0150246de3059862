//! Checks and registers state machines when a stack is deployed; one with errors fails the stack's operation with its diagnostics.

use functions::{Cloud, CustomResourceRequest, Environment, Error, Machines, begin_logging, respond};
use lambda_runtime::{LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    begin_logging();
    let cloud = Cloud::connect(Environment::of_process()?)?;
    let machines = &Machines::new(cloud.coordinator()?, &cloud.environment.machines);
    run(service_fn(|event: LambdaEvent<CustomResourceRequest>| async move {
        let response = machines.answer(&event.payload).await;
        respond(&event.payload, &response).await
    }))
    .await
}
