//! Tests of the parser.

use crate::parse;

#[test]
fn a_pass_state_is_a_definition() {
    let (definition, warnings) = parse(r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#).unwrap();
    assert_eq!(definition.flow.start_at, "A");
    assert_eq!(warnings, []);
}
