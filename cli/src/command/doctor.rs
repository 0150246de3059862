//! `backstep doctor`: what is wrong with a deployed stack.

use clap::{Args, ValueEnum};
use serde_json::json;
use stack::facts::Facts;

use super::attach::{AttachError, FoundStack, StackArguments};
use crate::doctor::{Definitions, Findings, Level, judge, report};
use crate::exit::Outcome;
use crate::terminal::Terminal;

/// Look at a deployed stack, and say what is wrong with it
///
/// Looks at its functions (loop detection, state), queues (visibility against timeouts, dead letters, what lies in them), table, alarms, the account's
/// concurrency, and the definitions that open executions are pinned to. Each finding comes with its remedy. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    stack: StackArguments,

    /// With --table: what the names of alarms begin with [default: as the names of the queues]
    #[arg(long, value_name = "PREFIX", requires = "table")]
    alarms: Option<String>,

    /// How findings are told
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text, value_name = "FORMAT")]
    format: DoctorFormat,
}

/// How findings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DoctorFormat {
    /// For people.
    Text,
    /// For programs: a JSON object.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  backstep doctor --stack shop
  backstep doctor --stack shop --format json | jq '.findings[] | select(.level == \"error\")'

Exit code 0 if nothing is wrong (notes and warnings aside), 1 if there are errors, 3 if the stack cannot be found.
docs/doctor.md says what each code means.";

/// Why a stack could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoctorError {
    #[error(transparent)]
    Find(#[from] AttachError),
    #[error("the queues are not named after a stack: say with --alarms what the names of its alarms begin with")]
    NoAlarms,
    #[error(transparent)]
    Output(#[from] std::io::Error),
}

/// Looks at a stack.
pub(crate) async fn run(arguments: DoctorArguments, terminal: &Terminal) -> Result<Outcome, DoctorError> {
    let found = arguments.stack.find().await?;
    let alarms = alarms_of(arguments.alarms.as_deref(), &found).ok_or(DoctorError::NoAlarms)?;
    let facts = Facts::of(&alarms, &found.cloud.environment, &found.cloud.config).await;
    let definitions = Definitions::of(&*found.cloud.ports.executions).await;
    let judged = judge(&facts, &definitions);
    match arguments.format {
        DoctorFormat::Text => terminal.print(&report(&found.name, &judged, terminal))?,
        DoctorFormat::Json => terminal.print(&format!("{}\n", as_json(&found.name, &judged)))?,
    }
    Ok(if judged.count(Level::Error) > 0 { Outcome::Bad } else { Outcome::Good })
}

/// What the names of a stack's alarms begin with: the template names them as it does the queues.
fn alarms_of(said: Option<&str>, found: &FoundStack) -> Option<String> {
    let of_stack = |stack: &str| format!("{stack}-");
    said.map(str::to_owned).or_else(|| found.stack.as_deref().map(of_stack))
}

fn as_json(stack: &str, judged: &Findings) -> serde_json::Value {
    let looked_at: serde_json::Map<String, serde_json::Value> =
        judged.looked_at.iter().map(|(what, count)| ((*what).to_owned(), json!(count))).collect();
    json!({ "stack": stack, "findings": judged.findings, "lookedAt": looked_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::attach::tests::said;

    // Fails if the table's name is taken for the stack's: no alarm begins with it, and all of them would be missed.
    #[test]
    fn alarms_are_those_of_the_stack_and_not_of_its_table() {
        let named = said(&[]).unwrap();
        assert_eq!(alarms_of(None, &named).as_deref(), Some("shop-"));
        assert_eq!(alarms_of(Some("other-"), &named).as_deref(), Some("other-"));
        let unnamed = said(&[("--queues", r#"{"answers":"http://queues/1/replies.fifo"}"#)]).unwrap();
        assert_eq!(alarms_of(None, &unnamed), None);
        assert_eq!(alarms_of(Some("other-"), &unnamed).as_deref(), Some("other-"));
    }
}
