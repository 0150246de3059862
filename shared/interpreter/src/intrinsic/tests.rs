//! Intrinsic functions by table: the rules of the documentation and what was recorded of AWS, each limit at it and one past it.

#![allow(clippy::needless_pass_by_value, reason = "rows read better without `&`")]

use std::collections::BTreeMap;

use asl::intrinsic::{Call, Function};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

use super::evaluate;
use crate::evaluation::Evaluation;
use crate::failure::StateFailure;
use crate::json_path::Roots;
use crate::limits::{
    ARRAY_RANGE_ELEMENTS_MAX, BASE64_CHARACTERS_MAX, EVALUATED_BYTES_MAX, HASH_CHARACTERS_MAX, MATH_ADD_MAX, MATH_ADD_MIN,
};
use crate::number;

fn call_with_seed(text: &str, data: &Value, seed: u64) -> Result<Value, StateFailure> {
    let (context, variables) = (json!({"StateMachine": {"Name": "a-b-c"}}), BTreeMap::from([("v".to_owned(), json!([1]))]));
    let roots = Roots { data, context: &context, variables: &variables };
    evaluate(&Call::parse(text).expect(text), &mut Evaluation::new(roots, &mut ChaCha8Rng::seed_from_u64(seed)))
}

fn call(text: &str, data: &Value) -> Result<Value, StateFailure> {
    call_with_seed(text, data, 1)
}

/// Calls `States.{function}` with the arguments, each found by a path.
fn with_values(function: &str, arguments: &Value) -> Result<Value, StateFailure> {
    let count = arguments.as_array().expect("arguments").len();
    let paths: Vec<String> = (0..count).map(|at| format!("$[{at}]")).collect();
    call(&format!("States.{function}({})", paths.join(", ")), arguments)
}

#[track_caller]
fn check(function: &str, arguments: Value, expected: Value) {
    assert_eq!(with_values(function, &arguments), Ok(expected), "{function} of {arguments}");
}

#[track_caller]
fn check_refused(function: &str, arguments: Value, why: &str) {
    let failure = with_values(function, &arguments).expect_err(function);
    let cause = failure.cause.expect("a cause");
    assert_eq!(failure.error, "States.IntrinsicFailure", "{cause}");
    assert!(cause.starts_with(&format!("The function 'States.{function}(")), "{cause}");
    let (_, said) = cause.split_once(" had the following error: ").expect("the error");
    assert_eq!(said, why, "{function} of {arguments}");
}

#[test]
fn a_format_prints_its_values_as_java_does() {
    for (value, expected) in [
        (json!(""), ""),
        (json!("Hello"), "Hello"),
        (json!(null), "null"),
        (json!(true), "true"),
        (json!(1), "1"),
        (json!(1.1), "1.1"),
        (json!(2.0), "2.0"),
        (json!(1e10), "1.0E10"),
        (json!("{\"Arg1\": 1, \"Arg2\": []}"), "{\"Arg1\": 1, \"Arg2\": []}"),
        (json!({"Arg1": 1, "Arg2": []}), "{Arg1=1, Arg2=[]}"),
        (json!([1, "a", null, {"b": "c"}]), "[1, a, null, {b=c}]"),
        (json!({}), "{}"),
    ] {
        assert_eq!(call("States.Format('<{}>', $)", &value), Ok(json!(format!("<{expected}>"))));
    }
}

#[test]
fn a_format_fills_its_places_in_turn() {
    let data = json!({"a": "{}", "b": 2, "template": "x {} \\{ y"});
    for (text, expected) in [
        ("States.Format('no place')", "no place"),
        ("States.Format('{}{}', $.a, $.b)", "{}2"),
        (r"States.Format('\{{}\} it\'s \\', $.b)", r"{2} it's \"),
        ("States.Format($.template, $.b)", r"x 2 \{ y"),
        ("States.Format(States.Format('{}', $.a), $.b)", "2"),
        ("States.Format('{}', States.ArrayLength(States.StringSplit($$.StateMachine.Name, '-')))", "3"),
        ("States.Format('{}', $v[0])", "1"),
    ] {
        assert_eq!(call(text, &data), Ok(json!(expected)), "{text}");
    }
    check_refused("Format", json!(["{}"]), "The number of arguments, 0, does not match the occurrences of {}, 1.");
    check_refused("Format", json!(["{}", 1, 2]), "The number of arguments, 2, does not match the occurrences of {}, 1.");
    check_refused("Format", json!([1]), "Argument 1 must be a string.");
}

#[test]
fn arrays_are_made_partitioned_and_counted() {
    check("Array", json!([]), json!([]));
    check("Array", json!([{"Arg1": 1, "Arg2": []}, " "]), json!([{"Arg1": 1, "Arg2": []}, " "]));

    check("ArrayPartition", json!([[], 3]), json!([]));
    check("ArrayPartition", json!([[0, 1, 2], 2]), json!([[0, 1], [2]]));
    check("ArrayPartition", json!([[0, 1, 2], 5]), json!([[0, 1, 2]]));
    check("ArrayPartition", json!([[0, 1, 2], 1.5]), json!([[0, 1], [2]]));
    check_refused("ArrayPartition", json!([[0], 0]), "The chunk size must be a positive integer but is 0.");
    check_refused("ArrayPartition", json!([[0], -1]), "The chunk size must be a positive integer but is -1.");
    check_refused("ArrayPartition", json!([[0], "1"]), "Argument 2 must be a number but is a string.");
    check_refused("ArrayPartition", json!([{}, 1]), "Argument 1 must be an array but is an object.");

    check("ArrayLength", json!([[1, [2, 3]]]), json!(2));
    check_refused("ArrayLength", json!(["abc"]), "Argument 1 must be an array but is a string.");
}

#[test]
fn an_array_contains_what_equals_an_element() {
    check("ArrayContains", json!([[[1, 2, 3], 2], [1, 2, 3]]), json!(true));
    check("ArrayContains", json!([[{"1": 2, "2": []}], {"2": [], "1": 2}]), json!(true));
    check("ArrayContains", json!([[1], 1.0]), json!(true));
    check("ArrayContains", json!([[true, false], null]), json!(false));
    check("ArrayContains", json!([["1"], 1]), json!(false));
}

#[test]
fn an_item_is_got_by_its_index() {
    check("ArrayGetItem", json!([[1, 2, 3], 0]), json!(1));
    check("ArrayGetItem", json!([[1, 2, 3], 1.5]), json!(3));
    check_refused("ArrayGetItem", json!([[1, 2, 3], 3]), "The index 3 is out of bounds of an array of 3 elements.");
    check_refused("ArrayGetItem", json!([[1, 2, 3], -1]), "The index -1 is out of bounds of an array of 3 elements.");
    let last = "States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), States.MathAdd(States.ArrayLength(States.StringSplit($$.StateMachine.Name, '-')), -1))";
    assert_eq!(call(last, &json!(null)), Ok(json!("c")));
}

#[test]
fn the_first_of_equal_elements_stays() {
    check("ArrayUnique", json!([[1, 2, 3, 3, 3, 4, 1]]), json!([1, 2, 3, 4]));
    check("ArrayUnique", json!([[1, 1.0, "1", true, null, null]]), json!([1, "1", true, null]));
    check(
        "ArrayUnique",
        json!([[{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}, {"a": 1}, [1, 2], [12]]]),
        json!([{"a": 1, "b": [2]}, {"a": 1}, [1, 2], [12]]),
    );
    check("ArrayUnique", json!([["a\",\"b", "a", "b"]]), json!(["a\",\"b", "a", "b"]));
}

#[test]
fn a_range_includes_its_end_and_is_bounded() {
    check("ArrayRange", json!([1, 9, 2]), json!([1, 3, 5, 7, 9]));
    check("ArrayRange", json!([1, 10, 3]), json!([1, 4, 7, 10]));
    check("ArrayRange", json!([0, 9, 10]), json!([0]));
    check("ArrayRange", json!([9, 1, -4]), json!([9, 5, 1]));
    check("ArrayRange", json!([5, 5, -1]), json!([5]));
    check("ArrayRange", json!([1, 0, 1]), json!([]));
    check("ArrayRange", json!([0, 1, -1]), json!([]));
    check("ArrayRange", json!([0.5, 2.4, 0.5]), json!([1, 2]));
    check_refused("ArrayRange", json!([1, 2, 0]), "The step must not be zero.");
    check_refused("ArrayRange", json!([1, 2, 0.4]), "The step must not be zero.");

    let range = with_values("ArrayRange", &json!([1, ARRAY_RANGE_ELEMENTS_MAX as i64, 1])).expect("at the limit");
    assert_eq!(range.as_array().map(Vec::len), Some(1_000));
    check_refused("ArrayRange", json!([0, 1_000, 1]), "The array would have 1001 elements; 1000 are allowed.");
    let count = "18446744073709551616";
    check_refused(
        "ArrayRange",
        json!([i64::MIN, i64::MAX, 1]),
        &format!("The array would have {count} elements; 1000 are allowed."),
    );
    check("ArrayRange", json!([i64::MAX - 1, i64::MAX, 2]), json!([i64::MAX - 1]));
}

#[test]
fn base64_is_encoded_and_decoded_up_to_its_limit() {
    check("Base64Encode", json!([""]), json!(""));
    check("Base64Encode", json!(["Data to encode"]), json!("RGF0YSB0byBlbmNvZGU="));
    check("Base64Decode", json!([""]), json!(""));
    check("Base64Decode", json!(["RGF0YSB0byBlbmNvZGU="]), json!("Data to encode"));
    check("Base64Decode", json!(["w6k="]), json!("é"));
    check("Base64Decode", json!(["/w=="]), json!("\u{FFFD}"));
    check_refused("Base64Decode", json!(["a b"]), "The argument is not valid Base64.");
    check_refused("Base64Encode", json!([1]), "Argument 1 must be a string but is a number.");

    let limit = BASE64_CHARACTERS_MAX;
    assert!(with_values("Base64Encode", &json!(["é".repeat(limit)])).is_ok());
    check_refused("Base64Encode", json!(["a".repeat(limit + 1)]), "Argument 1 has more than 10000 characters.");
    assert!(with_values("Base64Decode", &json!(["YWFh".repeat(limit / 4)])).is_ok());
    check_refused("Base64Decode", json!(["YWFh".repeat(limit / 4 + 1)]), "Argument 1 has more than 10000 characters.");
}

#[test]
fn five_algorithms_hash() {
    for (algorithm, expected) in [
        ("MD5", "812f45842bc6d66ee14572ce20db8e86"),
        ("SHA-1", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("SHA-256", "b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3"),
        ("SHA-384", "d28a7d5cf25a74f11a50a18452b75e04bb3d70c9dd0510d6123aa008c756511b87525bdc835ebb27e1fb9e9374a15562"),
        (
            "SHA-512",
            "6ce4adb348546d4f449c4d25aad9a7c9cb711d9e91982d3f0b29ca2f3f47d4ce2deba23bf2954f0f1d593fc50283731a533d30d425402d4f91316d871303aac4",
        ),
    ] {
        check("Hash", json!(["input data", algorithm]), json!(expected));
    }
    check_refused("Hash", json!(["a", "sha-1"]), "The algorithm 'sha-1' is none of MD5, SHA-1, SHA-256, SHA-384 and SHA-512.");
    check_refused("Hash", json!([{}, "MD5"]), "Argument 1 must be a string but is an object.");
    assert!(with_values("Hash", &json!(["é".repeat(HASH_CHARACTERS_MAX), "MD5"])).is_ok());
    check_refused("Hash", json!(["a".repeat(HASH_CHARACTERS_MAX + 1), "MD5"]), "Argument 1 has more than 10000 characters.");
}

#[test]
fn json_is_parsed_printed_and_merged() {
    check("StringToJson", json!([""]), json!(null));
    check("StringToJson", json!(["1.1"]), json!(1.1));
    check("StringToJson", json!(["\"HelloWorld\""]), json!("HelloWorld"));
    check("StringToJson", json!(["{\"Arg1\": 1, \"Arg2\": []}"]), json!({"Arg1": 1, "Arg2": []}));
    check_refused("StringToJson", json!(["HelloWorld"]), "The argument is not valid JSON: expected value at line 1 column 1.");
    check_refused("StringToJson", json!([{}]), "Argument 1 must be a string but is an object.");
    assert!(with_values("StringToJson", &json!(["[".repeat(100_000)])).is_err());

    check("JsonToString", json!([null]), json!("null"));
    check("JsonToString", json!(["HelloWorld"]), json!("\"HelloWorld\""));
    check("JsonToString", json!([{"b": [1, 2.0, "x"], "a": 1e20}]), json!("{\"b\":[1,2.0,\"x\"],\"a\":1.0E20}"));

    let (first, second) = (json!({"a": {"a1": 1}, "b": 2, "d": 3}), json!({"a": {"a3": 1}, "c": 3, "d": 4}));
    let merged = with_values("JsonMerge", &json!([first, second, false])).map(|merged| merged.to_string());
    assert_eq!(merged, Ok(r#"{"a":{"a3":1},"b":2,"d":4,"c":3}"#.to_owned()));
    check_refused("JsonMerge", json!([{}, {}, true]), "Only shallow merging is supported: argument 3 must be false.");
    check_refused("JsonMerge", json!([{}, [], false]), "Argument 2 must be an object but is an array.");
    check_refused("JsonMerge", json!([{}, {}, "false"]), "Argument 3 must be a boolean but is a string.");
    let literal = r#"States.JsonMerge(States.StringToJson('{"constant": "false"}'), $, false)"#;
    assert_eq!(call(literal, &json!({"x": 1})), Ok(json!({"constant": "false", "x": 1})));
}

#[test]
fn a_sum_rounds_each_operand_first() {
    for (left, right, sum) in [
        (json!(-9), json!(3), -6),
        (json!(1.5), json!(1.51), 4),
        (json!(-1.5), json!(-1.51), -3),
        (json!(1.49), json!(-1.49), 0),
        (json!(1.49), json!(1.5), 3),
        (json!(-0.5), json!(0.5), 1),
        (json!(-2.5), json!(0), -2),
        (json!(MATH_ADD_MAX), json!(MATH_ADD_MAX), 4_294_967_294_i64),
        (json!(MATH_ADD_MIN), json!(0), -2_147_483_648),
    ] {
        check("MathAdd", json!([left, right]), json!(sum));
    }
    check_refused("MathAdd", json!([MATH_ADD_MAX + 1, 0]), "2147483648 is not between -2147483648 and 2147483647.");
    check_refused("MathAdd", json!([0, MATH_ADD_MIN - 1]), "-2147483649 is not between -2147483648 and 2147483647.");
    check_refused("MathAdd", json!(["1", 0]), "Argument 1 must be a number but is a string.");
}

#[test]
fn a_random_number_is_from_the_start_up_to_the_end() {
    let drawn: Vec<i64> =
        (0..200).map(|seed| call_with_seed("States.MathRandom(-1, 2)", &json!(null), seed).unwrap().as_i64().unwrap()).collect();
    for expected in -1..2 {
        assert!(drawn.contains(&expected), "{expected}");
    }
    assert!(drawn.iter().all(|number| (-1..2).contains(number)));

    let seeded =
        |seed: i64, of_evaluation| call_with_seed(&format!("States.MathRandom(0, 99999, {seed})"), &json!(null), of_evaluation);
    assert_eq!(seeded(3, 1), seeded(3, 2));
    assert_ne!(seeded(3, 1), seeded(4, 1));
    assert_eq!(seeded(3, 1), Ok(json!(SEED_3_GIVES)));

    assert!(with_values("MathRandom", &json!([i64::MIN, -1])).is_ok());
    for (start, end) in [(5, 5), (5, 4), (i64::MIN, i64::MAX)] {
        let why = format!("The end, {end}, must be greater than the start, {start}, and not too far from it.");
        check_refused("MathRandom", json!([start, end]), &why);
    }
    check_refused("MathRandom", json!([0, 1, "a"]), "Argument 3 must be a number but is a string.");
}

/// Frozen: a definition that names a seed relies on it, across releases.
const SEED_3_GIVES: i64 = 78_725;

#[test]
fn a_uuid_is_of_version_4_and_drawn() {
    let uuid = |seed| call_with_seed("States.UUID()", &json!(null), seed).unwrap().as_str().unwrap().to_owned();
    for seed in 0..50 {
        let uuid = uuid(seed);
        let parts: Vec<&str> = uuid.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
        assert!(uuid.chars().all(|character| character == '-' || character.is_ascii_hexdigit()), "{uuid}");
    }
    assert_eq!(uuid(1), uuid(1));
    assert_ne!(uuid(1), uuid(2));
    let two = call("States.Array(States.UUID(), States.UUID())", &json!(null)).unwrap();
    assert_ne!(two[0], two[1]);
}

#[test]
fn a_string_is_split_at_any_of_the_separators() {
    for (text, separators, expected) in [
        ("1,2,3", ",", json!(["1", "2", "3"])),
        (" ", ",", json!([" "])),
        (",,,,", ",", json!([])),
        ("", ",", json!([])),
        (", , ,", ",", json!([" ", " "])),
        ("This.is+a,test=string", ".+,=", json!(["This", "is", "a", "test", "string"])),
        ("split on T and \nnew line", "T\n", json!(["split on ", " and ", "new line"])),
        ("aéb", "é", json!(["a", "b"])),
        ("ab", "", json!(["ab"])),
    ] {
        check("StringSplit", json!([text, separators]), expected);
    }
    check_refused("StringSplit", json!(["a", 1]), "Argument 2 must be a string but is a number.");
}

#[test]
fn an_argument_that_is_missing_fails_the_state() {
    let failure = call("States.Array(States.ArrayLength($.none))", &json!({"a": 1}));
    let cause = r#"The function 'States.ArrayLength($.none)' had the following error: The JsonPath argument for the field '$.none' could not be found in the input '{"a":1}'"#;
    assert_eq!(failure, Err(StateFailure::new("States.Runtime", cause)));
}

#[test]
fn the_failure_of_a_nested_call_is_its_own() {
    let failure = call("States.Array(States.ArrayLength('a'))", &json!(null));
    let cause = "The function 'States.ArrayLength('a')' had the following error: Argument 1 must be an array but is a string.";
    assert_eq!(failure, Err(StateFailure::new("States.IntrinsicFailure", cause)));
}

#[test]
fn calls_inside_each_other_make_a_bounded_amount_of_data() {
    let data = json!("x".repeat(EVALUATED_BYTES_MAX / 64));
    for text in [
        "States.Array($)",
        "States.Format('{}', $)",
        "States.JsonToString($)",
        "States.StringSplit($, '')",
        "States.ArrayGetItem(States.Array($), 0)",
    ] {
        let calls = |count: usize| format!("States.Array({})", vec![text; count].join(", "));
        assert!(call(&calls(2), &data).is_ok(), "{text}");
        assert_eq!(call(&calls(65), &data).expect_err(text).error, "States.DataLimitExceeded", "{text}");
    }
}

/// Values of every kind, numbers at their ends.
fn values() -> impl Strategy<Value = Value> {
    let number =
        prop_oneof![any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from), (-3_i64..4).prop_map(Value::from)];
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        number,
        "[a-zA-Z0-9{}=,. é]{0,6}".prop_map(Value::from)
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[a-c]", inner), 0..3).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_call_gives_a_value_or_an_intrinsic_failure(
        function in prop::sample::select(Function::ALL.as_slice()),
        arguments in prop::collection::vec(values(), 3),
    ) {
        let count = (*function.arity().end()).min(arguments.len());
        let name = function.name().trim_start_matches("States.");
        if let Err(failure) = with_values(name, &json!(arguments[..count])) {
            prop_assert_eq!(failure.error, "States.IntrinsicFailure");
        }
    }

    #[test]
    fn what_was_printed_is_parsed_again(value in values()) {
        let text = with_values("JsonToString", &json!([value])).expect("JSON");
        let parsed = with_values("StringToJson", &json!([text])).expect("a value");
        prop_assert!(number::equal(&parsed, &value), "{} from {}", parsed, value);
    }

    #[test]
    fn what_was_encoded_is_decoded_again(text in ".{0,40}") {
        let encoded = with_values("Base64Encode", &json!([text])).expect("Base64");
        prop_assert_eq!(with_values("Base64Decode", &json!([encoded])), Ok(json!(text)));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(States\\.)?(Format|Array|UUID|X)?\\(?[$@.a-c0-9'\\[\\](){}?*,: \\\\-]{0,24}\\)?") {
        let _ = Call::parse(&text);
    }
}
