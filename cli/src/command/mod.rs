//! The subcommands, a file each. A command has its arguments, an error of its own, and a function `run`.

mod attach;
mod demo;
mod doctor;
mod local;
mod run;

use std::io;

use clap::Subcommand;

use crate::exit::Outcome;
use crate::logging::LoggingError;
use crate::terminal::Terminal;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::DemoArguments),
    Local(local::LocalArguments),
    Run(run::RunArguments),
    Attach(attach::AttachArguments),
    Doctor(doctor::DoctorArguments),
}

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// Logging could not be started.
    #[error(transparent)]
    Logging(#[from] LoggingError),
    /// The demo.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// The local server.
    #[error(transparent)]
    Local(#[from] local::LocalError),
    /// One execution.
    #[error(transparent)]
    Run(#[from] run::RunError),
    /// A stack served.
    #[error(transparent)]
    Attach(#[from] attach::AttachError),
    /// A stack looked at.
    #[error(transparent)]
    Doctor(#[from] doctor::DoctorError),
    /// The process's own surroundings: its output, its threads.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl CommandError {
    /// Whether nobody reads standard output any more (as with `| head`), which is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(
            self,
            Self::Io(error)
                | Self::Demo(demo::DemoError::Output(error))
                | Self::Local(local::LocalError::Io(error))
                | Self::Run(run::RunError::Output(error))
                if error.kind() == io::ErrorKind::BrokenPipe
        )
    }
}

impl Command {
    /// What is logged unless `--log` says otherwise.
    pub(crate) fn default_log_filter(&self) -> &'static str {
        match self {
            Self::Demo(_) | Self::Run(_) | Self::Doctor(_) => "error",
            Self::Local(_) | Self::Attach(_) => "warn,backstep=info",
        }
    }

    /// Carries the command out.
    pub(crate) async fn run(self, terminal: &Terminal) -> Result<Outcome, CommandError> {
        match self {
            Self::Demo(arguments) => Ok(demo::run(arguments, terminal).await?),
            Self::Local(arguments) => Ok(local::run(arguments, terminal).await?),
            Self::Run(arguments) => Ok(run::run(arguments, terminal).await?),
            Self::Attach(arguments) => Ok(attach::run(arguments, terminal).await?),
            Self::Doctor(arguments) => Ok(doctor::run(arguments, terminal).await?),
        }
    }
}
