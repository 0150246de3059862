//! What expressions evaluate to, and what is refused.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::limits::{EXPRESSION_DEPTH_MAX, RANGE_ELEMENTS_MAX};
use crate::{Bindings, EvaluationError, Expression, Moment, States};

const MOMENT: Moment = Moment { millis: 1_782_907_200_123, seed: 7 };

fn evaluated_at(text: &str, moment: Moment) -> Result<Value, EvaluationError> {
    let input = json!({"a": {"b": [0]}, "lines": [{"price": 2, "n": 3}, {"price": 5, "n": 1}], "empty": [], "nothing": null});
    let (order, context) = (json!({"id": 7}), json!({"Execution": {"Id": "arn", "Input": {"x": 1}}}));
    let bindings = Bindings {
        variables: BTreeMap::from([("order", &order)]),
        states: States { input: Some(&input), context: Some(&context), ..States::default() },
    };
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).evaluate(&bindings, moment)
}

fn evaluated(text: &str) -> Result<Value, EvaluationError> {
    evaluated_at(text, MOMENT)
}

fn check(text: &str, expected: &Value) {
    assert_eq!(evaluated(text).as_ref(), Ok(expected), "{text}");
}

fn check_thrown(text: &str, part: &str) {
    match evaluated(text) {
        Err(EvaluationError::Thrown(message)) => assert!(message.contains(part), "{text}: {message}"),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn expressions_see_their_variables_and_the_states() {
    check("$order.id + 1", &json!(8));
    check("$sum($states.input.lines.(price * n))", &json!(11));
    check("$states.input.a.b", &json!([0]));
    check("$states.context.Execution.Id", &json!("arn"));
    check("{'whole': 10, 'part': 2.5, 'absent': $states.result}", &json!({"whole": 10, "part": 2.5}));
    check("$states.input.nothing", &json!(null));
    check("$exists($states.result)", &json!(false));
    check("($x := 1; $f := function($n) { $n < 1 ? 0 : $n + $f($n - 1) }; $f(10) + $x)", &json!(56));
    check("$contains('hello$world', /^hello\\$/)", &json!(true));
    check("$contains('hello$world', /^hello\\$/) and 'a' & 1 & $order = 'a1{\"id\":7}'", &json!(true));
}

#[test]
fn a_result_that_is_no_json_is_refused() {
    assert_eq!(evaluated("$nowhere"), Err(EvaluationError::Undefined));
    assert_eq!(evaluated("$states.input.none"), Err(EvaluationError::Undefined));
    assert_eq!(evaluated("function($x) { $x }"), Err(EvaluationError::NotJson("function")));
    assert_eq!(evaluated("$sum"), Err(EvaluationError::NotJson("function")));
    assert_eq!(evaluated("{'f': /a/}"), Err(EvaluationError::NotJson("regular expression")));
    assert!(matches!(evaluated("1/0"), Err(EvaluationError::Thrown(_) | EvaluationError::NotJson(_))));
}

#[test]
fn what_is_thrown_has_the_code_and_the_text_of_the_reference() {
    let thrown = |message: &str| Err(EvaluationError::Thrown(message.to_owned()));
    assert_eq!(evaluated("$randomSeeded(1)"), thrown("T1006: Attempted to invoke a non-function"));
    assert_eq!(evaluated("1 + 'a'"), thrown("T2002: The right side of the \"+\" operator must evaluate to a number"));
    assert_eq!(evaluated("true * 1"), thrown("T2001: The left side of the \"*\" operator must evaluate to a number"));
    assert_eq!(evaluated("['a'..2]"), thrown("T2003: The left side of the range operator (..) must evaluate to an integer"));
    assert_eq!(evaluated("[1..2.5]"), thrown("T2004: The right side of the range operator (..) must evaluate to an integer"));
    assert_eq!(evaluated("$number('x')"), thrown("D3030: Unable to cast value to a number: \"x\""));
    check_thrown("$error('mine')", "mine");
}

#[test]
fn the_functions_of_step_functions_are_there() {
    check("$partition([1,2,3], 2)", &json!([[1, 2], [3]]));
    check("$partition($states.input.a.b, 4)", &json!([[0]]));
    check("$range(1, 9, 3)", &json!([1, 4, 7]));
    check("$range(1, 9, 9)", &json!(1));
    check("$range(3, 1, -1)", &json!([3, 2, 1]));
    check("$hash('a', 'MD5')", &json!("0cc175b9c0f1b6a831c399e269772661"));
    check("$hash('a', 'SHA-256')", &json!("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"));
    check("$parse('[1, {\"a\": null}]')", &json!([1, {"a": null}]));
    check("$parse('1.1')", &json!(1.1));
    check("$exists($parse($states.result))", &json!(false));
    check_thrown("$hash('a', 'CRC')", "CRC");
    check_thrown("$parse('{')", "no JSON");
    check_thrown("$range(1, 2, 0)", "must not be 0");
    check(&format!("$count($range(1, {RANGE_ELEMENTS_MAX}, 1))"), &json!(RANGE_ELEMENTS_MAX));
    check_thrown(&format!("$range(0, {RANGE_ELEMENTS_MAX}, 1)"), "at most");
}

#[test]
fn the_time_and_the_randomness_are_the_moments() {
    check("$millis()", &json!(1_782_907_200_123_i64));
    check("$now()", &json!("2026-07-01T12:00:00.123Z"));
    check("$now('[Y0001]')", &json!("2026"));
    check("($f := $now; $f())", &json!("2026-07-01T12:00:00.123Z"));
    let drawn = "[$random(), $random(), $uuid(), $shuffle([1,2,3,4,5,6,7,8,9])]";
    let other = Moment { seed: 8, ..MOMENT };
    assert_eq!(evaluated(drawn), evaluated(drawn));
    assert_ne!(evaluated(drawn), evaluated_at(drawn, other));
    assert_eq!(evaluated("$random(3)"), evaluated_at("$random(3)", other));
    check("($r := $random(); $r >= 0 and $r < 1)", &json!(true));
    check("$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)", &json!(true));
    check("$sort($shuffle([3,1,2]))", &json!([1, 2, 3]));
}

#[test]
fn what_would_grow_without_bound_is_ended() {
    check_thrown("$pad('x', 1e9)", "more than");
    check("$pad('x', -3, 'ab')", &json!("abx"));
    check_thrown("$string(1, 2)", "T0410");
    check_thrown("$length($reduce([1..40], function($a, $i) { $a & $a }, 'x'))", "");
    check_thrown("$string($reduce([1..40], function($a, $i) { {'l': $a, 'r': $a} }, 'x'))", "too large");
    check_thrown("$count($reduce([1..40], function($a, $i) { [$a, $a] }, [1]))", "more than");
    check("[$order.id, $states.input.a.b, [1], [$order.id]]", &json!([7, 0, [1], [7]]));
    check_thrown("$join($map([1..100000], function($i) { $pad('x', 1000) }))", "");
    check_thrown("($s := $pad('x', 100000); $length($replace($s, 'x', $s)))", "more than");
    check_thrown("($f := function() { $f() }; $f())", "");
    check_thrown("($f := function($n) { 1 + $f($n) }; $f(1))", "");
    check_thrown("[1..100000000]", "");
    let wide = evaluated("$reduce([1..40], function($a, $i) { {'l': $a, 'r': $a} }, 'x')");
    assert!(matches!(wide, Err(EvaluationError::Limit(_))), "{wide:?}");
    for depth in ["20000", "250000"] {
        let deep = evaluated(&format!("$reduce([1..{depth}], function($a, $i) {{ {{'a': [$a]}} }}, 1)"));
        assert!(matches!(deep, Err(EvaluationError::Limit(_) | EvaluationError::Thrown(_))), "{depth}: {deep:?}");
    }
}

fn refusal(text: &str) -> String {
    Expression::parse(text).map_or_else(|error| error.to_string(), |_| "taken".to_owned())
}

#[test]
fn what_step_functions_does_not_have_is_refused_when_parsed() {
    for (text, part) in [
        ("", "empty"),
        ("1 +", "S0207"),
        ("$a ?? 1", "??"),
        ("$a ?: 1", "?:"),
        ("$eval('1')", "$eval"),
        ("$map(['1'], $eval)", "$eval"),
        ("($states := 1)", "$states"),
        ("($f := function($states) { 1 }; $f(1))", "$states"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(part), "{text}: {refusal}");
    }
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert_eq!(refusal(&nested(EXPRESSION_DEPTH_MAX)), "taken");
    assert!(refusal(&nested(EXPRESSION_DEPTH_MAX + 1)).contains("stand inside each other"));
    assert_eq!(refusal("$a ? 1"), "taken");
}

#[test]
fn an_expression_tells_what_it_mentions() {
    let mentions = |text: &str| Expression::parse(text).unwrap().mentions().clone();
    let variables = |text: &str| mentions(text).variables.into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(variables("$a + $b.c[$d > 1]"), "a b d");
    assert_eq!(variables("($x := $a; $x + $y)"), "a y");
    assert_eq!(variables("$map($list, function($v, $i) { $v + $i + $outer })"), "list outer");
    assert_eq!(variables("$states.input.a"), "");
    let input = mentions("$states.input.a");
    assert!(input.input && !input.result && !input.context && !input.error_output);
    assert!(mentions("$states.context.Execution.Input.x").execution_input);
    assert!(!mentions("$states.context.Execution.Id").execution_input);
    assert!(mentions("$states.context").execution_input);
    let all = mentions("$keys($states)");
    assert!(all.input && all.result && all.context && all.error_output);
}

/// What expressions are made of, and what looks like it.
const PIECES: &[&str] = &[
    "$",
    "$$",
    "$states.input",
    "$states",
    "$order",
    "a",
    "`b c`",
    "1",
    "-1",
    "2.5",
    "1e308",
    "'x'",
    "\"\\u00e9\"",
    "true",
    "null",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ",",
    ":",
    ";",
    "?",
    ".",
    "..",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "=",
    "!=",
    "<",
    ">=",
    "and",
    "or",
    "in",
    ":=",
    "~>",
    "^(",
    "@$i",
    "#$i",
    "**",
    "|",
    "function($x){",
    "$x",
    "/a/",
    "$sum(",
    "$map(",
    "$filter(",
    "$reduce(",
    "$sort(",
    "$string(",
    "$number(",
    "$substring(",
    "$pad(",
    "$split(",
    "$join(",
    "$replace(",
    "$match(",
    "$formatNumber(",
    "$formatBase(",
    "$toMillis(",
    "$fromMillis(",
    "$now(",
    "$lookup(",
    "$spread(",
    "$merge(",
    "$each(",
    "$zip(",
    "$partition(",
    "$range(",
    "$hash(",
    "$parse(",
    "$uuid(",
    "'#0.0'",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_parsed_and_evaluated_or_refused(
        pieces in prop::collection::vec((prop::sample::select(PIECES), any::<bool>()), 1..14),
    ) {
        let (mut text, mut open) = (String::new(), Vec::new());
        for (piece, closes) in pieces {
            text.push_str(piece);
            open.extend(match piece.chars().last() {
                Some('(') => Some(')'),
                Some('{') => Some('}'),
                Some('[') => Some(']'),
                _ => None,
            });
            if closes {
                text.extend(open.pop());
            }
            text.push(' ');
        }
        text.extend(open.into_iter().rev());
        let input = json!({"a": [1, {"b c": [null, "x"]}]});
        let bindings = Bindings { states: States { input: Some(&input), ..States::default() }, ..Bindings::default() };
        if let Ok(expression) = Expression::parse(&text) {
            let first = expression.evaluate(&bindings, MOMENT);
            prop_assert_eq!(first, expression.evaluate(&bindings, MOMENT), "{} is a function of its arguments", text);
        }
    }
}
