//! What is logged for somebody to be called: the alarms.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::definitions::SAGA;
use super::world::{Script, World};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The alarms that an execution of a world raises until nothing is due any more, with the seconds that this may take.
async fn alarms(world: &World, seconds: u64) -> Vec<String> {
    let lines = Lines::default();
    let writer = lines.clone();
    // As long as there is one subscriber alone, a callsite that another test's thread comes to first is asked about there, where nobody listens,
    // and stays silent for everybody (tracing-core: `has_just_one`). With two it is not.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::ERROR)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    world.start("order-1", "{}").await.unwrap();
    world.run_for(&world.coordinator(), seconds).await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let of_line = |line: &str| line.split_once("alarm=\"").and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned);
    text.lines().filter_map(of_line).collect()
}

// Fails if the alarm is not raised, or if each transition behind it raises it again.
#[tokio::test]
async fn an_execution_that_goes_round_in_circles_is_one_alarm() {
    const CIRCLE: &str = r#"{"StartAt": "Reserve", "States": {
        "Reserve": {"Type": "Task", "Resource": "fn:reserve", "Compensation": {"Resource": "fn:release"}, "Next": "A"},
        "A": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Next": "B"}], "Default": "A"},
        "B": {"Type": "Succeed"}}}"#;
    let mut world = World::new(CIRCLE).await;
    world.settings.limits.transitions_without_progress = 20;
    assert_eq!(alarms(&world, 60).await, ["runaway_execution"]);
    let description = world.description("order-1").await;
    assert_eq!(description.failure.map(|failure| failure.error), Some("Backstep.NoProgress".to_owned()));
    assert_eq!(world.effects(), ["reserve", "release"]);
}

// Fails if what needs a person is no alarm, or what was undone is one.
#[tokio::test]
async fn an_execution_that_is_parked_is_an_alarm_and_one_that_was_undone_is_none() {
    let definition = SAGA.replace(
        r#"{"Resource": "fn:refund"}"#,
        r#"{"Resource": "fn:refund", "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]}"#,
    );
    let refuses = Script::Fails { times: 1, error: "CarrierRefuses", refusal: true };
    let fails = Script::Fails { times: 100, error: "ProviderDown", refusal: false };
    let undone = World::new(&definition).await.with("ship", refuses.clone());
    assert!(alarms(&undone, 200).await.is_empty());
    let parked = World::new(&definition).await.with("ship", refuses).with("refund", fails);
    assert_eq!(alarms(&parked, 200).await, ["parked_execution"]);
}
