//! ListStateMachineAliases: of a machine, or of those that lead to one of its versions; by name, in pages.

use serde::{Deserialize, Serialize};

use super::list_state_machines::page_items;
use crate::alias::{Alias, alias_arn};
use crate::arn::{MachineArn, Qualifier};
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, ErrorName, arn, member, page_token};

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListStateMachineAliasesRequest {
    /// The machine, or one of its versions: required.
    pub state_machine_arn: Option<String>,
    /// The page behind the one that had this token.
    pub next_token: Option<String>,
    /// At most this many; 100 when 0 or absent.
    pub max_results: Option<i64>,
}

/// A page of aliases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListStateMachineAliasesResponse {
    /// The aliases.
    pub state_machine_aliases: Vec<StateMachineAliasListItem>,
    /// The token of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// An alias in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateMachineAliasListItem {
    /// Its ARN.
    pub state_machine_alias_arn: String,
    /// When it was created.
    pub creation_date: EpochSeconds,
}

impl Api<'_> {
    /// Lists aliases.
    ///
    /// # Errors
    ///
    /// InvalidArn, InvalidToken, StateMachineDoesNotExist, ResourceNotFound (no such version), ValidationException.
    pub async fn list_state_machine_aliases(
        &self,
        request: ListStateMachineAliasesRequest,
    ) -> Result<ListStateMachineAliasesResponse, ApiError> {
        let mut constraints = Constraints::default();
        let asked = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
        let token = constraints.optional(member::NEXT_TOKEN, request.next_token);
        constraints.at_most("maxResults", request.max_results, member::PAGE_ITEMS_MAX);
        constraints.check()?;
        let MachineArn { base, qualifier } = arn::machine(&asked)?;
        let after = token.as_deref().map(page_token::decode).transpose()?.unwrap_or_default();
        let machine = self.machine(&base).await?;
        let version = match qualifier {
            None => None,
            Some(Qualifier::Version(number)) => {
                self.version(&machine, number).await?.ok_or_else(ApiError::no_such_resource)?;
                Some(number)
            }
            Some(Qualifier::Alias(_)) => return Err(ApiError::new(ErrorName::InvalidArn, format!("Invalid Arn: '{asked}'"))),
        };
        let wanted = |alias: &Alias| version.is_none_or(|number| alias.routes.iter().any(|route| route.version == number));
        let items = page_items(request.max_results);
        let aliases = self.all_aliases(&machine).await?;
        let mut found: Vec<Alias> = aliases.into_iter().filter(|alias| alias.name > after && wanted(alias)).collect();
        let more = found.len() > items;
        found.truncate(items);
        Ok(ListStateMachineAliasesResponse {
            next_token: found.last().filter(|_| more).map(|last| page_token::encode(&last.name)),
            state_machine_aliases: found
                .into_iter()
                .map(|alias| StateMachineAliasListItem {
                    state_machine_alias_arn: alias_arn(&base, &alias.name),
                    creation_date: alias.created_at.into(),
                })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, System, WAIT};

    fn names(page: &Value) -> Vec<&str> {
        let aliases = page["stateMachineAliases"].as_array().unwrap();
        aliases.iter().map(|one| one["stateMachineAliasArn"].as_str().unwrap().rsplit(':').next().unwrap()).collect()
    }

    #[tokio::test]
    async fn aliases_are_listed_by_name_in_pages_of_a_machine_or_of_a_version() {
        let system = System::new();
        let (arn, first) = system.published("order", PASS).await;
        let update = json!({"stateMachineArn": arn, "definition": WAIT, "publish": true});
        let second = system.call("UpdateStateMachine", update).await["stateMachineVersionArn"].clone();
        for (name, version) in [("c", &first), ("a", &second), ("b", &first)] {
            let routing = json!([{"stateMachineVersionArn": version, "weight": 100}]);
            system.call("CreateStateMachineAlias", json!({"name": name, "routingConfiguration": routing})).await;
        }
        let list = |arn: &Value| system.call("ListStateMachineAliases", json!({"stateMachineArn": arn}));
        assert_eq!(names(&list(&arn).await), ["a", "b", "c"]);
        assert_eq!(names(&list(&first).await), ["b", "c"]);
        let page = system.call("ListStateMachineAliases", json!({"stateMachineArn": arn, "maxResults": 2})).await;
        assert_eq!(names(&page), ["a", "b"]);
        let next = json!({"stateMachineArn": arn, "nextToken": page["nextToken"]});
        let page = system.call("ListStateMachineAliases", next).await;
        assert_eq!((names(&page), page.get("nextToken")), (vec!["c"], None));
    }

    #[tokio::test]
    async fn what_cannot_be_listed_is_refused() {
        let system = System::new();
        let (arn, _) = system.published("order", PASS).await;
        let missing = json!(format!("{}:9", arn.as_str().unwrap()));
        for (request, error) in [
            (json!({"stateMachineArn": arn, "nextToken": "InvalidToken"}), "InvalidToken"),
            (json!({"stateMachineArn": missing}), "ResourceNotFound"),
            (json!({"stateMachineArn": "order"}), "InvalidArn"),
            (json!({}), "ValidationException"),
        ] {
            system.refused("ListStateMachineAliases", request, error, "").await;
        }
    }
}
