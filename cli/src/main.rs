//! The `backstep` binary: arguments, terminal, logs and exit codes. What a command does stands in its file under `command/`.

mod command;
mod demo;
mod dispatch;
mod doctor;
mod exit;
mod history;
mod logging;
mod run;
mod server;
mod stop_signal;
mod terminal;
mod tree;

use std::process::ExitCode;

use clap::Parser;

use crate::command::Command;
use crate::exit::Outcome;
use crate::logging::LogFormat;
use crate::terminal::{ColorChoice, Terminal};

/// A saga coordinator: Amazon States Language with compensation, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "backstep", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// What to log on standard error, as in `warn,coordinator=debug` [default: depends on the command]
    #[arg(long, global = true, value_name = "FILTER", env = "BACKSTEP_LOG", hide_env_values = true)]
    log: Option<String>,

    /// How log lines look
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    log_format: LogFormat,

    /// Whether to use colors; `auto` means on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    color: ColorChoice,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, with a good outcome
  1  done, with a bad outcome (the books do not balance, the execution failed)
  2  the arguments make no sense
  3  could not be done (a port or directory is in use, a file cannot be read)";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.color);
    let outcome = logging::start(arguments.log.as_deref(), arguments.log_format, &arguments.command, &terminal)
        .map_err(command::CommandError::from)
        .and_then(|()| run(arguments.command, &terminal));
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(error) if error.is_broken_pipe() => Outcome::Good.into(),
        Err(error) => {
            terminal.error(&error);
            Outcome::Impossible.into()
        }
    }
}

fn run(command: Command, terminal: &Terminal) -> Result<Outcome, command::CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(command.run(terminal))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_contradict_each_other_nowhere() {
        Arguments::command().debug_assert();
    }
}
