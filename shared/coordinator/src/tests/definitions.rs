//! The definitions that the scenarios run.

/// Reserve, charge, ship: two compensations and a pivot.
pub(super) const SAGA: &str = r#"{
    "StartAt": "Reserve",
    "States": {
        "Reserve": {
            "Type": "Task", "Resource": "fn:reserve", "TimeoutSeconds": 60, "Next": "Charge",
            "Compensation": {"Resource": "fn:release"}
        },
        "Charge": {
            "Type": "Task", "Resource": "fn:charge", "TimeoutSeconds": 60, "Next": "Ship",
            "Compensation": {"Resource": "fn:refund"}
        },
        "Ship": {"Type": "Task", "Resource": "fn:ship", "TimeoutSeconds": 60, "Pivot": true, "End": true}
    }
}"#;

/// The same, with tasks that outlast the watch time: lost requests come back before their deadlines.
pub(super) const PATIENT_SAGA: &str = r#"{
    "StartAt": "Reserve",
    "States": {
        "Reserve": {
            "Type": "Task", "Resource": "fn:reserve", "TimeoutSeconds": 2000, "Next": "Charge",
            "Compensation": {"Resource": "fn:release"}
        },
        "Charge": {
            "Type": "Task", "Resource": "fn:charge", "TimeoutSeconds": 2000, "Next": "Ship",
            "Compensation": {"Resource": "fn:refund"}
        },
        "Ship": {"Type": "Task", "Resource": "fn:ship", "TimeoutSeconds": 2000, "Pivot": true, "End": true}
    }
}"#;

/// One look-up that ends well, or is caught.
pub(super) const CAUGHT: &str = r#"{
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Task", "Resource": "fn:look", "TimeoutSeconds": 60, "Next": "Found",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Lost"}]
        },
        "Found": {"Type": "Succeed"},
        "Lost": {"Type": "Pass", "End": true}
    }
}"#;

/// Four notifications beside each other.
pub(super) const PARALLEL: &str = r#"{
    "StartAt": "All",
    "States": {
        "All": {
            "Type": "Parallel", "End": true,
            "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "fn:notify", "TimeoutSeconds": 600, "End": true}}},
                {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "fn:notify", "TimeoutSeconds": 600, "End": true}}},
                {"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "fn:notify", "TimeoutSeconds": 600, "End": true}}},
                {"StartAt": "D", "States": {"D": {"Type": "Task", "Resource": "fn:notify", "TimeoutSeconds": 600, "End": true}}}
            ]
        }
    }
}"#;

/// Notifies about each of the input's elements, all at once, and then looks each up.
pub(super) const EACH: &str = r#"{
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map", "End": true,
            "ItemProcessor": {
                "StartAt": "Notify",
                "States": {
                    "Notify": {"Type": "Task", "Resource": "fn:notify", "TimeoutSeconds": 20000, "Next": "Look"},
                    "Look": {"Type": "Task", "Resource": "fn:look", "TimeoutSeconds": 20000, "End": true}
                }
            }
        }
    }
}"#;

/// A charge with its refund beside a look-up.
pub(super) const CHARGE_BESIDE_LOOK: &str = r#"{
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel", "End": true,
            "Branches": [
                {"StartAt": "Charge", "States": {"Charge": {
                    "Type": "Task", "Resource": "fn:charge", "TimeoutSeconds": 600, "End": true,
                    "Compensation": {"Resource": "fn:refund"}
                }}},
                {"StartAt": "Look", "States": {"Look": {
                    "Type": "Task", "Resource": "fn:look", "TimeoutSeconds": 600, "End": true, "Compensation": "None"
                }}}
            ]
        }
    }
}"#;

/// A person decides within a day, and is heard of each five minutes.
pub(super) const REVIEW: &str = r#"{
    "StartAt": "Review",
    "States": {
        "Review": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "review", "Payload": {"token.$": "$$.Task.Token"}},
            "TimeoutSeconds": 86400, "HeartbeatSeconds": 300, "End": true,
            "Catch": [{"ErrorEquals": ["States.Timeout", "States.HeartbeatTimeout"], "Next": "Unanswered"}]
        },
        "Unanswered": {"Type": "Pass", "Result": "unanswered", "End": true}
    }
}"#;

/// A person decides within a day; then something is looked up, for which there is no deadline.
pub(super) const REVIEW_THEN_LOOK: &str = r#"{
    "StartAt": "Review",
    "States": {
        "Review": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "review", "Payload": {"token.$": "$$.Task.Token"}},
            "TimeoutSeconds": 86400, "Next": "Look"
        },
        "Look": {"Type": "Task", "Resource": "fn:look", "End": true}
    }
}"#;

/// Waits for so many seconds, then ends.
pub(super) fn wait(seconds: u64) -> String {
    format!(
        r#"{{"StartAt": "Rest", "States": {{"Rest": {{"Type": "Wait", "Seconds": {seconds}, "Next": "Done"}}, "Done": {{"Type": "Succeed"}}}}}}"#
    )
}
