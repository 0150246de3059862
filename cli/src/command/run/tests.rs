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

#[test]
fn a_machine_is_named_after_its_file() {
    for (path, name) in [("a/order-fulfillment.asl.json", "order-fulfillment"), ("m.json", "m"), ("m", "m"), (".json", "machine")]
    {
        assert_eq!(machine_name(&PathBuf::from(path)), name, "{path}");
    }
}
