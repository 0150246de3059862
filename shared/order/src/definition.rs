//! The definitions of the order saga, and the values that are substituted in them.
//!
//! Durations, and what names the functions, stand in a definition as `${Name}`, the DefinitionSubstitutions of AWS SAM. A value
//! takes the place of its placeholder in the text. Beyond AWS: a number or a truth value also takes the place of the quotes around
//! its placeholder, so that the file is JSON before and after.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

/// The order saga's state machine.
pub const ORDER_FULFILLMENT: &str = "order-fulfillment";
/// The same saga with a label that is bought before the payment is captured.
pub const ORDER_FULFILLMENT_LABELLED: &str = "order-fulfillment-labelled";

/// The text of `order-fulfillment.asl.json`, with its placeholders.
pub const ORDER_FULFILLMENT_TEXT: &str = include_str!("../order-fulfillment.asl.json");
/// The text of `order-fulfillment-labelled.asl.json`, with its placeholders.
pub const ORDER_FULFILLMENT_LABELLED_TEXT: &str = include_str!("../order-fulfillment-labelled.asl.json");

/// The state machines of the order saga by name, with the text of their definitions.
///
/// # Errors
///
/// [`SubstitutionError`] if a value is missing.
pub fn definitions(substitutions: &Substitutions) -> Result<Vec<(&'static str, String)>, SubstitutionError> {
    Ok(vec![
        (ORDER_FULFILLMENT, substitutions.apply(ORDER_FULFILLMENT_TEXT)?),
        (ORDER_FULFILLMENT_LABELLED, substitutions.apply(ORDER_FULFILLMENT_LABELLED_TEXT)?),
    ])
}

/// Values by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substitutions(BTreeMap<String, Value>);

/// Why values cannot be substituted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubstitutionError {
    /// The values are no JSON object of texts, numbers and truth values.
    #[error("the substitutions are no object of texts, numbers and truth values: {0}")]
    Values(String),
    /// A placeholder has no value.
    #[error("line {line}: there is no value for `${{{name}}}`")]
    Unknown {
        /// Its name.
        name: String,
        /// The line that it stands in, from 1.
        line: usize,
    },
    /// A placeholder does not end.
    #[error("line {line}: `${{` without `}}`")]
    Open {
        /// The line that it stands in, from 1.
        line: usize,
    },
}

impl Substitutions {
    /// Reads values from the text of a JSON object.
    ///
    /// # Errors
    ///
    /// [`SubstitutionError::Values`].
    pub fn parse(text: &str) -> Result<Self, SubstitutionError> {
        let values: BTreeMap<String, Value> =
            serde_json::from_str(text).map_err(|error| SubstitutionError::Values(error.to_string()))?;
        match values.iter().find(|(_, value)| !(value.is_string() || value.is_number() || value.is_boolean())) {
            Some((name, _)) => Err(SubstitutionError::Values(format!("`{name}` is something else"))),
            None => Ok(Self(values)),
        }
    }

    /// The values for production.
    ///
    /// # Errors
    ///
    /// None: the file is part of the program, and a test reads it.
    pub fn production() -> Result<Self, SubstitutionError> {
        Self::parse(include_str!("../substitutions.production.json"))
    }

    /// The values for the demo: seconds instead of hours.
    ///
    /// # Errors
    ///
    /// None: the file is part of the program, and a test reads it.
    pub fn demo() -> Result<Self, SubstitutionError> {
        Self::parse(include_str!("../substitutions.demo.json"))
    }

    /// The same with another value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The text with values instead of placeholders.
    ///
    /// # Errors
    ///
    /// [`SubstitutionError`] for a placeholder without a value or without an end.
    pub fn apply(&self, text: &str) -> Result<String, SubstitutionError> {
        let mut applied = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let newlines = |text: &str| text.matches('\n').count();
            let line = || newlines(&applied).saturating_add(newlines(before)).saturating_add(1);
            let (name, behind) = behind.split_once('}').ok_or_else(|| SubstitutionError::Open { line: line() })?;
            let unknown = || SubstitutionError::Unknown { name: name.to_owned(), line: line() };
            let value = self.0.get(name).ok_or_else(unknown)?;
            let unquoted = before.strip_suffix('"').zip(behind.strip_prefix('"'));
            let (before, value, behind) = match (value, unquoted) {
                (Value::String(text), _) => (before, escaped(text), behind),
                (value, Some((before, behind))) => (before, value.to_string(), behind),
                (value, None) => (before, value.to_string(), behind),
            };
            applied.push_str(before);
            applied.push_str(&value);
            rest = behind;
        }
        applied.push_str(rest);
        Ok(applied)
    }
}

/// A text as it stands between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().to_owned()
}
