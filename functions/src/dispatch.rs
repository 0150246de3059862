//! The dispatcher: calls services, and Lambda functions that are not our workers, under the same ledger, so that the coordinator never waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use integrations::{Dispatcher, OwnStates, Settings, StatesApi};
use interpreter::Routes;
use stack::ConfigurationError;
use step_functions_api::Place;
use worker::Serving;

use crate::Cloud;
use crate::workers::served;

/// Serves whatever has no route of its own, in the stack's region. Executions that are started are the stack's.
///
/// # Errors
///
/// [`ConfigurationError`], if the template does not say where the stack's machines are, or which routes there are.
pub fn dispatcher(cloud: &Cloud) -> Result<Serving, ConfigurationError> {
    let place = cloud.environment.place()?;
    let states = Arc::new(OwnStates::new(Place { region: place.region.clone(), account: place.account }));
    states.open(&cloud.coordinator()?);
    let settings = Settings::of_process(&place.region, cloud.config.credentials_provider(), Arc::clone(&cloud.ports.clock));
    let dispatcher = Dispatcher::new(settings.with_states(states as Arc<dyn StatesApi>));
    let by_name = {
        let cloud = cloud.clone();
        move |function: &str| {
            let route = cloud.environment.routes.0.get(Routes::ANY)?;
            Some(served(&cloud.ports, route, dispatcher.handler(function)))
        }
    };
    Ok(Serving::new(Arc::clone(&cloud.ports.clock), BTreeMap::new(), Some(Arc::new(by_name))))
}
