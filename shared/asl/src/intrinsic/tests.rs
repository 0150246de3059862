//! Calls by table.

use serde_json::{Value, json};

use super::{Argument, Call, Function};
use crate::limits::MAX_CALL_NESTING;
use crate::path::Path;

fn path(text: &str) -> Argument {
    Argument::Path(Path::parse(text).expect(text))
}

fn pieces(pieces: &[&str]) -> Argument {
    Argument::Pieces(pieces.iter().map(ToString::to_string).collect())
}

fn literal(value: Value) -> Argument {
    Argument::Literal(value)
}

#[track_caller]
fn check(text: &str, function: Function, arguments: Vec<Argument>) {
    assert_eq!(Call::parse(text), Ok(Call { text: text.to_owned(), function, arguments }), "{text}");
}

#[track_caller]
fn check_error(text: &str, offset: usize, message: &str) {
    let error = Call::parse(text).expect_err(text);
    assert_eq!((error.offset, error.message.as_str()), (offset, message), "{text}");
}

#[test]
fn arguments_are_literals_paths_and_calls() {
    check("States.UUID()", Function::Uuid, vec![]);
    check("States.UUID( )", Function::Uuid, vec![]);
    check(
        "States.Array('a', -1, 2.5e1,true,false , null, $.b['c, d'], $$.Execution.Id, $x)",
        Function::Array,
        vec![
            literal(json!("a")),
            literal(json!(-1)),
            literal(json!(25.0)),
            literal(json!(true)),
            literal(json!(false)),
            literal(json!(null)),
            path("$.b['c, d']"),
            path("$$.Execution.Id"),
            path("$x"),
        ],
    );
    check(
        "States.ArrayLength(States.StringSplit($.a, ','))",
        Function::ArrayLength,
        vec![Argument::Call(Call {
            text: "States.StringSplit($.a, ',')".into(),
            function: Function::StringSplit,
            arguments: vec![path("$.a"), literal(json!(","))],
        })],
    );
    check("States.ArrayLength($.a[?(@.b == ')')])", Function::ArrayLength, vec![path("$.a[?(@.b == ')')]")]);
    check("States.Array($.a.length())", Function::Array, vec![path("$.a.length()")]);
}

#[test]
fn only_the_first_argument_of_format_is_cut_at_its_places() {
    check(
        "States.Format('a {} b {}', '{}', $.c)",
        Function::Format,
        vec![pieces(&["a ", " b ", ""]), literal(json!("{}")), path("$.c")],
    );
    check("States.Format('{}{}')", Function::Format, vec![pieces(&["", "", ""])]);
    check("States.Format('{ } {a}')", Function::Format, vec![pieces(&["{ } {a}"])]);
    check(r"States.Format('\{\} {\}')", Function::Format, vec![pieces(&["{} {}"])]);
    check("States.Format($.template)", Function::Format, vec![path("$.template")]);
}

#[test]
fn four_characters_are_escaped_and_no_other() {
    check(r"States.Array('\'\{\}\\')", Function::Array, vec![literal(json!(r"'{}\"))]);
    check(r#"States.StringToJson('{"a": "b"}')"#, Function::StringToJson, vec![literal(json!(r#"{"a": "b"}"#))]);
    check_error(r#"States.StringToJson('{"a":\"b"}')"#, 26, r#"`\"` is no escape; only `\'`, `\{`, `\}` and `\\` are"#);
    check_error(r"States.Array('\", 14, r"`\` is no escape; only `\'`, `\{`, `\}` and `\\` are");
}

#[test]
fn every_function_is_known_by_its_name() {
    for function in Function::ALL {
        assert_eq!(Function::from_name(function.name()), Some(function));
    }
}

#[test]
fn the_number_of_arguments_is_checked() {
    for function in Function::ALL {
        let call = |count: usize| Call::parse(&format!("{}({})", function.name(), vec!["1"; count].join(", ")));
        let (least, most) = (*function.arity().start(), (*function.arity().end()).min(40));
        for count in 0..=(most + 1) {
            assert_eq!(call(count).is_ok(), function.arity().contains(&count), "{} with {count}", function.name());
        }
        assert!(call(least).is_ok());
    }
    check_error("States.UUID(1)", 0, "`States.UUID` takes 0 arguments, not 1");
    check_error("States.Format()", 0, "`States.Format` takes at least 1 argument, not 0");
    check_error("States.MathRandom(1)", 0, "`States.MathRandom` takes 2 to 3 arguments, not 1");
    check_error("States.Array(States.ArrayLength())", 13, "`States.ArrayLength` takes 1 argument, not 0");
}

#[test]
fn what_is_no_call_is_refused_where_it_goes_wrong() {
    check_error("", 0, "unknown intrinsic function ``");
    check_error("States.format('{}', $.a)", 0, "unknown intrinsic function `States.format`");
    check_error("States.Array", 12, "expected `(` but found the end of the text");
    check_error("States.Array(", 13, "unknown intrinsic function ``");
    check_error("States.Array(1 2)", 15, "expected `,` or `)` but found `2)`");
    check_error("States.Array(1,)", 15, "unknown intrinsic function `)`");
    check_error("States.Array(1) ", 15, "unexpected ` ` after the call");
    check_error("States.Array('a)", 13, "the string `'a)` has no end");
    check_error("States.Array(01)", 13, "`01` is no number");
    check_error("States.Array($.)", 15, "expected a name but found `)`");
    check_error("States.Array(\"a\")", 13, "unknown intrinsic function `\"a\")`");
}

#[test]
fn calls_are_nested_up_to_the_limit() {
    let nested = |depth: usize| format!("{}{}", "States.Array(".repeat(depth), ")".repeat(depth));
    assert!(Call::parse(&nested(MAX_CALL_NESTING)).is_ok());
    let error = Call::parse(&nested(MAX_CALL_NESTING + 1)).expect_err("too deep");
    assert_eq!(error.message, "intrinsic functions are nested deeper than 10 levels");
    assert!(Call::parse(&nested(100_000)).is_err());
}
