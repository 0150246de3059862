//! What is said about a field that stands where it does not belong.

use std::collections::BTreeSet;

use super::choice;
use super::report::Report;
use crate::code;

/// Why a field is refused.
pub(super) struct Explanation {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) hint: String,
}

/// Explains why `owner`, whose fields are `expected`, does not have the field `name`.
pub(super) fn explain(name: &str, owner: &str, expected: &[&'static str], report: &mut Report) -> Explanation {
    if report.is_jsonata() {
        if let Some((_, instead)) = JSONPATH.iter().find(|(field, _)| *field == name) {
            let message = format!("`{name}` is a field of the JSONPath query language, and {owner} is in JSONata");
            return Explanation { code: code::JSONPATH_FIELD, message, hint: (*instead).to_owned() };
        }
        if choice::is_comparison(name) {
            let message = format!("`{name}` is a comparison of the JSONPath query language, and {owner} is in JSONata");
            return Explanation { code: code::JSONPATH_FIELD, message, hint: "use `Condition`".to_owned() };
        }
    } else if let Some((_, instead)) = JSONATA.iter().find(|(field, _)| *field == name) {
        let message = format!("`{name}` is a field of the JSONata query language, and {owner} is in JSONPath");
        return Explanation { code: code::JSONATA_FIELD, message, hint: (*instead).to_owned() };
    }
    if let Some((_, _, instead)) = LATER.iter().find(|(field, owners, _)| *field == name && owners.contains(&owner)) {
        let message = format!("`{name}` of {owner} is not yet supported");
        return Explanation { code: code::UNSUPPORTED_FIELD, message, hint: (*instead).to_owned() };
    }
    let message = format!("{owner} has no field `{name}`");
    Explanation { code: code::UNKNOWN_FIELD, message, hint: hint(name, owner, expected, report) }
}

/// Whether a field of this name exists anywhere in the language.
pub(super) fn is_known(name: &str) -> bool {
    let elsewhere = ELSEWHERE.iter().map(|(field, _)| *field).chain(JSONATA.iter().map(|(field, _)| *field));
    elsewhere.chain(LATER.iter().map(|(field, _, _)| *field)).any(|field| field == name)
}

fn hint(name: &str, owner: &str, expected: &[&'static str], report: &mut Report) -> String {
    if let Some((_, elsewhere)) = ELSEWHERE.iter().find(|(field, _)| *field == name) {
        return match expected.iter().find(|own| is_path_twin(own, name)) {
            Some(twin) => format!("`{name}` is a field of {elsewhere}; did you mean `{twin}`?"),
            None => format!("`{name}` is a field of {elsewhere}"),
        };
    }
    if let Some(near) = report.suggest(name, expected.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if let Some((near, elsewhere)) = report
        .suggest(name, ELSEWHERE.iter().map(|(field, _)| *field))
        .and_then(|near| ELSEWHERE.iter().find(|(field, _)| *field == near))
    {
        return format!("did you mean `{near}`? It is a field of {elsewhere}");
    }
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    let fields: Vec<String> = expected.iter().map(|field| format!("`{field}`")).collect();
    format!("{owner} has the fields {}", fields.join(", "))
}

/// Whether two fields differ by `Path` at the end.
fn is_path_twin(one: &str, other: &str) -> bool {
    one.strip_suffix("Path") == Some(other) || other.strip_suffix("Path") == Some(one)
}

/// Fields that exist only in the JSONata query language, and what JSONPath has instead.
const JSONATA: &[(&str, &str)] = &[
    ("Arguments", "use `Parameters`"),
    ("Output", "use `ResultSelector`, `ResultPath` or `OutputPath`"),
    ("Items", "use `ItemsPath`"),
    ("Condition", "use `Variable` with a comparison"),
];

/// Fields that exist only in the JSONPath query language, and what JSONata has instead.
const JSONPATH: &[(&str, &str)] = &[
    ("InputPath", "use `$states.input` in expressions"),
    ("OutputPath", "use `Output`"),
    ("Parameters", "use `Arguments`"),
    ("ResultSelector", "use `Output`"),
    ("ResultPath", "use `Output`"),
    ("Result", "use `Output`"),
    ("ItemsPath", "use `Items`"),
    ("TimeoutSecondsPath", "use `TimeoutSeconds` with an expression"),
    ("HeartbeatSecondsPath", "use `HeartbeatSeconds` with an expression"),
    ("SecondsPath", "use `Seconds` with an expression"),
    ("TimestampPath", "use `Timestamp` with an expression"),
    ("ErrorPath", "use `Error` with an expression"),
    ("CausePath", "use `Cause` with an expression"),
    ("MaxConcurrencyPath", "use `MaxConcurrency` with an expression"),
    ("ToleratedFailureCountPath", "use `ToleratedFailureCount` with an expression"),
    ("ToleratedFailurePercentagePath", "use `ToleratedFailurePercentage` with an expression"),
    ("MaxItemsPath", "use `MaxItems` with an expression"),
    ("MaxItemsPerBatchPath", "use `MaxItemsPerBatch` with an expression"),
    ("MaxInputBytesPerBatchPath", "use `MaxInputBytesPerBatch` with an expression"),
    ("Variable", "use `Condition`"),
    ("And", "use `Condition` with `and`"),
    ("Or", "use `Condition` with `or`"),
    ("Not", "use `Condition` with `$not`"),
];

/// Fields of Amazon States Language that this release does not have: the field, in what it stands, what to do instead.
const LATER: &[(&str, &[&str], &str)] =
    &[("Credentials", &["a Task state"], "workers run with their own function's role; remove it")];

/// Where each field belongs.
pub(super) const ELSEWHERE: &[(&str, &str)] = &[
    ("StartAt", "the machine, of branches and of processors"),
    ("States", "the machine, of branches and of processors"),
    ("Version", "the machine"),
    ("QueryLanguage", "the machine and of states"),
    ("Type", "states"),
    ("Comment", "the machine and of states"),
    ("Next", "states other than Choice, Succeed and Fail, of Choice rules and of catchers"),
    ("End", "states other than Choice, Succeed and Fail"),
    ("InputPath", "states other than Fail"),
    ("OutputPath", "states other than Fail"),
    ("Assign", "states other than Succeed and Fail, of Choice rules and of catchers"),
    ("Parameters", "Task, Parallel, Map and Pass states and of a `Compensation`"),
    ("ResultSelector", "Task, Parallel and Map states"),
    ("ResultPath", "Task, Parallel, Map and Pass states and of catchers"),
    ("Retry", "Task, Parallel and Map states and of a `Compensation`"),
    ("Catch", "Task, Parallel and Map states"),
    ("Resource", "Task states and of a `Compensation`"),
    ("TimeoutSeconds", "Task states, of the machine and of a `Compensation`"),
    ("TimeoutSecondsPath", "Task states and of a `Compensation`"),
    ("HeartbeatSeconds", "Task states"),
    ("HeartbeatSecondsPath", "Task states"),
    ("Compensation", "Task states"),
    ("Refusals", "Task states"),
    ("Pivot", "Task states"),
    ("Compensate", "catchers"),
    ("Result", "Pass states"),
    ("Choices", "Choice states"),
    ("Default", "Choice states"),
    ("Seconds", "Wait states"),
    ("SecondsPath", "Wait states"),
    ("Timestamp", "Wait states"),
    ("TimestampPath", "Wait states"),
    ("Error", "Fail states"),
    ("ErrorPath", "Fail states"),
    ("Cause", "Fail states"),
    ("CausePath", "Fail states"),
    ("Branches", "Parallel states"),
    ("ItemProcessor", "Map states"),
    ("Iterator", "Map states"),
    ("ItemsPath", "Map states"),
    ("ItemSelector", "Map states"),
    ("MaxConcurrency", "Map states"),
    ("MaxConcurrencyPath", "Map states"),
    ("ToleratedFailureCount", "Map states"),
    ("ToleratedFailureCountPath", "Map states"),
    ("ToleratedFailurePercentage", "Map states"),
    ("ToleratedFailurePercentagePath", "Map states"),
    ("ItemReader", "Map states in mode `DISTRIBUTED`"),
    ("ItemBatcher", "Map states in mode `DISTRIBUTED`"),
    ("ResultWriter", "Map states in mode `DISTRIBUTED`"),
    ("Label", "Map states in mode `DISTRIBUTED`"),
    ("ProcessorConfig", "the `ItemProcessor` of a Map state"),
    ("ReaderConfig", "an `ItemReader`"),
    ("WriterConfig", "a `ResultWriter`"),
    ("MaxItems", "a `ReaderConfig`"),
    ("MaxItemsPath", "a `ReaderConfig`"),
    ("MaxItemsPerBatch", "an `ItemBatcher`"),
    ("MaxItemsPerBatchPath", "an `ItemBatcher`"),
    ("MaxInputBytesPerBatch", "an `ItemBatcher`"),
    ("MaxInputBytesPerBatchPath", "an `ItemBatcher`"),
    ("BatchInput", "an `ItemBatcher`"),
    ("ErrorEquals", "retriers and catchers"),
    ("IntervalSeconds", "retriers"),
    ("MaxAttempts", "retriers"),
    ("BackoffRate", "retriers"),
    ("MaxDelaySeconds", "retriers"),
    ("JitterStrategy", "retriers"),
    ("Variable", "Choice rules"),
    ("And", "Choice rules"),
    ("Or", "Choice rules"),
    ("Not", "Choice rules"),
];
