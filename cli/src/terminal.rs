//! The terminal: results on standard output, everything else on standard error, colors only where someone looks.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};

use clap::ValueEnum;

/// Whether to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// It matters.
    Bold,
    /// It matters less.
    Dim,
    /// It went well.
    Green,
    /// It went wrong.
    Red,
    /// It needs attention.
    Yellow,
}

impl Style {
    /// The number of the escape sequence (ECMA-48, "select graphic rendition").
    fn code(self) -> u8 {
        match self {
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Green => 32,
            Self::Red => 31,
            Self::Yellow => 33,
        }
    }
}

/// Where a command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    output_colors: bool,
    error_colors: bool,
}

impl Terminal {
    /// The process's own terminal.
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let welcome = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        let colors = |is_terminal: bool| match choice {
            ColorChoice::Auto => is_terminal && welcome,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        Self { output_colors: colors(io::stdout().is_terminal()), error_colors: colors(io::stderr().is_terminal()) }
    }

    /// Whether standard error takes colors.
    pub(crate) fn error_colors(&self) -> bool {
        self.error_colors
    }

    /// Text for standard output in this style, where standard output takes colors.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        painted(self.output_colors, style, text)
    }

    /// Writes to standard output, as it is.
    pub(crate) fn print(&self, text: &str) -> io::Result<()> {
        let mut output = io::stdout().lock();
        output.write_all(text.as_bytes())?;
        output.flush()
    }

    /// Writes to standard error, as it is.
    pub(crate) fn complain(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// A warning on standard error.
    pub(crate) fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{} {text}", painted(self.error_colors, Style::Yellow, "warning:"));
    }

    /// An error with what caused it, on standard error.
    pub(crate) fn error(&self, error: &dyn Error) {
        let _ = writeln!(io::stderr().lock(), "{} {}", painted(self.error_colors, Style::Red, "error:"), chain(error));
    }
}

fn painted(colors: bool, style: Style, text: &str) -> String {
    if colors { format!("\x1b[{}m{text}\x1b[0m", style.code()) } else { text.to_owned() }
}

/// An error and its causes, each once: many of them say what their cause says.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            let _ = write!(text, ": {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_takes_colors_gets_them() {
        assert_eq!(painted(false, Style::Red, "no"), "no");
        assert_eq!(painted(true, Style::Red, "no"), "\x1b[31mno\x1b[0m");
    }

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `a.json`")]
    struct Outer(#[source] io::Error);

    #[test]
    fn an_error_is_told_with_its_cause_but_nothing_twice() {
        let error = Outer(io::Error::other("no such file"));
        assert_eq!(chain(&error), "cannot read `a.json`: no such file");
        let told_twice = crate::command::CommandError::from(io::Error::other("no such file"));
        assert_eq!(chain(&told_twice), "no such file");
    }
}
