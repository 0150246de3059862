//! An action that comes after its compensation.

use interpreter::ExecutionStatus;
use messages::{MessageQueue, Outgoing};
use serde_json::json;

use super::world::{SAGA, effects, jumping, routes};
use crate::{Options, StoreChoice, System};

#[tokio::test(start_paused = true)]
async fn an_action_delayed_until_after_its_compensation_ran_has_no_effect() {
    // The queue of `first` is fed and, for as long as it matters, not consumed.
    let mut late = routes();
    late.0.get_mut("first").unwrap().queue = "late".to_owned();
    let handlers = jumping().handlers;
    let without_first = move |ports: &_| handlers(ports).into_iter().filter(|handler| handler.function() != "first").collect();
    let system = System::start(jumping().serving(late, without_first)).unwrap();
    system.register_machine("saga", &SAGA.replace("\"TimeoutSeconds\": 600", "\"TimeoutSeconds\": 5")).await.unwrap();
    let started = system.start_execution("saga", "late", &json!({ "pauseSeconds": 0 }).to_string()).await.unwrap();
    let ended = system.ended(&started.identity.arn).await.unwrap();
    assert_eq!((ended.status, ended.owed.len()), (ExecutionStatus::Failed, 0));
    let undone = [("unfirst".to_owned(), 1)].into();
    assert_eq!(effects(system.ports().ledger.as_ref(), "late").await, undone);

    // Now the request comes at last, to workers on the same table by whose clock its deadline has not passed: only the ledger keeps it from acting.
    let requests = system.queues().peek("late", 10);
    assert!(!requests.is_empty());
    let (executions, ledger) = (system.ports().executions.clone(), system.ports().ledger.clone());
    let workers = System::start(Options { store: StoreChoice::Given { executions, ledger }, ..jumping() }).unwrap();
    workers.queues().send("tasks", &[Outgoing::standard(requests[0].body.clone())]).await.unwrap();
    let clock = workers.ports().clock.clone();
    while workers.queues().depths("tasks").unwrap().total() > 0 {
        clock.sleep(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(effects(workers.ports().ledger.as_ref(), "late").await, undone);
}
