//! How much a value is.

use serde_json::Value;

use crate::limits::EXCERPT_CHARACTERS_MAX;

/// About how long a value is as JSON, in bytes. Without recursion: values may be deep.
pub(crate) fn json_bytes(value: &Value) -> usize {
    let mut total: usize = 0;
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        total = total.saturating_add(match value {
            Value::Array(elements) => {
                waiting.extend(elements);
                2
            }
            Value::Object(members) => {
                waiting.extend(members.values());
                members.keys().map(|name| name.len() + 4).sum::<usize>() + 2
            }
            Value::String(text) => text.len() + 2,
            Value::Number(_) | Value::Bool(_) | Value::Null => 8,
        });
    }
    total
}

/// A value as JSON in a failure's cause, cut where it gets long: a cause is kept in the history beside the input itself.
pub(crate) fn excerpt(value: &Value) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(EXCERPT_CHARACTERS_MAX) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_size_is_about_the_length_of_the_text() {
        for value in [json!({"name": ["text", {"a": "bcdefghijklmnop"}], "x": vec!["y"; 100]}), json!([1, 2]), json!("é")] {
            let (about, exact) = (json_bytes(&value), value.to_string().len());
            assert!(about >= exact / 2 && about <= exact * 8, "{about} for {exact}");
        }
    }

    #[test]
    fn a_long_value_is_cut_in_a_cause() {
        let quoted = |count: usize| json!("é".repeat(count - 2));
        assert_eq!(excerpt(&quoted(EXCERPT_CHARACTERS_MAX)), quoted(EXCERPT_CHARACTERS_MAX).to_string());
        let cut = excerpt(&quoted(EXCERPT_CHARACTERS_MAX + 1));
        assert!(cut.ends_with("é..."), "{cut}");
        assert_eq!(cut.chars().count(), EXCERPT_CHARACTERS_MAX + 3);
    }
}
