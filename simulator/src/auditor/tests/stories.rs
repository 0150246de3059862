//! Executions as they should be: small ones, each with a few turns. The rules' tests spoil them.

#![expect(clippy::needless_pass_by_value, reason = "`json!` makes values to be given away")]

use interpreter::Limits;
use serde_json::{Value, json};

use super::driver::{Deed, Run};

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{function}")
}

/// A task that acts at a provider, with more fields.
pub(super) fn act(name: &str, fields: Value) -> Value {
    let parameters = json!({ "state": name, "at.$": "$.at", "n.$": "$.n" });
    with(json!({ "Type": "Task", "Resource": arn("act-outside"), "Parameters": parameters, "ResultPath": null }), fields)
}

/// A task that is undone.
pub(super) fn undone(name: &str, fields: Value) -> Value {
    with(act(name, json!({ "Compensation": { "Resource": arn("undo-outside") } })), fields)
}

fn with(mut state: Value, fields: Value) -> Value {
    state.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    state
}

/// A machine of states in a row, the first one first.
pub(super) fn machine(states: Value) -> Value {
    let first = states.as_object().unwrap().keys().next().cloned();
    json!({ "StartAt": first, "States": states })
}

pub(super) fn start(definition: &Value) -> Run {
    let input = json!({ "at": "e", "n": 0, "items": [1, 2, 3] });
    Run::start(&definition.to_string(), &input.to_string(), Limits::default())
}

/// The definition is another one.
pub(super) fn redefine(run: &mut Run, definition: &Value) {
    run.definition = asl::parse(&definition.to_string()).unwrap().0;
}

/// Three tasks, of which the first two are undone.
pub(super) fn row(third: Value) -> Value {
    machine(json!({
        "One": undone("One", json!({ "Next": "Two" })),
        "Two": undone("Two", json!({ "Next": "Three" })),
        "Three": third,
    }))
}

/// One, Two and Three succeed.
pub(super) fn well() -> Run {
    let mut run = start(&row(undone("Three", json!({ "End": true }))));
    for state in ["One", "Two", "Three"] {
        run.pass_seconds(1);
        run.answer(state, Deed::Succeeds);
    }
    run
}

/// Three fails after its effect, and all is undone, last first.
pub(super) fn unwound() -> Run {
    let mut run = start(&row(undone("Three", json!({ "End": true }))));
    run.answer("One", Deed::Succeeds);
    run.answer("Two", Deed::Succeeds);
    run.answer("Three", Deed::FailsAfter);
    for state in ["undo Three", "undo Two", "undo One"] {
        run.pass_seconds(1);
        run.answer(state, Deed::Succeeds);
    }
    run
}

/// Three is refused, typed: it is not owed.
pub(super) fn refused() -> Run {
    let mut run = start(&row(undone("Three", json!({ "End": true }))));
    run.answer("One", Deed::Succeeds);
    run.answer("Two", Deed::Succeeds);
    run.answer("Three", Deed::Refuses);
    run.answer("undo Two", Deed::Succeeds);
    run.answer("undo One", Deed::Succeeds);
    run
}

/// Three with these retriers fails once, and succeeds two seconds later.
pub(super) fn retried() -> Run {
    let mut run = start(&retrying(1, 2));
    run.answer("One", Deed::Succeeds);
    run.answer("Two", Deed::Succeeds);
    run.answer("Three", Deed::FailsBefore);
    run.pass_seconds(2);
    run.answer("Three", Deed::Succeeds);
    run
}

/// The definition of [`retried`].
pub(super) fn retrying(attempts: u64, seconds: u64) -> Value {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": attempts, "IntervalSeconds": seconds }]);
    row(undone("Three", json!({ "Retry": retry, "End": true })))
}

/// A Wait of these seconds, then a task with this timeout.
pub(super) fn patient(wait_seconds: u64, timeout_seconds: u64) -> Value {
    machine(json!({
        "Wait": { "Type": "Wait", "Seconds": wait_seconds, "Next": "One" },
        "One": act("One", json!({ "TimeoutSeconds": timeout_seconds, "End": true })),
    }))
}

/// It waits for 5 s, and its task is answered 3 s later.
pub(super) fn waited() -> Run {
    let mut run = start(&patient(5, 10));
    run.pass_seconds(8);
    run.answer("One", Deed::Succeeds);
    run
}

/// Nobody answers the task within its 10 s.
pub(super) fn timed_out() -> Run {
    let mut run = start(&patient(5, 10));
    run.pass_seconds(15);
    run
}

/// Two Waits beside each other, of these seconds.
pub(super) fn beside(one: u64, other: u64) -> Value {
    let wait = |name: &str, seconds: u64| machine(json!({ name: { "Type": "Wait", "Seconds": seconds, "End": true } }));
    machine(json!({
        "Both": { "Type": "Parallel", "Branches": [wait("One", one), wait("Other", other)], "End": true },
    }))
}

/// Both Waits are over when somebody looks again.
pub(super) fn overslept() -> Run {
    let mut run = start(&beside(2, 3));
    run.now = run.now.plus_seconds(10);
    run.pass_seconds(0);
    run
}

/// One, with these seconds for its undoing, then a Wait.
pub(super) fn hurried(seconds: u64) -> Value {
    let compensation = json!({ "Resource": arn("undo-outside"), "TimeoutSeconds": seconds });
    machine(json!({
        "One": act("One", json!({ "Compensation": compensation, "Next": "Wait" })),
        "Wait": { "Type": "Wait", "Seconds": 60, "End": true },
    }))
}

/// It is stopped, once One has `succeeded` or while it is under way. The first attempt to undo it is not answered in time.
pub(super) fn undone_late(succeeded: bool) -> Run {
    let mut run = start(&hurried(5));
    if succeeded {
        run.answer("One", Deed::Succeeds);
    }
    run.stop();
    // Its own 5 s, for what may be at work the function's 10 s and what clocks may differ by, and a second until it is tried again.
    run.pass_seconds(if succeeded { 6 } else { 21 });
    run.answer("undo One", Deed::Succeeds);
    run
}

/// A machine and its task with these timeouts.
pub(super) fn timed(machine_seconds: u64, task_seconds: u64) -> Value {
    let task = act("One", json!({ "TimeoutSeconds": task_seconds, "End": true }));
    with(machine(json!({ "One": task })), json!({ "TimeoutSeconds": machine_seconds }))
}

/// The machine's time is over before the task's.
pub(super) fn machine_timed_out() -> Run {
    let mut run = start(&timed(5, 10));
    run.pass_seconds(6);
    run
}

/// A Map over three items with more fields, each of which is acted on.
pub(super) fn map(fields: Value) -> Value {
    let processor = machine(json!({ "One": undone("One", json!({ "End": true })) }));
    let selector = json!({ "at.$": "States.Format('e.{}', $$.Map.Item.Index)", "n": 0 });
    let map = json!({ "Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "ItemProcessor": processor, "End": true });
    machine(json!({ "Each": with(map, fields) }))
}

/// All iterations succeed, two at a time.
pub(super) fn mapped() -> Run {
    let mut run = start(&map(json!({ "MaxConcurrency": 2 })));
    for _ in 0..3 {
        run.answer("One", Deed::Succeeds);
    }
    run
}

/// One iteration fails, is undone and tolerated.
pub(super) fn tolerated() -> Run {
    let mut run = start(&map(json!({ "ToleratedFailureCount": 1 })));
    run.answer("One", Deed::FailsAfter);
    run.answer("undo One", Deed::Succeeds);
    run.answer("One", Deed::Succeeds);
    run.answer("One", Deed::Succeeds);
    run
}

/// One iteration fails, the Map with it, and the two others are undone.
pub(super) fn intolerant() -> Run {
    let mut run = start(&map(json!({})));
    run.answer("One", Deed::Refuses);
    run.answer("undo One", Deed::Succeeds);
    run.answer("undo One", Deed::Succeeds);
    run
}

/// One, a pivot, and one that fails behind it.
pub(super) fn parked_forward() -> Run {
    let mut run = start(&machine(json!({
        "One": undone("One", json!({ "Next": "Pivot" })),
        "Pivot": act("Pivot", json!({ "Pivot": true, "Next": "Two" })),
        "Two": undone("Two", json!({ "End": true })),
    })));
    run.answer("One", Deed::Succeeds);
    run.answer("Pivot", Deed::Succeeds);
    run.answer("Two", Deed::FailsAfter);
    run
}

/// The compensation of One fails for good, and succeeds when it is redriven.
pub(super) fn parked_unwinding() -> Run {
    let compensation = json!({ "Resource": arn("undo-outside"), "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 0 }] });
    let mut run = start(&machine(json!({
        "One": act("One", json!({ "Compensation": compensation, "Next": "Fail" })),
        "Fail": { "Type": "Fail", "Error": "GivenUp" },
    })));
    run.answer("One", Deed::Succeeds);
    run.answer("undo One", Deed::FailsBefore);
    run
}

/// One branch fails while the other one's task is under way, its failure is caught, and the execution goes on.
pub(super) fn caught() -> Run {
    let mut run = start(&machine(json!({
        "One": undone("One", json!({ "Next": "Both" })),
        "Both": {
            "Type": "Parallel",
            "Branches": [
                machine(json!({ "Two": undone("Two", json!({ "End": true })) })),
                machine(json!({ "Three": undone("Three", json!({ "End": true })) })),
            ],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "Four" }],
            "End": true,
        },
        "Four": undone("Four", json!({ "End": true })),
    })));
    run.answer("One", Deed::Succeeds);
    run.answer("Two", Deed::Refuses);
    run.answer("undo Three", Deed::Succeeds);
    run.answer("Four", Deed::Succeeds);
    run
}

/// Two branches beside each other.
fn both(one: Value, other: Value, fields: Value) -> Value {
    with(json!({ "Type": "Parallel", "Branches": [one, other], "End": true }), fields)
}

/// One branch is not heard of and waits for another attempt, which its history does not tell from having failed; then the other one fails.
pub(super) fn failed_beside_a_retry() -> Run {
    let retry = json!([{ "ErrorEquals": ["States.HeartbeatTimeout"], "IntervalSeconds": 20 }]);
    let silent = act("One", json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 2, "Retry": retry, "End": true }));
    let one = machine(json!({ "One": silent }));
    let mut run =
        start(&machine(json!({ "Both": both(one, machine(json!({ "Two": act("Two", json!({ "End": true })) })), json!({})) })));
    run.pass_seconds(3);
    run.answer("Two", Deed::FailsBefore);
    run
}

/// No more than four branches may be open, and a Parallel of two stands around these two.
fn crowded(one: Value, other: Value) -> Run {
    let definition = machine(json!({ "Both": both(one, other, json!({})) }));
    let limits = Limits { active_branches: 4, ..Limits::default() };
    Run::start(&definition.to_string(), &json!({ "at": "e", "n": 0 }).to_string(), limits)
}

/// Two tasks beside each other, the first with a timeout of a second.
fn pair(one: &str, other: &str, fields: Value) -> Value {
    let task = |name: &str, seconds: u64| machine(json!({ name: act(name, json!({ "TimeoutSeconds": seconds, "End": true })) }));
    both(task(one, 1), task(other, 600), fields)
}

/// A Parallel finds too many branches open, which uses up its only retry. Then it times out, and its catcher for that takes it.
pub(super) fn caught_behind_the_limit() -> Run {
    let crowd = machine(json!({ "Crowd": pair("One", "Two", json!({})) }));
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1, "JitterStrategy": "NONE" }]);
    let catch =
        json!([{ "ErrorEquals": ["States.Timeout"], "Next": "Late" }, { "ErrorEquals": ["States.ALL"], "Next": "Other" }]);
    let inner = machine(json!({
        "Inner": pair("Three", "Four", json!({ "Retry": retry, "Catch": catch })),
        "Late": { "Type": "Pass", "End": true },
        "Other": { "Type": "Pass", "End": true },
    }));
    let mut run = crowded(crowd, inner);
    run.answer("One", Deed::Succeeds);
    run.answer("Two", Deed::Succeeds);
    run.pass_seconds(3);
    run
}

/// A Parallel fails and is tried again, by a retrier for these errors; by then too many branches are open.
pub(super) fn tried_again_in_a_crowd(errors: &str) -> Run {
    let retry = json!([{ "ErrorEquals": [errors], "IntervalSeconds": 5, "MaxAttempts": 1, "JitterStrategy": "NONE" }]);
    let inner = machine(json!({ "Inner": pair("One", "Two", json!({ "Retry": retry })) }));
    let crowd = machine(json!({
        "Wait": { "Type": "Wait", "Seconds": 2, "Next": "Crowd" },
        "Crowd": both(
            machine(json!({ "Three": act("Three", json!({ "End": true })) })),
            machine(json!({ "Four": act("Four", json!({ "End": true })) })),
            json!({}),
        ),
    }));
    let mut run = crowded(inner, crowd);
    run.answer("One", Deed::FailsBefore);
    run.pass_seconds(6);
    run
}
