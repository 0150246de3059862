//! `backstep doctor`: what is wrong with a deployed stack.

use clap::{Args, ValueEnum};
use serde_json::json;
use stack::facts::Facts;

use super::attach::{AttachError, StackArguments};
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
    #[error(transparent)]
    Output(#[from] std::io::Error),
}

/// Looks at a stack.
pub(crate) async fn run(arguments: DoctorArguments, terminal: &Terminal) -> Result<Outcome, DoctorError> {
    let found = arguments.stack.find().await?;
    let facts = Facts::of(&found.name, &found.cloud.environment, &found.cloud.config).await;
    let definitions = Definitions::of(&*found.cloud.ports.executions).await;
    let judged = judge(&facts, &definitions);
    match arguments.format {
        DoctorFormat::Text => terminal.print(&report(&found.name, &judged, terminal))?,
        DoctorFormat::Json => terminal.print(&format!("{}\n", as_json(&found.name, &judged)))?,
    }
    Ok(if judged.count(Level::Error) > 0 { Outcome::Bad } else { Outcome::Good })
}

fn as_json(stack: &str, judged: &Findings) -> serde_json::Value {
    let looked_at: serde_json::Map<String, serde_json::Value> =
        judged.looked_at.iter().map(|(what, count)| ((*what).to_owned(), json!(count))).collect();
    json!({ "stack": stack, "findings": judged.findings, "lookedAt": looked_at })
}
