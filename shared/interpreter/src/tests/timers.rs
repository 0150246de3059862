//! Time: waits, timeouts, heartbeats, hints and wakes (ARCHITECTURE.md, invariants 4, 12, 13).

use serde_json::{Value, json};

use super::{Run, STARTED, failure, machine, parallel, success, task};
use crate::{Armed, Command, ExecutionStatus, HistoryEventKind, Message, MessageOutcome, Staleness, outstanding};

fn wait(fields: Value) -> Value {
    let mut state = json!({ "Type": "Wait", "End": true });
    state.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    machine(json!({ "Pause": state }))
}

/// Seconds after which a Wait with these fields ends.
fn check_wait(fields: Value, input: &Value, expected: u64) {
    let mut run = Run::start(&wait(fields.clone()), input);
    if let Some(before) = expected.checked_sub(1) {
        run.pass_seconds(before);
        assert_eq!(run.status(), ExecutionStatus::Running, "{fields} ended early");
        run.pass_seconds(1);
    }
    assert_eq!(run.status(), ExecutionStatus::Succeeded, "{fields}");
    assert_eq!(run.execution.closed_at, Some(STARTED.plus_seconds(expected)));
    assert_eq!(&run.output(), input);
}

#[test]
fn a_wait_ends_when_it_says() {
    let at = |seconds| STARTED.plus_seconds(seconds).to_string();
    check_wait(json!({ "Seconds": 7 }), &json!({}), 7);
    check_wait(json!({ "Seconds": 0 }), &json!({}), 0);
    check_wait(json!({ "SecondsPath": "$.for" }), &json!({ "for": 9 }), 9);
    check_wait(json!({ "Timestamp": at(60) }), &json!({}), 60);
    check_wait(json!({ "TimestampPath": "$.until" }), &json!({ "until": at(5) }), 5);
    check_wait(json!({ "TimestampPath": "$.until" }), &json!({ "until": "2001-01-01T00:00:00Z" }), 0);
    check_wait(json!({ "Seconds": 3_600 }), &json!({}), 3_600);
    check_wait(json!({ "Seconds": 200_000 }), &json!({}), 200_000);
}

#[test]
fn a_wait_that_cannot_tell_its_time_fails() {
    for (fields, input) in [
        (json!({ "SecondsPath": "$.for" }), json!({ "for": -1 })),
        (json!({ "SecondsPath": "$.for" }), json!({ "for": 1.5 })),
        (json!({ "SecondsPath": "$.for" }), json!({ "for": "7" })),
        (json!({ "SecondsPath": "$.for" }), json!({})),
        (json!({ "TimestampPath": "$.until" }), json!({ "until": "2027-01-01T00:00:00" })),
    ] {
        let run = Run::start(&wait(fields), &input);
        assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"), "{input}");
    }
    let run = Run::start(&wait(json!({ "SecondsPath": "$.input.for" })), &json!({ "input": { "for": 1.5 } }));
    assert!(
        run.cause().ends_with("The SecondsPath parameter cannot be parsed as a long value: $.input.for == 1.5"),
        "{}",
        run.cause()
    );
}

#[test]
fn a_task_times_out_at_its_deadline_with_no_cause() {
    let mut run = Run::start(&machine(json!({ "Work": task("work", json!({ "TimeoutSeconds": 30, "End": true })) })), &json!({}));
    assert_eq!(run.request("Work").deadline, Some(STARTED.plus_seconds(30)));
    run.pass_seconds(29);
    assert_eq!(run.status(), ExecutionStatus::Running);
    run.pass_seconds(1);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Timeout"));
    assert_eq!((run.execution.failure.clone().unwrap().cause, run.count("LambdaFunctionTimedOut")), (None, 1));
}

#[test]
fn a_tasks_timeout_can_stand_in_its_input() {
    let fields = json!({ "TimeoutSecondsPath": "$.limits.all", "HeartbeatSecondsPath": "$.limits.beat", "End": true });
    let run = Run::start(&machine(json!({ "Work": task("work", fields) })), &json!({ "limits": { "all": 40, "beat": 4 } }));
    assert_eq!(run.request("Work").deadline, Some(STARTED.plus_seconds(40)));
    assert_eq!(run.request("Work").heartbeat_seconds, Some(4));
}

/// A Task with a heartbeat of 10 seconds and more fields.
fn beating(fields: Value) -> Value {
    let mut all = json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 10, "End": true });
    all.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    let mut definition = machine(json!({ "Work": task("work", all) }));
    if definition["States"]["Work"].get("Catch").is_some() {
        definition["States"]["Handled"] = json!({ "Type": "Pass", "End": true });
    }
    definition
}

#[test]
fn a_heartbeat_that_was_heard_extends_the_time_and_is_no_event() {
    let mut run = Run::start(&beating(json!({})), &json!({}));
    let key = run.request("Work").key;
    run.heartbeats.insert(key.clone(), Some(STARTED.plus_seconds(7)));
    let events = run.events.len();
    run.pass_seconds(16);
    assert_eq!((run.outside(), run.events.len()), (vec!["Work".to_owned()], events), "heard of at 7, so until 17");
    run.heartbeats.insert(key, Some(STARTED.plus_seconds(15)));
    run.pass_seconds(8);
    assert_eq!(run.outside(), ["Work"], "heard of at 15, so until 25");
    run.pass_seconds(1);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Timeout"));
}

#[test]
fn a_lost_heartbeat_is_a_timeout_without_cause() {
    let mut run = Run::start(&beating(json!({})), &json!({}));
    let key = run.request("Work").key;
    run.heartbeats.insert(key, None);
    run.pass_seconds(10);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Timeout"));
    assert_eq!(run.execution.failure.as_ref().unwrap().cause, None);
    let details = run.events.iter().find_map(|event| match &event.kind {
        HistoryEventKind::LambdaFunctionTimedOut(details) => Some(details.clone()),
        _ => None,
    });
    assert_eq!(details.unwrap().error.as_deref(), Some("States.Timeout"));
}

#[test]
fn a_heartbeat_does_not_extend_the_tasks_own_timeout() {
    let mut run = Run::start(&beating(json!({})), &json!({}));
    let key = run.request("Work").key;
    for beat in 1..=12 {
        run.heartbeats.insert(key.clone(), Some(STARTED.plus_seconds(beat * 5)));
        run.pass_seconds(5);
    }
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Timeout"));
    assert_eq!(run.execution.closed_at, Some(STARTED.plus_seconds(60)));
}

#[test]
fn a_lost_heartbeat_is_matched_by_both_names() {
    for (name, caught) in [("States.HeartbeatTimeout", true), ("States.Timeout", true), ("States.TaskFailed", false)] {
        let catch = json!([{ "ErrorEquals": [name], "Next": "Handled" }]);
        let mut run = Run::start(&beating(json!({ "Catch": catch })), &json!({}));
        let key = run.request("Work").key;
        run.heartbeats.insert(key, None);
        run.pass_seconds(10);
        assert_eq!(run.status() == ExecutionStatus::Succeeded, caught, "{name}");
        if caught {
            assert_eq!(run.output(), json!({ "Error": "States.Timeout", "Cause": "" }), "{name}");
        }
    }
}

#[test]
fn a_timeout_is_not_matched_as_a_lost_heartbeat() {
    let catch = json!([{ "ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Handled" }]);
    let definition = task("work", json!({ "TimeoutSeconds": 5, "Catch": catch, "End": true }));
    let mut run = Run::start(&machine(json!({ "Work": definition, "Handled": { "Type": "Pass", "End": true } })), &json!({}));
    run.pass_seconds(5);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Timeout"));
}

#[test]
fn what_is_overdue_fires_in_its_order_before_the_messages() {
    let branch = |name: &str, seconds: u64| machine(json!({ (name): { "Type": "Wait", "Seconds": seconds, "End": true } }));
    let work = machine(json!({ "Work": task("work", json!({ "TimeoutSeconds": 5, "End": true })) }));
    let both = parallel(json!([branch("Late", 4), branch("Soon", 2), branch("Mid", 3), work]), json!({ "End": true }));
    let mut run = Run::start(&machine(json!({ "Both": both })), &json!({}));
    let token = run.request("Work").token;
    run.now = STARTED.plus_seconds(20);
    let outcome = run.send(success(&token, json!({})));
    assert_eq!(
        outcome,
        MessageOutcome::Stale { reason: Staleness::Ended, publish_since: token.revision },
        "its timeout was first"
    );
    let exited: Vec<&str> = run
        .events
        .iter()
        .filter_map(|event| if let HistoryEventKind::StateExited { name, .. } = &event.kind { Some(name.as_str()) } else { None })
        .collect();
    assert_eq!(exited, ["Soon", "Mid", "Late"]);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Timeout"));
}

#[test]
fn the_machines_timeout_fires_before_what_is_due_later() {
    let mut definition = wait(json!({ "Seconds": 20 }));
    definition["TimeoutSeconds"] = json!(10);
    let mut run = Run::start(&definition, &json!({}));
    run.now = STARTED.plus_seconds(30);
    run.send(Message::Wake);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::TimedOut, "States.Timeout"));
    assert_eq!(run.execution.failure.as_ref().unwrap().cause, None);
    assert_eq!(run.events.last().map(|event| event.kind.type_name()), Some("ExecutionTimedOut".to_owned()));
}

#[test]
fn anything_overdue_is_handled_by_whatever_message_comes() {
    let both = parallel(
        json!([
            machine(json!({ "Pause": { "Type": "Wait", "Seconds": 3, "End": true } })),
            machine(json!({ "Work": task("work", json!({ "End": true })) })),
        ]),
        json!({ "End": true }),
    );
    let mut run = Run::start(&machine(json!({ "Both": both })), &json!({}));
    run.now = STARTED.plus_seconds(5);
    let token = run.request("Work").token;
    assert!(matches!(run.send(failure(&crate::TaskToken { attempt: 9, ..token }, "x", true)), MessageOutcome::Rejected(_)));
    assert_eq!(run.count("WaitStateExited"), 1);
}

#[test]
fn a_hint_is_armed_only_when_it_is_earlier_and_within_its_horizon() {
    let armed = |run: &Run| run.execution.armed.map(|armed| (armed.due.since(STARTED).as_secs(), armed.revision));
    let both = |seconds: [u64; 2]| {
        let branches: Vec<Value> = seconds
            .iter()
            .enumerate()
            .map(|(at, seconds)| {
                let (work, pause) = (format!("Work{at}"), format!("Pause{at}"));
                machine(json!({
                    (work): task("work", json!({ "Next": pause.clone() })),
                    (pause): { "Type": "Wait", "Seconds": seconds, "End": true },
                }))
            })
            .collect();
        Run::start(&machine(json!({ "Both": parallel(json!(branches), json!({ "End": true })) })), &json!({}))
    };
    let mut run = both([100, 200]);
    assert_eq!(armed(&run), None, "nothing comes due by itself");
    run.succeed("Work0", json!({}));
    assert_eq!(armed(&run), Some((100, 2)));
    run.succeed("Work1", json!({}));
    assert_eq!(armed(&run), Some((100, 2)), "the hint that is on its way will see to it");
    run.pass_seconds(100);
    assert_eq!(armed(&run).map(|(due, _)| due), Some(200));

    let mut run = both([200, 100]);
    run.succeed("Work0", json!({}));
    run.succeed("Work1", json!({}));
    assert_eq!(armed(&run), Some((100, 3)));

    let run = Run::start(&wait(json!({ "Seconds": 900 })), &json!({}));
    assert_eq!(armed(&run), Some((900, 1)));
    let mut run = Run::start(&wait(json!({ "Seconds": 901 })), &json!({}));
    assert_eq!((armed(&run), run.execution.wake_at), (None, STARTED), "its wake arms it");
    run.send(Message::Wake);
    assert_eq!((armed(&run), run.execution.wake_at), (None, STARTED.plus_seconds(901)));
    run.now = STARTED.plus_seconds(1);
    run.send(Message::Wake);
    assert_eq!(armed(&run), Some((901, 3)));
}

/// A Task with a timeout of 60 seconds, then one with this one.
fn two_timeouts(second: Value) -> Run {
    let mut fields = json!({ "End": true });
    fields.as_object_mut().unwrap().extend(second.as_object().cloned().unwrap());
    let definition = machine(json!({
        "First": task("first", json!({ "TimeoutSeconds": 60, "Next": "Second" })),
        "Second": task("second", fields),
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("First", json!({}));
    run
}

#[test]
fn the_hint_of_a_deadline_that_is_over_makes_way_for_a_later_one() {
    let mut run = two_timeouts(json!({ "TimeoutSeconds": 300 }));
    let Some(hint) = run.execution.armed else { panic!("no hint") };
    assert_eq!(hint.due, STARTED.plus_seconds(60));
    run.now = hint.due;
    assert_eq!(run.send(Message::Timer { due: hint.due, revision: hint.revision }), MessageOutcome::Applied);
    assert_eq!(run.execution.armed, Some(Armed { due: STARTED.plus_seconds(300), revision: run.execution.revision }));
}

#[test]
fn a_hint_that_is_spent_is_not_published_again() {
    let mut run = two_timeouts(json!({}));
    let hint = run.execution.armed.unwrap();
    let timer = Message::Timer { due: hint.due, revision: hint.revision };
    run.now = hint.due;
    run.send(timer.clone());
    let timers =
        |run: &Run| outstanding(&run.execution, 0).iter().filter(|command| matches!(command, Command::Timer { .. })).count();
    assert_eq!(timers(&run), 0);
    assert_eq!(
        run.send(timer),
        MessageOutcome::Stale { reason: Staleness::NothingDue, publish_since: hint.revision },
        "its duplicate finds nothing"
    );
}

#[test]
fn a_hint_that_comes_early_is_sent_again_for_the_rest() {
    let mut run = Run::start(&wait(json!({ "Seconds": 60 })), &json!({}));
    let hint = run.execution.armed.unwrap();
    let before = run.execution.clone();
    run.now = STARTED.plus_seconds(54);
    let early = run.send(Message::Timer { due: hint.due, revision: hint.revision });
    assert_eq!(early, MessageOutcome::Early { due: hint.due, revision: hint.revision });
    assert_eq!(run.execution, before);
}

#[test]
fn a_hint_may_be_ahead_of_the_clock_by_the_skew_between_hosts() {
    let at = |millis: u64| {
        let mut run = Run::start(&wait(json!({ "Seconds": 60 })), &json!({}));
        let hint = run.execution.armed.unwrap();
        run.now = STARTED.plus_millis(millis);
        (run.send(Message::Timer { due: hint.due, revision: hint.revision }), run)
    };
    let (outcome, run) = at(55_000);
    assert_eq!((outcome, run.status()), (MessageOutcome::Applied, ExecutionStatus::Succeeded));
    assert_eq!(run.execution.closed_at, Some(STARTED.plus_seconds(60)), "the hint is right, this clock is behind");
    let (outcome, run) = at(54_999);
    assert!(matches!(outcome, MessageOutcome::Early { .. }));
    assert_eq!(run.status(), ExecutionStatus::Running);
}

#[test]
fn time_never_runs_backwards() {
    let mut run = Run::start(&machine(json!({ "Work": task("work", json!({ "End": true })) })), &json!({}));
    run.now = STARTED.plus_seconds(100);
    run.send(Message::Wake);
    run.now = STARTED.plus_seconds(40);
    run.succeed("Work", json!({}));
    assert_eq!((run.execution.closed_at, run.execution.updated_at), (Some(STARTED.plus_seconds(100)), STARTED.plus_seconds(100)));
    assert!(run.events.iter().all(|event| event.at == STARTED || event.at == STARTED.plus_seconds(100)));
}

/// When an execution that was just woken is looked at again, in seconds from now.
fn wakes_after(run: &mut Run) -> u64 {
    run.send(Message::Wake);
    run.execution.wake_at.since(run.now).as_secs()
}

fn callback(fields: Value) -> Value {
    let mut state = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": { "FunctionName": "ask", "Payload": { "token.$": "$$.Task.Token" } }, "End": true });
    state.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    machine(json!({ "Ask": state }))
}

#[test]
fn with_a_request_outstanding_an_execution_is_looked_at_again_within_900_seconds() {
    let work = |fields: Value| machine(json!({ "Work": task("work", fields) }));
    assert_eq!(wakes_after(&mut Run::start(&work(json!({ "End": true })), &json!({}))), 900);
    let far = json!({ "TimeoutSeconds": 90_000, "End": true });
    assert_eq!(wakes_after(&mut Run::start(&work(far), &json!({}))), 900);
    assert_eq!(wakes_after(&mut Run::start(&callback(json!({})), &json!({}))), 900, "until the request is known to be delivered");
}

#[test]
fn with_only_callbacks_waits_and_backoffs_it_is_looked_at_by_its_earliest_deadline_and_within_a_day() {
    let submitted = |fields: Value| {
        let mut run = Run::start(&callback(fields), &json!({}));
        run.succeed("Ask", json!({}));
        run
    };
    assert_eq!(wakes_after(&mut submitted(json!({}))), 86_400);
    assert_eq!(wakes_after(&mut submitted(json!({ "TimeoutSeconds": 5_000 }))), 5_000);
    assert_eq!(wakes_after(&mut submitted(json!({ "TimeoutSeconds": 100_000 }))), 86_400);
    assert_eq!(wakes_after(&mut Run::start(&wait(json!({ "Seconds": 4_000 })), &json!({}))), 4_000);
    assert_eq!(wakes_after(&mut Run::start(&wait(json!({ "Seconds": 100 })), &json!({}))), 100);
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 7_000 }]);
    let mut backoff = Run::start(&machine(json!({ "Work": task("work", json!({ "Retry": retry, "End": true })) })), &json!({}));
    backoff.fail("Work", "Boom");
    assert_eq!(wakes_after(&mut backoff), 7_000);
}

#[test]
fn only_a_wake_raises_the_time_of_the_next_one_and_anything_lowers_it() {
    let definition = machine(json!({
        "Pause": { "Type": "Wait", "Seconds": 600, "Next": "Work" },
        "Work": task("work", json!({ "Next": "Again" })),
        "Again": { "Type": "Wait", "Seconds": 5_000, "End": true },
    }));
    let mut run = Run::start(&definition, &json!({}));
    assert_eq!(run.execution.wake_at, STARTED, "the head was made so");
    run.send(Message::Wake);
    assert_eq!(run.execution.wake_at, STARTED.plus_seconds(600));
    let hint = run.execution.armed.unwrap();
    run.now = STARTED.plus_seconds(600);
    run.send(Message::Timer { due: hint.due, revision: hint.revision });
    assert_eq!((run.outside(), run.execution.wake_at), (vec!["Work".to_owned()], STARTED.plus_seconds(600)), "not raised");
    run.send(Message::Wake);
    assert_eq!(run.execution.wake_at, STARTED.plus_seconds(1_500));
    run.succeed("Work", json!({}));
    assert_eq!(run.execution.wake_at, STARTED.plus_seconds(1_500), "not raised to the end of the Wait");
}

#[test]
fn a_transition_that_needs_it_earlier_lowers_the_wake() {
    let mut definition = callback(json!({ "Next": "Work" }));
    definition["States"]["Ask"].as_object_mut().unwrap().shift_remove("End");
    definition["States"]["Work"] = task("work", json!({ "End": true }));
    let mut run = Run::start(&definition, &json!({}));
    let token = run.request("Ask").token;
    run.succeed("Ask", json!({}));
    run.send(Message::Wake);
    assert_eq!(run.execution.wake_at, STARTED.plus_seconds(86_400));
    run.now = STARTED.plus_seconds(1_000);
    let Message::Answer(mut answer) = success(&token, json!("yes")) else { panic!() };
    answer.by_callback = true;
    assert_eq!(run.send(Message::Answer(answer)), MessageOutcome::Applied);
    assert_eq!((run.outside(), run.execution.wake_at), (vec!["Work".to_owned()], STARTED.plus_seconds(1_900)));
}

#[test]
fn a_branch_that_was_left_runnable_is_a_hint_that_is_due_at_once() {
    let limits = crate::Limits { states_per_transition: 1, ..crate::Limits::default() };
    let two = machine(json!({ "A": { "Type": "Pass", "Next": "B" }, "B": { "Type": "Pass", "End": true } }));
    let mut run = Run::start_within(&two, &json!({}), limits);
    assert_eq!(run.execution.armed, Some(Armed { due: STARTED, revision: 1 }));
    assert_eq!(outstanding(&run.execution, 1), [Command::Timer { due: STARTED, revision: 1 }]);
    assert_eq!(run.send(Message::Timer { due: STARTED, revision: 1 }), MessageOutcome::Applied);
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn with_a_runnable_branch_an_execution_is_looked_at_again_within_900_seconds() {
    let limits = crate::Limits { states_per_transition: 1, ..crate::Limits::default() };
    let pass = |next: &str| json!({ "Type": "Pass", "Next": next });
    let three = machine(json!({ "A": pass("B"), "B": pass("C"), "C": { "Type": "Pass", "End": true } }));
    assert_eq!(wakes_after(&mut Run::start_within(&three, &json!({}), limits)), 900);
}
