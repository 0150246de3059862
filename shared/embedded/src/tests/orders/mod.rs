//! The order saga on a whole system, in a runtime whose time jumps.

mod expiry;
mod oversell;
mod play;
mod samples;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clock::RuntimeClock;
use coordinator::Description;
use order::definition::{Substitutions, definitions};
use order::{Effects, Outcome};

use crate::{Options, StoreChoice, System};

fn samples_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/orders")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(samples_folder().join(file)).unwrap()
}

fn options() -> Options {
    let clock = Arc::new(RuntimeClock::at_millis(1_800_000_000_000));
    Options { clock, ..Options::new(StoreChoice::Memory) }.serving_orders()
}

/// A system with both order machines.
async fn begun(options: Options) -> System {
    let system = System::start(options).unwrap();
    for (name, definition) in definitions(&Substitutions::demo().unwrap()).unwrap() {
        system.register_machine(name, &definition).await.unwrap();
    }
    system
}

async fn effects(system: &System) -> Effects {
    order::effects(system.ports().ledger.as_ref(), system.ports().now()).await.unwrap()
}

/// How an execution stands, as the balance is told.
fn outcome(ended: &Description) -> Outcome {
    Outcome {
        name: ended.identity.name.clone(),
        status: ended.status,
        owed: ended.owed.iter().map(|owed| owed.state.clone()).collect(),
        parked: ended.parked,
        output: ended.output.as_ref().map(|output| serde_json::from_str(output).unwrap()),
    }
}
