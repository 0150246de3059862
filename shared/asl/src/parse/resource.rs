//! `Resource`: who does a Task's work.

use super::report::Report;
use super::{scalar, service};
use crate::code;
use crate::raw::{Content, Member};
use crate::resource::{Integration, Resource};

const SUPPORTED: &str = "supported are a Lambda function's ARN (`arn:aws:lambda:REGION:ACCOUNT:function:NAME`), an activity's, and, as \
     `arn:aws:states:::SERVICE:ACTION`: `lambda:invoke`, `sqs:sendMessage`, `sns:publish`, `events:putEvents`, `dynamodb:getItem`, `putItem`, \
     `updateItem` and `deleteItem`, `states:startExecution`, `http:invoke`, and any action of a service as `aws-sdk:SERVICE:ACTION`";

/// Reads a `Resource`.
pub(super) fn read(member: &Member, report: &mut Report) -> Option<Resource> {
    let arn = scalar::text(member, report)?;
    let integration = integration(arn);
    if integration.is_none() {
        report.error(
            code::UNSUPPORTED_RESOURCE,
            &member.value.place,
            format!("the resource `{arn}` is not supported"),
            SUPPORTED,
        );
    }
    Some(Resource { arn: arn.to_owned(), integration: integration? })
}

/// What an ARN means.
fn integration(arn: &str) -> Option<Integration> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", partition, "states", "", "", "lambda", "invoke"] if is_partition(partition) => {
            Some(Integration::LambdaInvoke { wait_for_task_token: false })
        }
        ["arn", partition, "states", "", "", "lambda", "invoke.waitForTaskToken"] if is_partition(partition) => {
            Some(Integration::LambdaInvoke { wait_for_task_token: true })
        }
        ["arn", partition, "states", "", "", call @ ..] if is_partition(partition) => {
            service::call(call).map(Integration::Service)
        }
        ["arn", partition, "states", region, account, "activity", name]
            if is_partition(partition) && is_region(region) && is_account(account) && is_activity_name(name) =>
        {
            Some(Integration::Activity)
        }
        ["arn", partition, "lambda", region, account, "function", name, qualifier @ ..]
            if is_partition(partition)
                && is_region(region)
                && is_account(account)
                && is_function_name(name)
                && is_qualifier(qualifier) =>
        {
            Some(Integration::Function { name: (*name).to_owned() })
        }
        _ => None,
    }
}

fn is_partition(text: &str) -> bool {
    text == "aws" || text.strip_prefix("aws-").is_some_and(is_region)
}

fn is_region(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit())
}

/// Lambda API reference, CreateFunction: letters, digits, hyphens and underscores, at most 64.
fn is_function_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Step Functions API Reference, CreateActivity: at most 80 characters, and none of those that have a meaning elsewhere.
fn is_activity_name(text: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c);
    (1..=80).contains(&text.chars().count()) && !text.contains(forbidden)
}

fn is_qualifier(parts: &[&str]) -> bool {
    match parts {
        [] => true,
        [qualifier] => *qualifier == "$LATEST" || is_function_name(qualifier),
        _ => false,
    }
}

/// What the `Parameters` of an integration with a service must have, and may have.
pub(super) fn check_parameters(
    resource: Option<&Resource>,
    place: &crate::raw::Place,
    parameters: Option<&Member>,
    report: &mut Report,
) {
    let Some(known) = resource.and_then(|resource| service::parameters(&resource.integration)) else { return };
    let (name, field) = (known.name, if report.is_jsonata() { "Arguments" } else { "Parameters" });
    let first = known.required.first().copied().unwrap_or_default();
    let hint = match (name, report.is_jsonata()) {
        ("lambda:invoke", true) => {
            "write `\"Arguments\": { \"FunctionName\": \"...\", \"Payload\": \"{% $states.input %}\" }`".to_owned()
        }
        ("lambda:invoke", false) => "write `\"Parameters\": { \"FunctionName\": \"...\", \"Payload.$\": \"$\" }`".to_owned(),
        _ => format!("write `\"{field}\": {{ \"{first}\": ... }}`"),
    };
    let Some(parameters) = parameters else {
        if !known.required.is_empty() {
            report.error(code::MISSING_FIELD, place, format!("`{name}` needs `{field}` with `{first}`"), &hint);
        }
        return;
    };
    let Content::Object(members) = &parameters.value.content else { return };
    for required in known.required.iter().filter(|required| !members.iter().any(|member| plain(&member.name) == **required)) {
        let message = format!("`{name}` needs `{required}` in its `{field}`");
        report.error(code::MISSING_FIELD, &parameters.value.place.opening(), message, &hint);
    }
    let is_known =
        |member: &&Member| !known.required.contains(&plain(&member.name)) && !known.optional.contains(&plain(&member.name));
    for member in members.iter().filter(is_known) {
        let message = format!("`{name}` has no parameter `{}`", member.name);
        let near = report.suggest(plain(&member.name), known.required.iter().chain(known.optional).copied());
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if name == "lambda:invoke" => "what the function is to receive goes into `Payload`".to_owned(),
            None => format!("it has {}", known.listed()),
        };
        report.error(code::UNKNOWN_FIELD, &member.place, message, hint);
    }
}

fn plain(name: &str) -> &str {
    name.strip_suffix(".$").unwrap_or(name)
}
