//! What is thrown, in the words of the reference where the evaluator has others and says enough to tell them (jsonata.js, `errorCodes`).

/// The message of an error, beginning with its code.
pub(crate) fn of(message: &str) -> String {
    /// The evaluator names what it could not call; the reference does not.
    const NO_FUNCTION: &str = "T1006: Attempted to invoke a non-function";
    if message.starts_with(NO_FUNCTION) {
        return NO_FUNCTION.to_owned();
    }
    match message.split_once(": ") {
        Some((code @ ("T2001" | "T2002"), told)) => operand(told).map(|told| format!("{code}: {told}")),
        Some(("T2003", _)) => Some("T2003: The left side of the range operator (..) must evaluate to an integer".to_owned()),
        Some(("T2004", _)) => Some("T2004: The right side of the range operator (..) must evaluate to an integer".to_owned()),
        Some(("D3030", told)) => uncast(told),
        _ => None,
    }
    .unwrap_or_else(|| message.to_owned())
}

/// `The right side of the + operator must ...`: the reference quotes the operator.
fn operand(told: &str) -> Option<String> {
    let (before, rest) = told.split_once(" side of the ")?;
    let (operator, rest) = rest.split_once(" operator ")?;
    Some(format!("{before} side of the \"{operator}\" operator {rest}"))
}

/// `Cannot convert 'x' to number`.
fn uncast(told: &str) -> Option<String> {
    let text = told.strip_prefix("Cannot convert '")?.strip_suffix("' to number")?;
    Some(format!("D3030: Unable to cast value to a number: {}", serde_json::Value::from(text)))
}
