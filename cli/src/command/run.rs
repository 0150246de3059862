//! `backstep run`: one execution of any definition, to its end.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use crate::exit::Outcome;
use crate::run::{self, DriveError, Ended, MockError, Mocks, Run};
use crate::terminal::{Style, Terminal};
use crate::tree;

/// Run a definition once to its end and print the execution as a tree
///
/// Tasks are answered by a mock file in the format of Step Functions Local's MockConfigFile.json, or by the workers of the order saga, whose providers are in
/// test mode. Waits and backoffs take no time unless --real-time is given. Exit code 0 if the execution succeeded, 1 if it ended otherwise, 2 if the
/// definition, the input or the mock file is wrong.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArguments {
    /// The definition: Amazon States Language, with Backstep's extension
    definition: PathBuf,

    /// The input: JSON, or @FILE
    #[arg(long, default_value = "{}", value_name = "JSON|@FILE")]
    input: String,

    /// Mocked responses; FILE#CASE also chooses the test case
    #[arg(long, value_name = "FILE")]
    mock: Option<String>,

    /// The test case of the mock file [default: its only one]
    #[arg(long, value_name = "NAME", requires = "mock")]
    test_case: Option<String>,

    /// Values for the definition's ${Name} placeholders: a file with a JSON object
    #[arg(long, value_name = "FILE")]
    substitutions: Option<PathBuf>,

    /// Let waits and backoffs take the time that they say
    #[arg(long)]
    real_time: bool,
}

const EXAMPLES: &str = "\
Examples:
  backstep run machine.asl.json --input '{\"n\": 1}' --mock MockConfigFile.json --test-case HappyPath
  backstep run shared/order/order-fulfillment.asl.json --substitutions shared/order/substitutions.demo.json \\
      --input @events/orders/carrier-refuses.json";

/// Why nothing could be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("cannot read `{}`", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the input is no JSON: {0}")]
    Input(serde_json::Error),
    #[error("`{}` is no JSON object: {error}", path.display())]
    Substitutions { path: PathBuf, error: serde_json::Error },
    #[error(transparent)]
    Substitute(#[from] asl::SubstituteError),
    #[error(transparent)]
    Mock(#[from] MockError),
    #[error(transparent)]
    Drive(#[from] DriveError),
    #[error(transparent)]
    Output(#[from] io::Error),
    #[error("the run has ended by a panic")]
    Panicked,
}

impl RunError {
    /// Whether the arguments are to blame, and what they name.
    fn is_misuse(&self) -> bool {
        match self {
            Self::File { .. } | Self::Input(_) | Self::Substitutions { .. } | Self::Substitute(_) | Self::Mock(_) => true,
            Self::Drive(error) => matches!(error, DriveError::Unserved(_) | DriveError::Register(_)),
            Self::Output(_) | Self::Panicked => false,
        }
    }
}

/// Runs a definition.
pub(crate) async fn run(arguments: RunArguments, terminal: &Terminal) -> Result<Outcome, RunError> {
    match attempt(arguments, terminal).await {
        Err(error) if error.is_misuse() => {
            terminal.error(&error);
            Ok(Outcome::Misuse)
        }
        other => other,
    }
}

async fn attempt(arguments: RunArguments, terminal: &Terminal) -> Result<Outcome, RunError> {
    let text = definition_text(&arguments)?;
    let file_name = arguments.definition.display().to_string();
    let definition = match asl::parse(&text) {
        Ok((definition, warnings)) => {
            terminal.complain(&asl::render(&warnings, &text, &file_name, terminal.error_colors()));
            definition
        }
        Err(diagnostics) => {
            terminal.complain(&asl::render(&diagnostics, &text, &file_name, terminal.error_colors()));
            return Ok(Outcome::Misuse);
        }
    };
    let machine = machine_name(&arguments.definition);
    let mocks = mocks(&arguments, &machine, &definition)?;
    let run = Run { machine, text, definition, input: input(&arguments.input)?, mocks };
    let real_time = arguments.real_time;
    // Time that jumps needs a runtime of its own.
    let ended = tokio::task::spawn_blocking(move || in_own_runtime(run, real_time)).await.map_err(|_| RunError::Panicked)??;
    terminal.print(&report(&ended, terminal))?;
    Ok(if ended.description.output.is_some() { Outcome::Good } else { Outcome::Bad })
}

fn in_own_runtime(run: Run, real_time: bool) -> Result<Ended, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(!real_time).build()?;
    Ok(runtime.block_on(run::drive(run))?)
}

fn read(path: &Path) -> Result<String, RunError> {
    fs::read_to_string(path).map_err(|source| RunError::File { path: path.to_owned(), source })
}

fn definition_text(arguments: &RunArguments) -> Result<String, RunError> {
    let text = read(&arguments.definition)?;
    let Some(path) = &arguments.substitutions else { return Ok(text) };
    let values = serde_json::from_str(&read(path)?);
    let values = values.map_err(|error| RunError::Substitutions { path: path.clone(), error })?;
    Ok(asl::substitute(&text, &values)?)
}

fn input(given: &str) -> Result<String, RunError> {
    let text = match given.strip_prefix('@') {
        Some(path) => read(Path::new(path))?,
        None => given.to_owned(),
    };
    serde_json::from_str::<Value>(&text).map_err(RunError::Input)?;
    Ok(text)
}

/// The name of the definition's file, up to its first dot.
fn machine_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split('.').next().filter(|stem| !stem.is_empty());
    stem.map_or_else(|| "machine".to_owned(), str::to_owned)
}

fn mocks(arguments: &RunArguments, machine: &str, definition: &asl::Definition) -> Result<Mocks, RunError> {
    let Some(given) = &arguments.mock else { return Ok(Mocks::default()) };
    let (path, case) = match given.rsplit_once('#') {
        Some((path, case)) if !Path::new(given).exists() => (path, Some(case)),
        _ => (given.as_str(), None),
    };
    let case = arguments.test_case.as_deref().or(case);
    Ok(Mocks::read(&read(Path::new(path))?, machine, case, definition)?)
}

/// The tree, then the status, then output or error.
fn report(ended: &Ended, terminal: &Terminal) -> String {
    let description = &ended.description;
    let mut text = tree::draw(&tree::build(&ended.events), terminal, "");
    let style = if description.output.is_some() { Style::Green } else { Style::Red };
    let _ = write!(text, "\n{}", terminal.paint(style, description.status.as_str()));
    let took = description.closed_at.and_then(|closed_at| tree::time(closed_at.since(description.started_at)));
    if let Some(took) = took {
        let _ = write!(text, "  {}", terminal.paint(Style::Dim, &took));
    }
    text.push('\n');
    if let Some(failure) = &description.failure {
        let cause = failure.cause.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{} {cause}", terminal.paint(Style::Red, &failure.error));
    }
    if !description.owed.is_empty() {
        let owed: Vec<&str> = description.owed.iter().map(|owed| owed.state.as_str()).collect();
        let _ = writeln!(text, "{} {}", terminal.paint(Style::Yellow, "still owed:"), owed.join(", "));
    }
    if let Some(output) = &description.output {
        let value: Value = serde_json::from_str(output).unwrap_or_default();
        let _ = writeln!(text, "{value:#}");
    }
    text
}

#[cfg(test)]
mod tests;
