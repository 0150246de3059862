//! `DefinitionSubstitutions`: what a definition leaves open until it is deployed, as AWS SAM and CloudFormation have it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// A placeholder in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// What stands between `${` and `}`.
    pub name: String,
    /// First line is 1.
    pub line: usize,
    /// First column is 1, counted in characters; the column of the `$`.
    pub column: usize,
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}:{})", self.name, self.line, self.column)
    }
}

/// Why a definition's placeholders could not be replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubstituteError {
    /// Placeholders without a value, in the order in which they stand.
    #[error("no value is given for {}", list(.0))]
    Unknown(Vec<Placeholder>),
    /// Placeholders amid a string whose values are null, arrays or objects, which have no text.
    #[error("amid a string only text, numbers and booleans can be put, which is not what is given for {}", list(.0))]
    NotText(Vec<Placeholder>),
}

fn list(placeholders: &[Placeholder]) -> String {
    placeholders.iter().map(Placeholder::to_string).collect::<Vec<_>>().join(", ")
}

/// Replaces every `${Name}` of a definition (letters, digits, `_`, `-`, `.` and `:`; anything else after `${` is no placeholder
/// and stays).
///
/// * A string that is nothing but `"${Name}"` becomes the value: a number takes the quotes' place, as in
///   `"TimeoutSeconds": "${Timeout}"`, so that the file is JSON before and after. The name of a member stays a string.
/// * Amid a string, or in a member's name, the value's text is put, escaped as JSON demands.
/// * Outside of strings (`"TimeoutSeconds": ${Timeout}`, which SAM takes too) the value is put as JSON.
///
/// A value is put as it is: placeholders in it are not replaced again. Values that the text does not name are ignored.
///
/// # Errors
///
/// [`SubstituteError`], naming every placeholder that is at fault with its line and column.
pub fn substitute(text: &str, values: &BTreeMap<String, Value>) -> Result<String, SubstituteError> {
    let mut substitution =
        Substitution { text, values, output: String::with_capacity(text.len()), unknown: Vec::new(), not_text: Vec::new() };
    substitution.run();
    if !substitution.unknown.is_empty() {
        return Err(SubstituteError::Unknown(substitution.unknown));
    }
    if !substitution.not_text.is_empty() {
        return Err(SubstituteError::NotText(substitution.not_text));
    }
    Ok(substitution.output)
}

struct Substitution<'a> {
    text: &'a str,
    values: &'a BTreeMap<String, Value>,
    output: String,
    unknown: Vec<Placeholder>,
    not_text: Vec<Placeholder>,
}

impl Substitution<'_> {
    fn run(&mut self) {
        let text = self.text;
        let (mut rest, mut in_string, mut escaped) = (text, false, false);
        while let Some(character) = rest.chars().next() {
            if !escaped && let Some(name) = placeholder(rest) {
                rest = self.replace(name, rest, &mut in_string);
                continue;
            }
            if escaped {
                escaped = false;
            } else if character == '"' {
                in_string = !in_string;
            } else {
                escaped = in_string && character == '\\';
            }
            self.output.push(character);
            rest = rest.get(character.len_utf8()..).unwrap_or("");
        }
    }

    /// Puts the value of the placeholder at the start of `rest`; gives what follows it.
    fn replace<'r>(&mut self, name: &str, rest: &'r str, in_string: &mut bool) -> &'r str {
        let after = rest.get(name.len() + 3..).unwrap_or("");
        let Some(value) = self.values.get(name) else {
            self.unknown.push(self.at(name, rest));
            return after;
        };
        if *in_string
            && self.output.ends_with('"')
            && !self.output.ends_with("\\\"")
            && let Some(next) = after.strip_prefix('"')
            && !next.trim_start().starts_with(':')
        {
            self.output.pop();
            self.output.push_str(&value.to_string());
            *in_string = false;
            return next;
        }
        if !*in_string {
            self.output.push_str(&value.to_string());
            return after;
        }
        match value {
            Value::String(text) => {
                let quoted = Value::String(text.clone()).to_string();
                self.output.push_str(quoted.get(1..quoted.len() - 1).unwrap_or(""));
            }
            Value::Number(_) | Value::Bool(_) => self.output.push_str(&value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => self.not_text.push(self.at(name, rest)),
        }
        after
    }

    fn at(&self, name: &str, rest: &str) -> Placeholder {
        let before = self.text.get(..self.text.len() - rest.len()).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        Placeholder { name: name.to_owned(), line: before.matches('\n').count() + 1, column }
    }
}

/// The name of the placeholder with which a text starts.
fn placeholder(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix("${")?.split_once('}')?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    (!name.is_empty() && name.chars().all(allowed)).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values() -> BTreeMap<String, Value> {
        let values = json!({
            "Seconds": 30, "Rate": 1.5, "On": true, "Table": "orders", "Quote": "a \"b\" \\ c", "Nothing": null,
            "List": [1, "${Table}"], "Charge-Arn": "arn:aws:lambda:us-east-1:123456789012:function:charge"
        });
        values.as_object().unwrap().clone().into_iter().collect()
    }

    fn check(text: &str, expected: Result<&str, &str>) {
        let substituted = substitute(text, &values());
        assert_eq!(substituted.as_deref().map_err(ToString::to_string), expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn a_string_that_is_nothing_but_a_placeholder_becomes_the_value() {
        check(r#"{"TimeoutSeconds": "${Seconds}"}"#, Ok(r#"{"TimeoutSeconds": 30}"#));
        check(r#"{"BackoffRate": "${Rate}"}"#, Ok(r#"{"BackoffRate": 1.5}"#));
        check(r#"{"Pivot": "${On}"}"#, Ok(r#"{"Pivot": true}"#));
        check(r#"["${Table}"]"#, Ok(r#"["orders"]"#));
        check(r#"["${Quote}"]"#, Ok(r#"["a \"b\" \\ c"]"#));
        check(r#"["${Nothing}", "${List}"]"#, Ok(r#"[null, [1,"${Table}"]]"#));
    }

    #[test]
    fn amid_a_string_the_text_is_put_escaped() {
        check(r#"["table/${Table}/${Seconds}"]"#, Ok(r#"["table/orders/30"]"#));
        check(r#"["${Seconds} s", "after ${Seconds}"]"#, Ok(r#"["30 s", "after 30"]"#));
        check(r#"["say ${Quote}"]"#, Ok(r#"["say a \"b\" \\ c"]"#));
        check(r#"["${Seconds}${Seconds}"]"#, Ok(r#"["3030"]"#));
        check(r#"["\"${Seconds}"]"#, Ok(r#"["\"30"]"#));
    }

    #[test]
    fn the_name_of_a_member_stays_a_string() {
        check(r#"{"${Seconds}" : 1}"#, Ok(r#"{"30" : 1}"#));
    }

    #[test]
    fn outside_of_strings_the_value_is_put_as_json() {
        check(
            r#"{"TimeoutSeconds": ${Seconds}, "Resource": ${Charge-Arn}}"#,
            Ok(r#"{"TimeoutSeconds": 30, "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge"}"#),
        );
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        for text in [r#"["$.a", "${", "${}", "${a b}", "$ {Seconds}", "{Seconds}", "States.Format('{}', $.x)"]"#, "", "ü"] {
            check(text, Ok(text));
        }
    }

    #[test]
    fn unknown_names_are_all_named_with_their_places() {
        check(
            "{\n  \"ä\": \"${Gone}\",\n  \"b\": \"x ${Seconds} ${Lost} ${Gone}\"\n}",
            Err("no value is given for `Gone` (2:9), `Lost` (3:22), `Gone` (3:30)"),
        );
    }

    #[test]
    fn a_value_without_text_cannot_stand_amid_a_string() {
        check(
            r#"["x ${Nothing}", "${List}y"]"#,
            Err(
                "amid a string only text, numbers and booleans can be put, which is not what is given for `Nothing` (1:5), `List` (1:19)",
            ),
        );
    }
}
