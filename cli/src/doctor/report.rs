//! The findings, as a person reads them.

use std::fmt::Write as _;

use super::{Findings, Level};
use crate::terminal::{Style, Terminal};

/// The findings of a stack: what is wrong, the worst first, each with its remedy.
pub(crate) fn report(stack: &str, judged: &Findings, terminal: &Terminal) -> String {
    let mut text = String::new();
    for finding in &judged.findings {
        let style = match finding.level {
            Level::Error => Style::Red,
            Level::Warning => Style::Yellow,
            Level::Note => Style::Dim,
        };
        let level = terminal.paint(style, &format!("{}[{}]", finding.level.as_str(), finding.code));
        let _ = writeln!(text, "{level} {}: {}", terminal.paint(Style::Bold, &finding.subject), finding.text);
        let _ = writeln!(text, "  {} {}\n", terminal.paint(Style::Dim, "remedy:"), finding.remedy);
    }
    let looked: Vec<String> = judged.looked_at.iter().map(|(what, count)| format!("{count} {what}")).collect();
    let counts: Vec<String> = [Level::Error, Level::Warning, Level::Note]
        .into_iter()
        .map(|level| (level, judged.count(level)))
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{count} {}{}", level.as_str(), if count == 1 { "" } else { "s" }))
        .collect();
    let found = if counts.is_empty() { terminal.paint(Style::Green, "nothing is wrong") } else { counts.join(", ") };
    let _ = writeln!(text, "{}: {found} (looked at {})", terminal.paint(Style::Bold, stack), looked.join(", "));
    text
}
