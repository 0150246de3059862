//! Whole definitions, as people write them: taken without a word, every state in its place.

use crate::parse;

/// The names of a definition's states in their order, with their types.
fn states(text: &str) -> Vec<(String, &'static str)> {
    let (definition, warnings) =
        parse(text).unwrap_or_else(|diagnostics| panic!("{}", crate::render(&diagnostics, text, "sample", false)));
    assert_eq!(warnings, []);
    assert!(definition.states.iter().all(|(name, state)| *name == state.name));
    definition.states.values().map(|state| (state.name.clone(), state.type_name())).collect()
}

fn check(text: &str, expected: &[(&str, &str)]) {
    let states = states(text);
    let states: Vec<(&str, &str)> = states.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    assert_eq!(states, expected);
}

#[test]
fn the_states_of_nested_flows_stand_in_the_order_in_which_they_are_written() {
    check(
        include_str!("samples/order.asl.json"),
        &[
            ("ValidateOrder", "Task"),
            ("NeedsReview", "Choice"),
            ("Review", "Task"),
            ("ReserveInventory", "Task"),
            ("CreateShipment", "Task"),
            ("Tell", "Parallel"),
            ("TellCustomer", "Task"),
            ("CustomerNotTold", "Pass"),
            ("TellWarehouse", "Succeed"),
            ("Done", "Succeed"),
            ("Refuse", "Fail"),
        ],
    );
}

#[test]
fn a_loop_that_ends_by_a_choice_is_taken() {
    check(
        include_str!("samples/poll.asl.json"),
        &[("Submit", "Task"), ("Pause", "Wait"), ("Look", "Task"), ("Finished", "Choice"), ("Give", "Pass"), ("Broken", "Fail")],
    );
}

#[test]
fn maps_stand_inside_each_other() {
    check(
        include_str!("samples/lines.asl.json"),
        &[("EachOrder", "Map"), ("EachLine", "Map"), ("Pick", "Task"), ("Pack", "Wait")],
    );
}

#[test]
fn a_flow_knows_its_own_states_only() {
    let (definition, _) = parse(include_str!("samples/order.asl.json")).unwrap();
    assert_eq!(definition.flow.start_at, "ValidateOrder");
    assert_eq!(definition.flow.states.len(), 8);
    assert_eq!(definition.timeout_seconds, Some(86_400));
    let crate::StateKind::Parallel(tell) = &definition.state("Tell").unwrap().kind else { panic!("not a Parallel") };
    assert_eq!(tell.branches[0].states, ["TellCustomer", "CustomerNotTold"]);
    assert_eq!(tell.branches[1].start_at, "TellWarehouse");
}
