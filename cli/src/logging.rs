//! Logs: on standard error, filtered, as text or as JSON lines.

use std::io;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::command::Command;
use crate::terminal::Terminal;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The filter is none.
#[derive(Debug, thiserror::Error)]
#[error("`{filter}` is no log filter; write a level (`info`) or `CRATE=LEVEL`, separated by commas")]
pub(crate) struct LoggingError {
    filter: String,
    #[source]
    source: ParseError,
}

/// Starts logging for the whole process.
pub(crate) fn start(filter: Option<&str>, format: LogFormat, command: &Command, terminal: &Terminal) -> Result<(), LoggingError> {
    let filter = filter.unwrap_or_else(|| command.default_log_filter());
    let parsed = EnvFilter::try_new(filter).map_err(|source| LoggingError { filter: filter.to_owned(), source })?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(io::stderr).with_ansi(terminal.error_colors());
    match format {
        LogFormat::Text => subscriber.compact().init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}
