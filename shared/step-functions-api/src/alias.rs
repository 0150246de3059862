//! Aliases of state machines: names that lead to one version, or to two by weight. Which one is drawn at each start.

use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use store::{ItemKey, StateMachine};

use crate::arn::{self, Qualifier};
use crate::constraints::Constraints;
use crate::record::{self, Record};
use crate::version::owner;
use crate::{Api, ApiError, ErrorName};

/// The versions that an alias may lead to.
const ROUTES_MAX: usize = 2;
/// What the weights of an alias add up to.
const WEIGHTS: u64 = 100;
/// The most aliases of a machine (AWS's quota).
pub(crate) const ALIASES_MAX: usize = 100;

/// One version that an alias leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingConfigurationListItem {
    /// The version's ARN.
    pub state_machine_version_arn: String,
    /// Of 100 starts, how many it gets.
    pub weight: i64,
}

/// An alias, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) routes: Vec<Route>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A version's number, and its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) version: u64,
    pub(crate) weight: u64,
}

/// The ARN of a machine's alias.
pub(crate) fn alias_arn(machine_arn: &str, name: &str) -> String {
    format!("{machine_arn}:{name}")
}

pub(crate) fn alias_key(machine: &StateMachine, name: &str) -> ItemKey {
    record::key("aliases", &owner(machine), name)
}

/// The partition of a machine's aliases.
pub(crate) fn aliases_of(machine: &StateMachine) -> String {
    record::partition("aliases", &owner(machine))
}

impl Alias {
    /// The version of a start for which this number was drawn.
    pub(crate) fn drawn(&self, bits: u128) -> Option<u64> {
        let mut left = u64::try_from(bits % u128::from(WEIGHTS)).unwrap_or(0);
        for route in &self.routes {
            if left < route.weight {
                return Some(route.version);
            }
            left -= route.weight;
        }
        None
    }

    /// The version that most starts get; the first of two equal ones.
    pub(crate) fn main_version(&self) -> Option<u64> {
        let heaviest = self.routes.iter().map(|route| route.weight).max()?;
        self.routes.iter().find(|route| route.weight == heaviest).map(|route| route.version)
    }

    /// As requests have it.
    pub(crate) fn routing(&self, machine_arn: &str) -> Vec<RoutingConfigurationListItem> {
        let item = |route: &Route| RoutingConfigurationListItem {
            state_machine_version_arn: crate::version::version_arn(machine_arn, route.version),
            weight: i64::try_from(route.weight).unwrap_or(i64::MAX),
        };
        self.routes.iter().map(item).collect()
    }
}

impl Api<'_> {
    /// An alias of a machine.
    pub(crate) async fn alias(&self, machine: &StateMachine, name: &str) -> Result<Option<Record<Alias>>, ApiError> {
        self.record(&alias_key(machine, name)).await
    }

    /// All aliases of a machine.
    pub(crate) async fn all_aliases(&self, machine: &StateMachine) -> Result<Vec<Alias>, ApiError> {
        let records = self.records(&aliases_of(machine), None, ALIASES_MAX).await?;
        Ok(records.into_iter().map(|(_, record)| record.value).collect())
    }

    /// The machine, its ARN and the name in an alias's ARN.
    pub(crate) async fn machine_of_alias(&self, alias_arn: &str) -> Result<(StateMachine, String), ApiError> {
        let parsed = arn::machine(alias_arn)?;
        let Some(Qualifier::Alias(name)) = parsed.qualifier else {
            return Err(ApiError::new(ErrorName::InvalidArn, format!("Invalid Arn: '{alias_arn}'")));
        };
        let machine = self.executions().machine(&parsed.base).await?.ok_or_else(ApiError::no_such_resource)?;
        Ok((machine, name))
    }
}

/// The constraints on the members of a routing configuration.
pub(crate) fn constrain(routing: Option<&[RoutingConfigurationListItem]>, constraints: &mut Constraints) {
    let Some(routing) = routing else { return };
    let member = "routingConfiguration";
    if routing.is_empty() {
        constraints.violated("Value '[]'", member, "Member must have length greater than or equal to 1");
    }
    if routing.len() > ROUTES_MAX {
        let items = routing.iter().map(|item| {
            let RoutingConfigurationListItem { state_machine_version_arn, weight } = item;
            format!("RoutingConfigurationListItem(stateMachineVersionArn={state_machine_version_arn}, weight={weight})")
        });
        let shown = format!("Value '[{}]'", items.collect::<Vec<_>>().join(", "));
        constraints.violated(&shown, member, &format!("Member must have length less than or equal to {ROUTES_MAX}"));
    }
    for (index, item) in routing.iter().enumerate() {
        constraints.at_most(&format!("{member}.{}.member.weight", index + 1), Some(item.weight), 100);
    }
}

/// The machine's ARN and the routes of a routing configuration, or what AWS says of one that makes no sense.
pub(crate) fn routes(routing: &[RoutingConfigurationListItem]) -> Result<(String, Vec<Route>), ApiError> {
    let refused = |message: String| Err(ApiError::new(ErrorName::Validation, message));
    let arns: Vec<&str> = routing.iter().map(|item| item.state_machine_version_arn.as_str()).collect();
    let received = format!("Received: [{}]", arns.join(", "));
    let parsed = arns.iter().map(|arn| arn::machine(arn)).collect::<Result<Vec<_>, _>>()?;
    let mut routes = Vec::new();
    for (parsed, item) in parsed.iter().zip(routing) {
        let Some(Qualifier::Version(version)) = parsed.qualifier else {
            return refused(format!("Routing configuration must contain state machine version ARNs. {received}"));
        };
        routes.push(Route { version, weight: u64::try_from(item.weight).unwrap_or(0) });
    }
    let machines: Vec<&str> = parsed.iter().map(|parsed| parsed.base.as_str()).collect();
    let Some((machine, others)) = machines.split_first() else { return refused("Routing configuration is empty".to_owned()) };
    if others.iter().any(|other| other != machine) {
        return refused(format!("Routing configuration must contain versions of the same state machine. {received}"));
    }
    if routes.iter().enumerate().any(|(at, route)| routes.iter().skip(at + 1).any(|other| other.version == route.version)) {
        return refused(format!("Routing configuration must contain distinct state machine version ARNs. {received}"));
    }
    if routes.iter().map(|route| route.weight).sum::<u64>() != WEIGHTS {
        let weights: Vec<String> = routes.iter().map(|route| route.weight.to_string()).collect();
        return refused(format!("Sum of routing configuration weights must equal {WEIGHTS}. Received: [{}]", weights.join(", ")));
    }
    Ok(((*machine).to_owned(), routes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alias(weights: &[u64]) -> Alias {
        let routes = weights.iter().zip(1..).map(|(weight, version)| Route { version, weight: *weight });
        let at = Timestamp::from_millis(0);
        Alias { name: "live".into(), description: None, routes: routes.collect(), created_at: at, updated_at: at }
    }

    #[test]
    fn of_a_hundred_starts_each_version_gets_its_weight() {
        let alias = alias(&[30, 70]);
        let first = (0..100).filter(|bits| alias.drawn(*bits) == Some(1)).count();
        let second = (0..100).filter(|bits| alias.drawn(*bits) == Some(2)).count();
        assert_eq!((first, second, alias.main_version()), (30, 70, Some(2)));
    }

    #[test]
    fn a_version_of_weight_zero_is_never_drawn() {
        let alias = alias(&[0, 100]);
        assert!((0..100).all(|bits| alias.drawn(bits) == Some(2)));
    }

    /// What stands here never changes.
    #[test]
    fn aliases_of_format_1_are_read_and_written() {
        let frozen = json!({
            "name": "live",
            "description": "what customers get",
            "routes": [{"version": 1, "weight": 90}, {"version": 2, "weight": 10}],
            "created_at": 1_793_534_400_000_i64,
            "updated_at": 1_793_534_401_000_i64,
        });
        let alias: Alias = serde_json::from_value(frozen.clone()).unwrap();
        assert_eq!(alias.routes, [Route { version: 1, weight: 90 }, Route { version: 2, weight: 10 }]);
        assert_eq!(serde_json::to_value(&alias).unwrap(), frozen);
    }
}
