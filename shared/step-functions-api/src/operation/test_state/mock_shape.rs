//! What services answer, for mocked results to be held against: those that have an integration of their own. Results of `aws-sdk` integrations, whose
//! shapes are those of all services of AWS, are taken as they are.

use serde_json::Value;

/// What a value is.
enum Shape {
    /// Anything.
    Any,
    /// A text; times are texts as well.
    Text,
    /// A number.
    Number,
    /// An array of these.
    List(&'static Shape),
    /// An object with these members, and others.
    Object(&'static [Field]),
}

/// A member of an object.
struct Field {
    name: &'static str,
    required: bool,
    shape: Shape,
}

const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, required: false, shape }
}

const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, required: true, shape }
}

const EVENT_ENTRY: Shape =
    Shape::Object(&[field("EventId", Shape::Text), field("ErrorCode", Shape::Text), field("ErrorMessage", Shape::Text)]);

/// The answers of the optimized integrations, by resource.
const ANSWERS: &[(&str, Shape)] = &[
    (
        "lambda:invoke",
        Shape::Object(&[
            field("StatusCode", Shape::Number),
            field("FunctionError", Shape::Text),
            field("LogResult", Shape::Text),
            field("Payload", Shape::Any),
            field("ExecutedVersion", Shape::Text),
        ]),
    ),
    ("states:startExecution", Shape::Object(&[required("ExecutionArn", Shape::Text), required("StartDate", Shape::Text)])),
    ("events:putEvents", Shape::Object(&[field("FailedEntryCount", Shape::Number), field("Entries", Shape::List(&EVENT_ENTRY))])),
    (
        "sqs:sendMessage",
        Shape::Object(&[
            field("MessageId", Shape::Text),
            field("MD5OfMessageBody", Shape::Text),
            field("MD5OfMessageAttributes", Shape::Text),
            field("MD5OfMessageSystemAttributes", Shape::Text),
            field("SequenceNumber", Shape::Text),
        ]),
    ),
    ("sns:publish", Shape::Object(&[field("MessageId", Shape::Text), field("SequenceNumber", Shape::Text)])),
];

/// Holds a result against what the service answers: `STRICT` with what must be there, `PRESENT` only what is there, `NONE` not at all.
pub(super) fn check(resource: &str, result: &Value, mode: &str) -> Result<(), String> {
    let integration = resource.split(":::").nth(1).unwrap_or_default();
    match ANSWERS.iter().find(|(known, _)| *known == integration) {
        Some((_, shape)) if mode != "NONE" => fits(shape, "", result, mode == "STRICT"),
        _ => Ok(()),
    }
}

fn fits(shape: &Shape, name: &str, value: &Value, strict: bool) -> Result<(), String> {
    let must = |what: &str| Err(format!("Field '{name}' must be {what}"));
    match (shape, value) {
        (Shape::Any, _) | (Shape::Text, Value::String(_)) | (Shape::Number, Value::Number(_)) => Ok(()),
        (Shape::Text, _) => must("a string"),
        (Shape::Number, _) => must("a number"),
        (Shape::List(element), Value::Array(elements)) => elements.iter().try_for_each(|one| fits(element, name, one, strict)),
        (Shape::List(_), _) => must("an array"),
        (Shape::Object(fields), Value::Object(members)) => fields.iter().try_for_each(|field| match members.get(field.name) {
            Some(member) => fits(&field.shape, field.name, member, strict),
            None if strict && field.required => Err(format!("Required field '{}' is missing", field.name)),
            None => Ok(()),
        }),
        (Shape::Object(_), _) => must("an object"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn told(integration: &str, result: &Value, mode: &str, expected: &str) {
        let found = check(&format!("arn:aws:states:::{integration}"), result, mode);
        assert_eq!(found.err().unwrap_or_else(|| "fits".to_owned()), expected, "{result} in mode {mode}");
    }

    #[test]
    fn a_result_is_what_the_service_could_answer() {
        told("lambda:invoke", &json!({"StatusCode": 200, "Payload": null, "Mine": 1}), "STRICT", "fits");
        told("lambda:invoke", &json!({"StatusCode": "200"}), "STRICT", "Field 'StatusCode' must be a number");
        told("lambda:invoke", &json!({"StatusCode": "200"}), "NONE", "fits");
        told("states:startExecution", &json!({}), "STRICT", "Required field 'ExecutionArn' is missing");
        told("states:startExecution", &json!({}), "PRESENT", "fits");
        told("states:startExecution", &json!({"StartDate": true}), "PRESENT", "Field 'StartDate' must be a string");
        told("events:putEvents", &json!({"Entries": [{"EventId": 7}]}), "PRESENT", "Field 'EventId' must be a string");
        told("events:putEvents", &json!({"Entries": {}}), "PRESENT", "Field 'Entries' must be an array");
        told("aws-sdk:s3:getObject", &json!({"StorageClass": 1}), "STRICT", "fits");
    }
}
