//! Mock files as Step Functions Local takes them.

use serde_json::json;

use super::{MockError, Mocks, Response, Throw};

const DEFINITION: &str = r#"{"StartAt": "A", "States": {
    "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:a", "Next": "B"},
    "B": {"Type": "Pass", "End": true}
}}"#;

const FILE: &str = r#"{
  "StateMachines": { "Machine": { "TestCases": { "Good": { "A": "Once" }, "Late": { "A": "Twice" } } } },
  "MockedResponses": {
    "Once": { "0": { "Return": 1 } },
    "Twice": { "0": { "Throw": { "Error": "Busy", "Cause": "full" } }, "1-2": { "Throw": { "Error": "Busy" } }, "3": { "Return": {"x": 2} } }
  }
}"#;

fn read(text: &str, case: Option<&str>) -> Result<Mocks, MockError> {
    Mocks::read(text, "other-name", case, &asl::parse(DEFINITION).unwrap().0)
}

#[test]
fn attempts_are_counted_from_zero_and_come_in_ranges() {
    let mocks = read(FILE, Some("Late")).unwrap();
    let busy = |cause: &str| Response::Throw(Throw { error: "Busy".to_owned(), cause: cause.to_owned() });
    let expected = [busy("full"), busy(""), busy(""), Response::Return(json!({ "x": 2 }))];
    for (attempt, response) in (1..).zip(expected) {
        assert_eq!(mocks.of_action("A", attempt), Some(Ok(response)), "attempt {attempt}");
    }
    assert!(mocks.of_action("A", 5).unwrap().unwrap_err().contains("attempt `4`"));
    assert_eq!(mocks.of_action("B", 1), None);
}

#[test]
fn what_undoes_a_mocked_state_succeeds_unless_it_is_mocked_itself() {
    let mocks = read(FILE, Some("Good")).unwrap();
    assert_eq!(mocks.of_compensation("A", 1), Some(Ok(Response::Return(json!(null)))));
    assert_eq!(mocks.of_compensation("B", 1), None);
    let own = FILE.replace(r#""A": "Once""#, r#""A": "Once", "A/Compensation": "Twice""#);
    assert!(matches!(read(&own, Some("Good")).unwrap().of_compensation("A", 1), Some(Ok(Response::Throw(_)))));
}

#[test]
fn a_file_that_does_not_fit_is_refused_with_what_is_to_be_done() {
    let check = |text: &str, case: Option<&str>, expected: &str| {
        assert_eq!(read(text, case).unwrap_err().to_string(), expected);
    };
    check(FILE, None, "the mock file has several test cases; choose one with --test-case: `Good`, `Late`");
    check(FILE, Some("Bad"), "the mock file has no test case `Bad`; it has `Good`, `Late`");
    check(
        &FILE.replace(r#""A": "Once""#, r#""B": "Once""#),
        Some("Good"),
        "test case `Good` mocks `B`, which is no Task state of the definition",
    );
    check(
        &FILE.replace(r#""A": "Once""#, r#""A": "None""#),
        Some("Good"),
        "`A` is to answer with `None`, which is not among the mocked responses",
    );
    check(
        &FILE.replace("\"1-2\"", "\"2-1\""),
        Some("Late"),
        "mocked response `Twice` has `2-1`; attempts are a number (`0`) or a range (`1-2`)",
    );
}
