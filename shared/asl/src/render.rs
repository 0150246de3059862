//! Diagnostics as a terminal shows them: the lines of the definition, with marks under what is wrong.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};

/// Renders diagnostics of `text` in their order, each with its lines; empty when there are none.
///
/// `file_name` is what stands before line and column. With `color` the result holds ANSI escapes; what the author wrote never
/// brings any of its own into it.
pub fn render(diagnostics: &[Diagnostic], text: &str, file_name: &str, color: bool) -> String {
    let renderer = if color { Renderer::styled().decor_style(DecorStyle::Unicode) } else { Renderer::plain() };
    let groups: Vec<String> =
        diagnostics.iter().map(|diagnostic| renderer.render(&[group(diagnostic, text, file_name)])).collect();
    let mut rendered = groups.join("\n\n");
    if !rendered.is_empty() {
        rendered.push('\n');
    }
    rendered
}

fn group<'a>(diagnostic: &'a Diagnostic, text: &'a str, file_name: &'a str) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let lines = Lines::around(text, diagnostic);
    let snippet = Snippet::source(lines.text)
        .line_start(lines.first_line)
        .path(file_name)
        .annotation(AnnotationKind::Primary.span(lines.span).label(label(diagnostic)));
    let group = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code).element(snippet);
    match &diagnostic.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

fn label(diagnostic: &Diagnostic) -> String {
    if diagnostic.pointer.is_empty() { String::new() } else { format!("at {}", diagnostic.pointer) }
}

/// The lines of a text in which a span lies, with one line before and one after.
struct Lines<'t> {
    text: &'t str,
    first_line: usize,
    /// The span in `text`.
    span: Range<usize>,
}

impl<'t> Lines<'t> {
    /// A span that does not fit the text (of another one, that is) is cut to it.
    fn around(text: &'t str, diagnostic: &Diagnostic) -> Self {
        let start = boundary(text, diagnostic.span.start);
        let end = boundary(text, diagnostic.span.end).max(start);
        let newline_before = |offset: usize| text.get(..offset).and_then(|before| before.rfind('\n'));
        let line = newline_before(start);
        let from = line.and_then(newline_before).map_or(0, |newline| newline + 1);
        let newline_after = |offset: usize| text.get(offset..).and_then(|rest| rest.find('\n')).map(|newline| offset + newline);
        let to = newline_after(end).map_or(text.len(), |newline| newline_after(newline + 1).unwrap_or(text.len()));
        let first_line = diagnostic.line.saturating_sub(usize::from(line.is_some()));
        Self { text: text.get(from..to).unwrap_or(""), first_line, span: start - from..end - from }
    }
}

fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::parse;

    #[expect(clippy::needless_pass_by_value, reason = "an Expect is made where it is checked")]
    fn check(text: &str, expected: Expect) {
        let diagnostics = match parse(text) {
            Ok((_, warnings)) => warnings,
            Err(diagnostics) => diagnostics,
        };
        expected.assert_eq(&render(&diagnostics, text, "order.asl.json", false));
    }

    #[test]
    fn a_problem_is_shown_in_its_line_with_its_hint() {
        check(
            r#"{
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Task",
      "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge",
      "TimoutSeconds": 30,
      "End": true
    }
  }
}
"#,
            expect![[r#"
                error[unknown-field]: a Task state has no field `TimoutSeconds`
                 --> order.asl.json:7:7
                  |
                7 |       "TimoutSeconds": 30,
                  |       ^^^^^^^^^^^^^^^ at /States/Charge/TimoutSeconds
                  |
                  = help: did you mean `TimeoutSeconds`?
            "#]],
        );
    }

    #[test]
    fn warnings_errors_and_the_end_of_the_text_are_shown() {
        check(
            r#"{"StartAt": "Ä", "States": {"Ä": {"Type": "Pass", "Parameters": {"a": "$.b"}, "Result": 1, "Nxt": "Ä", "End": true}}}"#,
            expect![[r#"
                warning[missing-dollar]: the value of `a` looks like an expression, and is taken as written
                 --> order.asl.json:1:71
                  |
                1 | {"StartAt": "Ä", "States": {"Ä": {"Type": "Pass", "Parameters": {"a": "$.b"}, "Result": 1, "Nxt": "Ä", "End": true}}}
                  |                                                                       ^^^^^ at /States/Ä/Parameters/a
                  |
                  = help: to evaluate it write `a.$`

                error[unknown-field]: a Pass state has no field `Nxt`
                 --> order.asl.json:1:92
                  |
                1 | {"StartAt": "Ä", "States": {"Ä": {"Type": "Pass", "Parameters": {"a": "$.b"}, "Result": 1, "Nxt": "Ä", "End": true}}}
                  |                                                                                            ^^^^^ at /States/Ä/Nxt
                  |
                  = help: did you mean `Next`?
            "#]],
        );
        check(
            "{\n  \"StartAt\": \"A\"",
            expect![[r#"
            error[syntax]: EOF while parsing an object
             --> order.asl.json:2:16
              |
            2 |   "StartAt": "A"
              |                ^
              |
              = help: a definition is one JSON object; comments, trailing commas and single quotes are not JSON
        "#]],
        );
    }

    #[test]
    fn nothing_wrong_renders_nothing() {
        assert_eq!(render(&[], "{}", "order.asl.json", true), "");
    }

    #[test]
    fn only_a_colored_rendering_has_escapes_and_the_authors_own_are_shown_harmless() {
        let text = "{\"StartAt\": \"\\u001b[31mred\", \"States\": {\"A\": {\"Type\": \"Succeed\"}}}";
        let diagnostics = parse(text).unwrap_err();
        assert!(diagnostics[0].message.contains('\u{1b}'));
        assert!(!render(&diagnostics, text, "a.json", false).contains('\u{1b}'));
        assert!(render(&diagnostics, text, "a.json", true).contains("\u{1b}["));
    }

    #[test]
    fn a_span_of_another_text_is_cut_to_this_one() {
        let diagnostics = parse(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed", "Next": "A"}}}"#).unwrap_err();
        assert!(render(&diagnostics, "ä", "a.json", false).contains("a.json"));
        assert!(render(&diagnostics, "", "a.json", false).contains("unknown-field"));
    }
}
