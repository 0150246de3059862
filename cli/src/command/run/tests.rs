//! Definitions that are run to their end.

use std::path::PathBuf;

use coordinator::Description;
use interpreter::ExecutionStatus;
use serde_json::{Value, json};

use super::{RunError, in_own_runtime, machine_name};
use crate::run::{DriveError, Mocks, Run};

const INVOICE: &str = r#"{
  "StartAt": "Wait",
  "States": {
    "Wait": { "Type": "Wait", "Seconds": 2592000, "Next": "Charge" },
    "Charge": {
      "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "FunctionName": "charge", "Payload.$": "$" },
      "ResultSelector": { "charged.$": "$.Payload.amount" },
      "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 3600, "MaxAttempts": 2 }],
      "Compensation": { "Resource": "arn:aws:lambda:us-east-1:123456789012:function:refund" },
      "Next": "Approve"
    },
    "Approve": {
      "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Compensation": "None",
      "Parameters": { "FunctionName": "ask", "Payload": { "token.$": "$$.Task.Token" } }, "ResultPath": "$.approval", "End": true
    }
  }
}"#;

const MOCKS: &str = r#"{
  "StateMachines": { "invoice": { "TestCases": {
    "Good": { "Charge": "ChargedLate", "Approve": "Approved" },
    "Rejected": { "Charge": "ChargedLate", "Approve": "Rejected" },
    "Half": { "Charge": "ChargedLate" }
  } } },
  "MockedResponses": {
    "ChargedLate": {
      "0-1": { "Throw": { "Error": "Busy", "Cause": "too many" } },
      "2": { "Return": { "StatusCode": 200, "Payload": { "amount": 7 } } }
    },
    "Approved": { "0": { "Return": { "by": "Grace" } } },
    "Rejected": { "0": { "Throw": { "Error": "Rejected", "Cause": "no" } } }
  }
}"#;

const COMPUTED: &str = r#"{
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Task", "Resource": "arn:aws:states:::lambda:INVOCATION",
      "Parameters": { "FunctionName.$": "$.function", "Payload": PAYLOAD }, "OutputPath": "AMOUNT", "End": true
    }
  }
}"#;

const COMPUTED_MOCKS: &str = r#"{
  "StateMachines": { "m": { "TestCases": { "Good": { "Charge": "Charged" } } } },
  "MockedResponses": { "Charged": { "0": { "Return": { "amount": 7 } } } }
}"#;

fn run(case: &str) -> Result<Description, RunError> {
    let (definition, _) = asl::parse(INVOICE).unwrap();
    let mocks = Mocks::read(MOCKS, "invoice", Some(case), &definition).unwrap();
    let run = Run { machine: "invoice".to_owned(), text: INVOICE.to_owned(), definition, input: "{}".to_owned(), mocks };
    in_own_runtime(run, false).map(|ended| ended.description)
}

#[test]
fn a_month_passes_at_once_and_mocked_tasks_answer_by_attempt_and_by_callback() {
    let ended = run("Good").unwrap();
    assert_eq!(ended.status, ExecutionStatus::Succeeded, "{:?}", ended.failure);
    let output: Value = serde_json::from_str(&ended.output.unwrap()).unwrap();
    assert_eq!(output, json!({ "charged": 7, "approval": { "by": "Grace" } }));
    let took = ended.closed_at.unwrap().since(ended.started_at).as_secs();
    // The wait, and two backoffs of one and two hours.
    assert!((2_602_800..2_602_900).contains(&took), "{took}");
}

#[test]
fn a_mocked_failure_is_undone() {
    let ended = run("Rejected").unwrap();
    assert_eq!((ended.status, ended.owed.len()), (ExecutionStatus::Failed, 0));
    assert_eq!(ended.failure.unwrap().error, "Rejected");
}

#[test]
fn a_task_that_nobody_serves_is_named_with_what_to_do() {
    match run("Half") {
        Err(RunError::Drive(DriveError::Unserved(reason))) => {
            assert!(reason.contains("state `Approve` calls the function `ask`") && reason.contains("--mock"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

// Fails if only functions have a route whose names are written in the definition.
#[test]
fn a_function_whose_name_is_computed_is_served_like_any_other() {
    let invoke = ("invoke", r#"{ "order.$": "$.order" }"#, "$.Payload.amount");
    let callback = ("invoke.waitForTaskToken", r#"{ "token.$": "$$.Task.Token" }"#, "$.amount");
    let run = |function: &str, (invocation, payload, amount): (&str, &str, &str), mocked: bool| {
        let text = COMPUTED.replace("INVOCATION", invocation).replace("PAYLOAD", payload).replace("AMOUNT", amount);
        let (definition, _) = asl::parse(&text).unwrap();
        let mocks = if mocked { Mocks::read(COMPUTED_MOCKS, "m", None, &definition).unwrap() } else { Mocks::default() };
        let input = json!({ "function": function, "order": "o-1" }).to_string();
        let run = Run { machine: "m".to_owned(), text, definition, input, mocks };
        in_own_runtime(run, false).map(|ended| ended.description)
    };
    for function in ["charge-eu", "arn:aws:lambda:eu-central-1:123456789012:function:charge-eu:live"] {
        for how in [invoke, callback] {
            let ended = run(function, how, true).unwrap();
            assert_eq!(ended.output.as_deref(), Some("7"), "{function} {how:?}: {:?}", ended.failure);
        }
        match run(function, invoke, false) {
            Err(RunError::Drive(DriveError::Unserved(reason))) => {
                assert!(reason.contains("state `Charge` calls the function `charge-eu`"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    // The order saga's own worker, which says what it thinks of such an order.
    let ended = run("validate-order", invoke, false).unwrap();
    assert_eq!(ended.failure.unwrap().error, "InvalidOrder");
}

#[test]
fn a_machine_is_named_after_its_file() {
    for (path, name) in [("a/order-fulfillment.asl.json", "order-fulfillment"), ("m.json", "m"), ("m", "m"), (".json", "machine")]
    {
        assert_eq!(machine_name(&PathBuf::from(path)), name, "{path}");
    }
}
