//! State machines by name.

use super::world::{SAGA, jumping};
use crate::{RegisterError, System};

#[tokio::test(start_paused = true)]
async fn a_machine_registered_again_stays_as_it_is_and_changes_with_its_text() {
    let system = System::open(jumping()).unwrap();
    let first = system.register_machine("saga", SAGA).await.unwrap();
    assert_eq!(system.register_machine("saga", SAGA).await.unwrap(), first);
    let other = SAGA.replace("\"Done\"", "\"Finished\"");
    let second = system.register_machine("saga", &other).await.unwrap();
    assert_ne!(second.definition, first.definition);
    assert_eq!((second.version, second.arn), (2, first.arn));
}

#[tokio::test(start_paused = true)]
async fn a_definition_with_errors_is_not_registered() {
    let system = System::open(jumping()).unwrap();
    let refused = system.register_machine("saga", "{}").await;
    assert!(matches!(&refused, Err(RegisterError::Invalid { diagnostics, .. }) if !diagnostics.is_empty()), "{refused:?}");
    assert_eq!(system.ports().executions.machine(&system.machine_arn("saga")).await.unwrap(), None);
}
