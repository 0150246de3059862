//! Map: order, concurrency, tolerance, pages, and its events as recorded from AWS.

use serde_json::{Value, json};

use super::{Run, catch, machine, map, parallel, success, task};
use crate::limits::SEALED_PAGES_MAX;
use crate::{Activity, ExecutionStatus, HistoryEventKind, Limits, Message, MessageOutcome};

/// A Map of one Task per item, with these fields.
fn tasks(fields: Value) -> Value {
    let mut all = json!({ "End": true });
    all.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    machine(json!({ "Each": map(machine(json!({ "Item": task("item", json!({ "End": true })) })), all) }))
}

/// A Map of one Pass per item, with these fields.
fn passes(fields: Value) -> Value {
    let mut all = json!({ "End": true });
    all.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    machine(json!({ "Each": map(machine(json!({ "Item": { "Type": "Pass", "End": true } })), all) }))
}

/// Answers all tasks that are outside, the last ones first: with what they received, times ten.
fn answer_backwards(run: &mut Run) {
    let answers: Vec<Message> = run
        .requests()
        .iter()
        .rev()
        .map(|request| success(&request.token, json!(run.value(&request.input).as_u64().unwrap() * 10)))
        .collect();
    assert!(run.send_all(&answers).iter().all(|outcome| *outcome == MessageOutcome::Applied));
}

#[test]
fn results_stand_in_the_order_of_the_items() {
    let mut run = Run::start(&tasks(json!({})), &json!([1, 2, 3]));
    answer_backwards(&mut run);
    assert_eq!(run.output(), json!([10, 20, 30]));
}

#[test]
fn no_more_iterations_run_at_a_time_than_max_concurrency() {
    let mut run = Run::start(&tasks(json!({ "MaxConcurrency": 2 })), &json!([1, 2, 3, 4, 5]));
    let mut most = 0;
    while run.status() == ExecutionStatus::Running {
        most = most.max(run.outside().len());
        let request = run.requests().pop().unwrap();
        run.send(success(&request.token, run.value(&request.input)));
    }
    assert_eq!((most, run.output()), (2, json!([1, 2, 3, 4, 5])));
}

#[test]
fn forty_iterations_run_at_a_time_at_most() {
    for fields in [json!({}), json!({ "MaxConcurrency": 0 }), json!({ "MaxConcurrency": 60 })] {
        let items: Vec<u64> = (0..70).collect();
        let mut run =
            Run::start_within(&tasks(fields), &json!(items), Limits { commands_per_transition: 100, ..Limits::default() });
        assert_eq!(run.outside().len(), 40);
        answer_backwards(&mut run);
        assert_eq!(run.outside().len(), 30);
        answer_backwards(&mut run);
        assert_eq!(run.status(), ExecutionStatus::Succeeded);
    }
}

#[test]
fn max_concurrency_can_stand_in_the_input() {
    let definition = tasks(json!({ "MaxConcurrencyPath": "$.most", "ItemsPath": "$.items" }));
    let run = Run::start(&definition, &json!({ "most": 1, "items": [1, 2] }));
    assert_eq!(run.outside().len(), 1);
}

#[test]
fn an_empty_array_gives_an_empty_array() {
    let run = Run::start(&tasks(json!({})), &json!([]));
    assert_eq!(run.output(), json!([]));
    assert_eq!(
        run.history(),
        [
            "1<0 ExecutionStarted",
            "2<0 MapStateEntered",
            "3<2 MapStateStarted",
            "4<3 MapStateSucceeded",
            "5<3 MapStateExited",
            "6<5 ExecutionSucceeded"
        ]
    );
}

#[test]
fn what_is_no_array_fails_the_state() {
    for (fields, input) in [(json!({}), json!({})), (json!({ "ItemsPath": "$.items" }), json!({ "items": 3 }))] {
        let run = Run::start(&tasks(fields), &input);
        assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"));
        assert!(run.cause().ends_with("must point to array."), "{}", run.cause());
    }
}

#[test]
fn an_item_selector_sees_the_item_its_index_and_the_input() {
    let selector = json!({ "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.all" });
    let run = Run::start(
        &passes(json!({ "ItemsPath": "$.items", "ItemSelector": selector })),
        &json!({ "items": ["a", "b"], "all": true }),
    );
    assert_eq!(run.output(), json!([{ "i": 0, "v": "a", "all": true }, { "i": 1, "v": "b", "all": true }]));
}

#[test]
fn states_inside_see_their_item_in_the_context_object() {
    let inner = json!({ "Type": "Pass", "Parameters": { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value" }, "End": true });
    let run =
        Run::start(&machine(json!({ "Each": map(machine(json!({ "Item": inner })), json!({ "End": true })) })), &json!(["a"]));
    assert_eq!(run.output(), json!([{ "i": 0, "v": "a" }]));
}

/// Runs a Map over 10 items of which the first `failing` fail, one at a time.
fn check_tolerance(fields: Value, failing: u64, expected: Result<usize, &str>) {
    let mut all = json!({ "MaxConcurrency": 1, "ItemsPath": "$.items" });
    all.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    let items: Vec<u64> = (0..10).collect();
    let mut run = Run::start(&tasks(all), &json!({ "items": items, "tolerated": 2, "share": 19.9 }));
    while run.status() == ExecutionStatus::Running {
        let item = run.input_of("Item").as_u64().unwrap();
        match item < failing {
            true => run.fail("Item", "Boom"),
            false => run.succeed("Item", json!(item)),
        }
    }
    match expected {
        Ok(results) => assert_eq!(run.output().as_array().unwrap().len(), results, "{fields}"),
        Err(error) => assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, error), "{fields}"),
    }
}

#[test]
fn failures_are_tolerated_up_to_their_count_and_percentage() {
    const EXCEEDED: &str = "States.ExceedToleratedFailureThreshold";
    check_tolerance(json!({}), 1, Err("Boom"));
    check_tolerance(json!({ "ToleratedFailureCount": 2 }), 2, Ok(8));
    check_tolerance(json!({ "ToleratedFailureCount": 2 }), 3, Err(EXCEEDED));
    check_tolerance(json!({ "ToleratedFailureCountPath": "$.tolerated" }), 2, Ok(8));
    check_tolerance(json!({ "ToleratedFailureCountPath": "$.tolerated" }), 3, Err(EXCEEDED));
    check_tolerance(json!({ "ToleratedFailurePercentage": 35 }), 3, Ok(7));
    check_tolerance(json!({ "ToleratedFailurePercentage": 35 }), 4, Err(EXCEEDED));
    check_tolerance(json!({ "ToleratedFailurePercentage": 100 }), 10, Ok(0));
    check_tolerance(json!({ "ToleratedFailurePercentagePath": "$.share" }), 1, Ok(9));
    check_tolerance(json!({ "ToleratedFailurePercentagePath": "$.share" }), 2, Err(EXCEEDED));
    check_tolerance(json!({ "ToleratedFailureCount": 5, "ToleratedFailurePercentage": 10 }), 2, Err(EXCEEDED));
}

#[test]
fn a_tolerance_that_is_none_fails_the_map_once_it_has_started_as_recorded() {
    for (field, found, cause) in [
        ("ToleratedFailureCount", json!(-1), "ToleratedFailureCount cannot be negative."),
        (
            "ToleratedFailureCount",
            json!("NoNumber"),
            "The ToleratedFailureCountPath field refers to value \"NoNumber\" which is not a valid integer: $.tolerated",
        ),
        ("ToleratedFailurePercentage", json!(100.1), "ToleratedFailurePercentage must be between 0 and 100."),
        (
            "ToleratedFailurePercentage",
            json!("NoNumber"),
            "The ToleratedFailurePercentagePath field refers to value \"NoNumber\" which is not a valid float: $.tolerated",
        ),
    ] {
        let definition = tasks(json!({ "ItemsPath": "$.items", (format!("{field}Path")): "$.tolerated" }));
        let run = Run::start(&definition, &json!({ "items": [0], "tolerated": found }));
        assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"));
        let expected = format!("An error occurred while executing the state 'Each' (entered at the event id #2). {cause}");
        assert_eq!(run.cause(), expected);
        assert_eq!(run.history()[1..], ["2<0 MapStateEntered", "3<2 MapStateStarted", "4<3 ExecutionFailed"]);
    }
}

#[test]
fn a_map_tells_its_iterations_as_recorded() {
    let run = Run::start(&passes(json!({ "MaxConcurrency": 1 })), &json!([1, 2]));
    assert_eq!(
        run.history(),
        [
            "1<0 ExecutionStarted",
            "2<0 MapStateEntered",
            "3<2 MapStateStarted",
            "4<3 MapIterationStarted",
            "5<4 PassStateEntered",
            "6<5 PassStateExited",
            "7<6 MapIterationSucceeded",
            "8<6 MapIterationStarted",
            "9<8 PassStateEntered",
            "10<9 PassStateExited",
            "11<10 MapIterationSucceeded",
            "12<11 MapStateSucceeded",
            "13<11 MapStateExited",
            "14<13 ExecutionSucceeded"
        ]
    );
}

#[test]
fn a_map_that_is_retried_starts_again_without_being_entered() {
    let processor = machine(json!({ "No": { "Type": "Fail", "Error": "No" } }));
    let retry = json!([{ "ErrorEquals": ["No"], "MaxAttempts": 1 }]);
    let mut run = Run::start(&machine(json!({ "Each": map(processor, json!({ "Retry": retry, "End": true })) })), &json!([1]));
    run.pass_seconds(1);
    assert_eq!(
        run.history(),
        [
            "1<0 ExecutionStarted",
            "2<0 MapStateEntered",
            "3<2 MapStateStarted",
            "4<3 MapIterationStarted",
            "5<4 FailStateEntered",
            "6<5 MapIterationFailed",
            "7<5 MapStateStarted",
            "8<7 MapIterationStarted",
            "9<8 FailStateEntered",
            "10<9 MapIterationFailed",
            "11<9 MapStateFailed",
            "12<11 ExecutionFailed"
        ]
    );
}

#[test]
fn a_map_that_fails_aborts_the_other_iterations_as_recorded() {
    let mut run = Run::start(&tasks(json!({})), &json!([1, 2]));
    let first = run.requests().remove(0);
    run.send(super::failure(&first.token, "Boom", false));
    assert_eq!(
        run.history()[11..],
        [
            "12<7 LambdaFunctionFailed",
            "13<12 MapIterationFailed",
            "14<12 TaskStateAborted",
            "15<12 MapIterationAborted",
            "16<12 TaskStateAborted",
            "17<12 MapStateFailed",
            "18<17 ExecutionFailed"
        ]
    );
}

#[test]
fn what_is_inside_a_part_that_failed_is_told_as_aborted_once() {
    let inner = parallel(
        json!([
            machine(json!({ "Quick": task("quick", json!({ "End": true })) })),
            machine(json!({ "Slow": task("slow", json!({ "End": true })) })),
        ]),
        json!({ "End": true }),
    );
    let each = map(machine(json!({ "Both": inner })), json!({ "End": true }));
    let outer = parallel(
        json!([machine(json!({ "Each": each })), machine(json!({ "Pause": { "Type": "Wait", "Seconds": 9, "End": true } }))]),
        json!({ "End": true }),
    );
    let mut run = Run::start(&machine(json!({ "Outer": outer })), &json!([1]));
    run.fail("Quick", "Boom");
    let tail: Vec<String> =
        run.events.iter().map(|event| event.kind.type_name()).skip_while(|name| name != "LambdaFunctionFailed").collect();
    assert_eq!(
        tail,
        [
            "LambdaFunctionFailed",
            "TaskStateAborted",
            "TaskStateAborted",
            "ParallelStateFailed",
            "MapIterationFailed",
            "MapStateFailed",
            "WaitStateAborted",
            "ParallelStateFailed",
            "ExecutionFailed"
        ]
    );
}

#[test]
fn a_map_inside_a_parallel_goes_its_own_way() {
    let each =
        machine(json!({ "Each": map(machine(json!({ "Item": task("item", json!({ "End": true })) })), json!({ "End": true })) }));
    let other = machine(json!({ "Other": task("other", json!({ "End": true })) }));
    let mut run = Run::start(&machine(json!({ "Both": parallel(json!([each, other]), json!({ "End": true })) })), &json!([1, 2]));
    assert_eq!(run.outside(), ["Item", "Item", "Other"]);
    run.succeed("Other", json!("o"));
    answer_backwards(&mut run);
    assert_eq!(run.output(), json!([[10, 20], "o"]));
}

#[test]
fn maps_inside_maps_see_the_innermost_item() {
    let inner = map(
        machine(
            json!({ "Item": { "Type": "Pass", "Parameters": { "v.$": "$$.Map.Item.Value" }, "OutputPath": "$.v", "End": true } }),
        ),
        json!({ "End": true }),
    );
    let outer = map(machine(json!({ "Inner": inner })), json!({ "End": true }));
    let run = Run::start(&machine(json!({ "Outer": outer })), &json!([[1, 2], [], [3]]));
    assert_eq!(run.output(), json!([[1, 2], [], [3]]));
}

/// Runs a Map of Pass states over so many items; answers how long the execution became and how many value items a transition loaded, but for the
/// last one, which collects all results.
fn most_of(items: u64) -> (usize, usize, u64) {
    let input: Vec<u64> = (0..items).collect();
    let mut run = Run::start(&passes(json!({ "ItemsPath": "$.items", "ResultPath": "$.results" })), &json!({ "items": input }));
    let (mut bytes, mut loaded) = (0, 0);
    loop {
        bytes = bytes.max(run.stored_bytes());
        let hint = run.execution.armed.unwrap();
        run.send(Message::Timer { due: hint.due, revision: hint.revision });
        if run.status() != ExecutionStatus::Running {
            break;
        }
        loaded = loaded.max(run.loaded);
        if let Some(Activity::Map(map)) = run.execution.root.visit.as_ref().map(|visit| &visit.activity) {
            assert!(map.sealed.len() <= SEALED_PAGES_MAX, "the next page takes over the names of the earlier ones");
        }
    }
    assert_eq!(run.output()["results"], json!(input));
    (bytes, loaded, run.execution.revision)
}

#[test]
fn what_a_transition_costs_does_not_grow_with_how_much_of_a_map_there_is() {
    let (bytes, loaded, revisions) = most_of(1_000);
    let (more_bytes, more_loaded, more_revisions) = most_of(10_000);
    assert!(bytes < 16_000 && more_bytes < 18_000, "{bytes} and {more_bytes} bytes");
    assert!(loaded <= 3 && more_loaded <= 3, "{loaded} and {more_loaded} value items");
    assert!(more_revisions <= 11 * revisions, "{revisions} and {more_revisions} transitions");
}

#[test]
fn large_items_and_results_stand_in_value_items() {
    let items: Vec<String> = (0..20).map(|item| format!("{item}").repeat(3_000)).collect();
    let mut run = Run::start(&tasks(json!({ "MaxConcurrency": 2, "ResultPath": null })), &json!(items));
    let mut most = 0;
    while run.status() == ExecutionStatus::Running {
        most = most.max(run.stored_bytes());
        let item = run.input_of("Item");
        run.succeed("Item", item);
        assert!(run.loaded <= 4 || run.status() != ExecutionStatus::Running, "{}", run.loaded);
    }
    assert!(most < 60_000, "two items and a page of results: {most}");
    assert_eq!(run.output(), json!(items));
}

#[test]
fn a_map_whose_transition_was_full_goes_on() {
    let limits = Limits { states_per_transition: 5, ..Limits::default() };
    let items: Vec<u64> = (0..30).collect();
    let mut run = Run::start_within(&passes(json!({})), &json!(items), limits);
    assert_eq!(run.status(), ExecutionStatus::Running);
    assert_eq!(run.execution.armed.map(|armed| armed.due), Some(run.now), "it is due at once");
    run.settle();
    assert_eq!(run.output(), json!(items));
    assert_eq!(run.execution.revision, 61_u64.div_ceil(5), "two states an iteration and the Map itself, five a transition");
}

#[test]
fn tasks_beyond_the_commands_of_a_transition_go_out_later() {
    let limits = Limits { commands_per_transition: 3, ..Limits::default() };
    let mut run = Run::start_within(&tasks(json!({})), &json!([1, 2, 3, 4, 5, 6, 7]), limits);
    assert_eq!(run.outside().len(), 3);
    assert_eq!(run.execution.armed.map(|armed| armed.due), Some(run.now));
    run.settle();
    assert_eq!(run.outside().len(), 7);
    assert_eq!(run.execution.revision, 3);
    answer_backwards(&mut run);
    assert_eq!(run.output(), json!([10, 20, 30, 40, 50, 60, 70]));
}

#[test]
fn as_many_branches_may_be_open_as_the_limit_says_and_no_more() {
    let limits = Limits { active_branches: 3, commands_per_transition: 100, ..Limits::default() };
    let run = Run::start_within(&tasks(json!({})), &json!([1, 2, 3]), limits.clone());
    assert_eq!((run.status(), run.outside().len()), (ExecutionStatus::Running, 3));
    let run = Run::start_within(&tasks(json!({})), &json!([1, 2, 3, 4]), limits.clone());
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Backstep.LimitExceeded"));
    let run = Run::start_within(&tasks(json!({ "MaxConcurrency": 3 })), &json!([1, 2, 3, 4]), limits);
    assert_eq!((run.status(), run.outside().len()), (ExecutionStatus::Running, 3), "finished ones leave room");
}

#[test]
fn an_item_whose_selector_failed_is_not_lost_to_a_redrive() {
    let selector = json!({ "half.$": "States.ArrayGetItem($$.Map.Item.Value, $$.Execution.RedriveCount)" });
    let definition = passes(json!({ "ItemSelector": selector, "MaxConcurrency": 1 }));
    let mut run = Run::start(&definition, &json!([["a", "A"], ["b", "B"], [], ["d", "D"]]));
    assert_eq!(run.status(), ExecutionStatus::Failed);
    let started = |run: &Run| {
        let events = run.events.iter();
        let index = |kind: &HistoryEventKind| {
            if let HistoryEventKind::MapIterationStarted { index, .. } = kind { Some(*index) } else { None }
        };
        events.filter_map(|event| index(&event.kind)).collect::<Vec<u64>>()
    };
    assert_eq!(started(&run), [0, 1]);
    run.send(Message::Redrive);
    assert_eq!(
        (run.status(), started(&run)),
        (ExecutionStatus::Failed, vec![0, 1]),
        "the same item fails, and not the one after it"
    );
}

#[test]
fn a_map_that_is_given_up_leaves_room_for_other_branches() {
    let limits = Limits { active_branches: 4, ..Limits::default() };
    let processor = machine(json!({
        "Pick": { "Type": "Choice", "Choices": [{ "Variable": "$", "NumericEquals": 3, "Next": "No" }], "Default": "Item" },
        "Item": task("item", json!({ "End": true })),
        "No": { "Type": "Fail", "Error": "No" },
    }));
    let other = map(machine(json!({ "Other": task("other", json!({ "End": true })) })), json!({ "End": true }));
    let catch = json!([{ "ErrorEquals": ["No"], "ResultPath": null, "Next": "Again" }]);
    let definition = machine(json!({ "Each": map(processor, json!({ "Catch": catch, "Next": "Again" })), "Again": other }));
    let run = Run::start_within(&definition, &json!([1, 2, 3]), limits);
    assert_eq!((run.status(), run.error(), run.outside()), (ExecutionStatus::Running, "", vec!["Other".to_owned(); 3]));
}

#[test]
fn a_caught_failure_of_a_map_leads_on_from_its_last_event_inside() {
    let processor = machine(json!({ "No": { "Type": "Fail", "Error": "No", "Cause": "so" } }));
    let definition = machine(json!({
        "Each": map(processor, json!({ "Catch": catch("After"), "Next": "After" })),
        "After": { "Type": "Succeed" },
    }));
    let run = Run::start(&definition, &json!([1]));
    assert_eq!(run.output(), json!({ "Error": "No", "Cause": "so" }));
    assert_eq!(run.history()[4..7], ["5<4 FailStateEntered", "6<5 MapIterationFailed", "7<5 MapStateExited"]);
}
