//! Brings into executions what comes about them: answers (FIFO), timer hints and wakes (standard), and requests that nobody answered (the dead letters of
//! the task queues), whose tasks' outcome is unknown.

use functions::{Cloud, Environment, Error, begin_logging, run_batches};

/// Our name for the queue of the task queues' dead letters.
const DEAD_LETTERS: &str = "task-dead-letters";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    begin_logging();
    let cloud = Cloud::connect(Environment::of_process()?)?;
    let coordinator = &cloud.coordinator()?;
    run_batches(&cloud, |batch| async move {
        match batch.queue.as_str() {
            DEAD_LETTERS => coordinator.answer_dead_letters(&batch.deliveries).await,
            _ => coordinator.handle(&batch.deliveries).await,
        }
    })
    .await
}
