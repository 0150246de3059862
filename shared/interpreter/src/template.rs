//! What a payload template evaluates to.
//!
//! States Language specification, "Payload Template". The literal parts are copied, the expressions evaluated, in the order in
//! which they are written (which matters to the randomness they draw).

use std::borrow::Cow;

use asl::template::Template;
use serde_json::{Map, Value};

use crate::evaluation::Evaluation;
use crate::failure::StateFailure;
use crate::intrinsic;

/// Evaluates a template.
pub(crate) fn evaluate(template: &Template, evaluation: &mut Evaluation<'_>) -> Result<Value, StateFailure> {
    evaluate_field(template, "", evaluation)
}

/// Evaluates the part of a template that stands in the field `name` (without its `.$`).
fn evaluate_field(template: &Template, name: &str, evaluation: &mut Evaluation<'_>) -> Result<Value, StateFailure> {
    match template {
        Template::Literal(value) => evaluation.own(Cow::Borrowed(value)),
        Template::Object(members) => evaluate_members(members, evaluation).map(Value::Object),
        Template::Array(elements) => {
            elements.iter().map(|element| evaluate_field(element, name, evaluation)).collect::<Result<_, _>>().map(Value::Array)
        }
        Template::Path(path) => {
            let found = evaluation.find_for_field(path, name)?;
            evaluation.own(found)
        }
        Template::Intrinsic(call) => intrinsic::evaluate(call, evaluation),
        // The parser gives expressions to JSONata states only.
        Template::Expression(expression) => Ok(Value::from(expression.text())),
    }
}

/// Evaluates the members of a template one after the other.
pub(crate) fn evaluate_members(
    members: &[(String, Template)],
    evaluation: &mut Evaluation<'_>,
) -> Result<Map<String, Value>, StateFailure> {
    members.iter().map(|(name, member)| Ok((name.clone(), evaluate_field(member, name, evaluation)?))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use asl::intrinsic::Call;
    use asl::path::Path;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use serde_json::json;

    use super::*;
    use crate::json_path::Roots;
    use crate::limits::EVALUATED_BYTES_MAX;

    fn result(template: &Template, data: &Value) -> Result<Value, StateFailure> {
        let (context, variables) = (json!({"Execution": {"Id": "arn"}}), BTreeMap::from([("v".to_owned(), json!([7]))]));
        let roots = Roots { data, context: &context, variables: &variables };
        evaluate(template, &mut Evaluation::new(roots, &mut ChaCha8Rng::seed_from_u64(1)))
    }

    fn path(text: &str) -> Template {
        Template::Path(Path::parse(text).expect(text))
    }

    fn object(members: Vec<(&str, Template)>) -> Template {
        Template::Object(members.into_iter().map(|(name, member)| (name.to_owned(), member)).collect())
    }

    #[test]
    fn fields_stand_in_the_order_in_which_they_are_written() {
        let call = Call::parse("States.Format('{}!', $.a.b)").expect("a call");
        let template = object(vec![
            ("z", path("$.a")),
            ("literal", Template::Literal(json!({"x.$": "$.not.evaluated"}))),
            ("list", Template::Array(vec![object(vec![("id", path("$$.Execution.Id"))]), Template::Literal(json!(1))])),
            ("variable", path("$v[0]")),
            ("none", path("$.none[*]")),
            ("call", Template::Intrinsic(call)),
        ]);
        let expected =
            r#"{"z":{"b":"c"},"literal":{"x.$":"$.not.evaluated"},"list":[{"id":"arn"},1],"variable":7,"none":[],"call":"c!"}"#;
        assert_eq!(result(&template, &json!({"a": {"b": "c"}})).map(|value| value.to_string()), Ok(expected.to_owned()));
    }

    #[test]
    fn a_path_that_finds_nothing_fails_with_the_name_of_its_field() {
        let template = object(vec![("outer", object(vec![("value", path("$.no.such"))]))]);
        let cause =
            r#"The JSONPath '$.no.such' specified for the field 'value.$' could not be found in the input '{"int-literal":0}'"#;
        assert_eq!(result(&template, &json!({"int-literal": 0})), Err(StateFailure::new("States.Runtime", cause)));

        let template = object(vec![("value", path("$$.Task.Token"))]);
        let cause = r#"The JSONPath '$$.Task.Token' specified for the field 'value.$' could not be found in the input '{"Execution":{"Id":"arn"}}'"#;
        assert_eq!(result(&template, &json!(null)), Err(StateFailure::new("States.Runtime", cause)));
    }

    #[test]
    fn an_evaluation_makes_a_bounded_amount_of_data() {
        let data = json!("x".repeat(EVALUATED_BYTES_MAX / 16 - 2));
        let copies = |count: usize| Template::Array(vec![path("$"); count]);
        assert!(result(&copies(16), &data).is_ok());
        assert_eq!(result(&copies(17), &data).expect_err("too much").error, "States.DataLimitExceeded");
    }
}
