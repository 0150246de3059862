//! Reserves and releases stock; each minute, returns to the stock what is held longer than its time; stocks what a person says.

use aws_lambda_events::event::sqs::SqsEvent;
use functions::{Cloud, Environment, Error, InventoryEvent, Queues, begin_logging, order_workers};
use lambda_runtime::{LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::Value;

/// A batch of requests, or one of the function's own events.
#[derive(Deserialize)]
#[serde(untagged)]
enum Trigger {
    Batch(SqsEvent),
    Own(InventoryEvent),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    begin_logging();
    let cloud = &Cloud::connect(Environment::of_process()?)?;
    let (queues, serving) = (&Queues::of(cloud), &order_workers(&cloud.ports, &cloud.environment.routes, &["tasks-inventory"]));
    run(service_fn(|event: LambdaEvent<Trigger>| async move {
        let deadline = functions::deadline_of(&event.context);
        match event.payload {
            Trigger::Batch(batch) => {
                let handle = |batch: functions::Batch| serving.invoke(batch.deliveries, Some(batch.deadline));
                Ok::<Value, Error>(serde_json::to_value(queues.settled(batch, deadline, handle).await?)?)
            }
            Trigger::Own(event) => Ok(event.perform(&*cloud.ports.ledger, cloud.ports.now()).await?),
        }
    }))
    .await
}
