//! The dispatcher of a system in this process: calls of services go to AWS, or where the environment says; those of Step Functions are the system's own.

use std::sync::Arc;

use clock::SystemClock;
use embedded::Options;
use integrations::{Dispatcher, OwnStates, Settings, StatesApi};
use step_functions_api::Place;

/// A system's options with a dispatcher for whatever no worker of ours serves, in its region and account. Executions are started by other ones once
/// what it answers is told of the open system.
pub(crate) async fn dispatching(options: Options) -> (Options, Arc<OwnStates>) {
    let place = Place { region: options.region.clone(), account: options.account.clone() };
    let states = Arc::new(OwnStates::new(place));
    let credentials = stack::people_config(Some(&options.region)).await.credentials_provider();
    let settings = Settings::of_process(&options.region, credentials, Arc::new(SystemClock));
    let dispatcher = Dispatcher::new(settings.with_states(Arc::clone(&states) as Arc<dyn StatesApi>));
    (options.dispatching(move |_, function| dispatcher.handler(function)), states)
}
