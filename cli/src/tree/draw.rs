//! A tree as text.

use std::fmt::Write as _;
use std::time::Duration;

use interpreter::StateFailure;

use super::{Node, Tree, Undone};
use crate::terminal::{Style, Terminal};

/// Iterations of a Map that are drawn; of the others the number is told.
const ITERATIONS_SHOWN: usize = 8;

/// Draws a tree, a line per visit and compensation, each behind `indent`.
pub(crate) fn draw(tree: &Tree, terminal: &Terminal, indent: &str) -> String {
    let mut text = String::new();
    draw_states(&mut text, &tree.states, terminal, indent);
    for undone in &tree.undone {
        draw_undone(&mut text, undone, terminal, indent);
    }
    text
}

fn draw_states(text: &mut String, states: &[Node], terminal: &Terminal, indent: &str) {
    for node in states {
        let _ = writeln!(text, "{indent}{}", line(node, terminal));
        let inner = format!("{indent}  ");
        for (number, branch) in node.branches.iter().enumerate().take(ITERATIONS_SHOWN) {
            let label = terminal.paint(Style::Dim, &format!("[{number}]"));
            let _ = writeln!(text, "{inner}{label}");
            draw_states(text, branch, terminal, &format!("{inner}  "));
        }
        if let Some(more) = node.branches.len().checked_sub(ITERATIONS_SHOWN).filter(|more| *more > 0) {
            let _ = writeln!(text, "{inner}{}", terminal.paint(Style::Dim, &format!("and {more} more")));
        }
    }
}

fn line(node: &Node, terminal: &Terminal) -> String {
    let (symbol, style) = match (node.exited_at, node.kind) {
        // It was left by a catcher: its last attempt failed too.
        (Some(_), _)
            if node.attempts > 0 && u32::try_from(node.failures.len()).is_ok_and(|failures| failures >= node.attempts) =>
        {
            ("✗", Style::Red)
        }
        (Some(_), _) => ("✓", Style::Green),
        (None, "Fail") => ("✗", Style::Red),
        (None, _) if !node.failures.is_empty() => ("✗", Style::Red),
        (None, _) => ("…", Style::Yellow),
    };
    let mut line = format!("{} {}", terminal.paint(style, symbol), node.state);
    if node.pivot {
        line.push_str(&terminal.paint(Style::Bold, " (pivot)"));
    }
    let mut notes = Vec::new();
    if let Some(exited_at) = node.exited_at {
        notes.extend(time(exited_at.since(node.entered_at)));
    }
    if node.attempts > 1 {
        notes.push(format!("{} attempts", node.attempts));
    }
    append(&mut line, &notes, &node.failures, terminal);
    line
}

fn draw_undone(text: &mut String, undone: &Undone, terminal: &Terminal, indent: &str) {
    let (style, said) = match (undone.ended_at, undone.spent) {
        (Some(_), _) => (Style::Green, "undone"),
        (None, true) => (Style::Red, "still owed"),
        (None, false) => (Style::Yellow, "being undone"),
    };
    let mut line = format!("{} {} {said}", terminal.paint(style, "↩"), undone.state);
    let mut notes = Vec::new();
    if let Some(ended_at) = undone.ended_at {
        notes.extend(time(ended_at.since(undone.began_at)));
    }
    if undone.attempts > 1 {
        notes.push(format!("{} attempts", undone.attempts));
    }
    append(&mut line, &notes, &undone.failures, terminal);
    let _ = writeln!(text, "{indent}{line}");
}

fn append(line: &mut String, notes: &[String], failures: &[StateFailure], terminal: &Terminal) {
    if !notes.is_empty() {
        let _ = write!(line, "  {}", terminal.paint(Style::Dim, &notes.join(", ")));
    }
    if !failures.is_empty() {
        let names: Vec<&str> = failures.iter().map(|failure| failure.error.as_str()).collect();
        let _ = write!(line, "  {}", terminal.paint(Style::Red, &names.join(", ")));
    }
}

/// A duration as people read it; nothing if it is too short to matter.
pub(crate) fn time(duration: Duration) -> Option<String> {
    let millis = duration.as_millis();
    match millis {
        0 => None,
        1..1_000 => Some(format!("{millis} ms")),
        1_000..120_000 => Some(format!("{:.1} s", duration.as_secs_f64())),
        _ => Some(format!("{} min", millis / 60_000)),
    }
}
