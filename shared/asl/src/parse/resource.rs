//! `Resource`: who does a Task's work.

use super::report::Report;
use super::scalar;
use crate::code;
use crate::raw::{Content, Member};
use crate::resource::{Integration, Resource};

const SUPPORTED: &str = "supported are a Lambda function's ARN (`arn:aws:lambda:REGION:ACCOUNT:function:NAME`), an activity's, \
     `arn:aws:states:::lambda:invoke` and `arn:aws:states:::lambda:invoke.waitForTaskToken`";

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

/// Members of the `Parameters` of `lambda:invoke` (Step Functions Developer Guide, "Invoke a Lambda function").
const INVOKE_PARAMETERS: &[&str] = &["FunctionName", "Payload", "Qualifier", "InvocationType", "ClientContext", "LogType"];

/// `lambda:invoke` finds its function in the Parameters: they must be there, with `FunctionName`, and with nothing unknown.
pub(super) fn check_parameters(
    resource: Option<&Resource>,
    place: &crate::raw::Place,
    parameters: Option<&Member>,
    report: &mut Report,
) {
    if !matches!(resource.map(|resource| &resource.integration), Some(Integration::LambdaInvoke { .. })) {
        return;
    }
    let (field, hint) = match report.is_jsonata() {
        true => ("Arguments", "write `\"Arguments\": { \"FunctionName\": \"...\", \"Payload\": \"{% $states.input %}\" }`"),
        false => ("Parameters", "write `\"Parameters\": { \"FunctionName\": \"...\", \"Payload.$\": \"$\" }`"),
    };
    let Some(parameters) = parameters else {
        let message = format!("`lambda:invoke` needs `{field}` with `FunctionName`");
        report.error(code::MISSING_FIELD, place, message, hint);
        return;
    };
    let Content::Object(members) = &parameters.value.content else { return };
    if !members.iter().any(|member| plain(&member.name) == "FunctionName") {
        report.error(
            code::MISSING_FIELD,
            &parameters.value.place.opening(),
            format!("`lambda:invoke` needs `FunctionName` in its `{field}`"),
            hint,
        );
    }
    for member in members.iter().filter(|member| !INVOKE_PARAMETERS.contains(&plain(&member.name))) {
        let message = format!("`lambda:invoke` has no parameter `{}`", member.name);
        let hint = match report.suggest(plain(&member.name), INVOKE_PARAMETERS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "what the function is to receive goes into `Payload`".to_owned(),
        };
        report.error(code::UNKNOWN_FIELD, &member.place, message, hint);
    }
}

fn plain(name: &str) -> &str {
    name.strip_suffix(".$").unwrap_or(name)
}
