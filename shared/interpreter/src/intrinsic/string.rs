//! `States.StringSplit`.

use serde_json::Value;

use super::Failure;
use super::arguments::Arguments;
use crate::evaluation::Evaluation;

/// `States.StringSplit(text, separators)`: the parts between any of the separators' characters, without empty ones (recorded:
/// `",,,,"` gives `[]`). Without separators, the text is one part.
pub(super) fn split(arguments: &mut Arguments<'_>, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    let text = arguments.text()?;
    let separators = arguments.text()?;
    evaluation.spend(text.len())?;
    let parts = text.split(|character| separators.contains(character)).filter(|part| !part.is_empty());
    Ok(parts.map(Value::from).collect())
}
