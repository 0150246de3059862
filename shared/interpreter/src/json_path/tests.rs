//! Paths over one document, and against an independent implementation of RFC 9535.

#![allow(clippy::needless_pass_by_value, reason = "rows read better without `&`")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use asl::path::{Path, ReferencePath};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MissingPath, Roots, find, put};
use crate::limits::{SEARCH_BYTES_MAX, SEARCH_VALUES_MAX};

fn document() -> Value {
    json!({
        "store": {
            "book": [
                {"category": "reference", "title": "Sayings", "price": 8.95},
                {"category": "fiction", "title": "Sword", "price": 12.99},
                {"category": "fiction", "title": "Moby Dick", "isbn": "0-553", "price": 8},
                {"category": "fiction", "title": "Rings", "isbn": "0-395", "price": 22.99, "tags": ["long", "old"]}
            ],
            "bicycle": {"color": "red", "price": 20}
        },
        "limit": 10,
        "a": {"b c": 1, "d-e": null},
        "numbers": [3, 1.5, "x", 2, -1],
        "scalars": [1, "a", null]
    })
}

fn with<T>(text: &str, data: &Value, then: impl Fn(&Path, &Roots<'_>) -> T) -> T {
    let context = json!({"Execution": {"Input": {"k": 1}}});
    let variables = BTreeMap::from([("order".to_owned(), json!({"id": 7, "lines": [1, 2]}))]);
    then(&Path::parse(text).expect(text), &Roots { data, context: &context, variables: &variables })
}

#[track_caller]
fn check(text: &str, expected: Value) {
    let found = with(text, &document(), |path, roots| find(path, roots).ok().map(Cow::into_owned));
    assert_eq!(found, Some(expected), "{text}");
}

#[track_caller]
fn check_titles(filter: &str, titles: &[&str]) {
    check(&format!("$.store.book[?({filter})].title"), json!(titles));
}

#[test]
fn a_definite_path_yields_the_value() {
    check("$", document());
    check("$.store.bicycle.color", json!("red"));
    check("$.a.['b c']", json!(1));
    check("$.a.d-e", json!(null));
    check("$.numbers[0]", json!(3));
    check("$.numbers[-1]", json!(-1));
    check("$.numbers[(@.length-2)]", json!(2));
    check("$$.Execution.Input.k", json!(1));
    check("$order", json!({"id": 7, "lines": [1, 2]}));
    check("$order.lines[1]", json!(2));
}

#[test]
fn a_definite_path_borrows_what_it_finds() {
    let data = document();
    with("$.store.book[2].title", &data, |path, roots| {
        let found = find(path, roots).expect("a title");
        assert!(matches!(found, Cow::Borrowed(_)), "{found:?}");
    });
}

#[test]
fn an_indefinite_path_yields_an_array() {
    check("$.store.book[*].price", json!([8.95, 12.99, 8, 22.99]));
    check("$.a.*", json!([1, null]));
    check("$.store..price", json!([8.95, 12.99, 8, 22.99, 20]));
    check("$..book[1].title", json!(["Sword"]));
    check("$..['color']", json!(["red"]));
    check("$.numbers[1:3]", json!([1.5, "x"]));
    check("$.numbers[-2:]", json!([2, -1]));
    check("$.numbers[::2]", json!([3, "x", -1]));
    check("$.numbers[::-1]", json!([-1, 2, "x", 1.5, 3]));
    check("$.numbers[::0]", json!([]));
    check("$.numbers[0,-1,9]", json!([3, -1]));
    check("$.store.bicycle['price','color','none']", json!([20, "red"]));
    check("$.store.book[0]['title','price']", json!(["Sayings", 8.95]));
}

#[test]
fn an_indefinite_path_that_finds_nothing_yields_an_empty_array() {
    for text in ["$.none[*]", "$.none.items[1:5].value", "$.limit[*]", "$.limit[0,1]", "$..none", "$.store.book[?(@.none)]"] {
        check(text, json!([]));
    }
}

#[test]
fn a_filter_keeps_the_elements_for_which_it_holds() {
    check_titles("@.isbn", &["Moby Dick", "Rings"]);
    check_titles("!@.isbn", &["Sayings", "Sword"]);
    check_titles("@.price < $.limit", &["Sayings", "Moby Dick"]);
    check_titles("@.price == 8.0", &["Moby Dick"]);
    check_titles("@.price >= 8.95 && @.category == 'fiction'", &["Sword", "Rings"]);
    check_titles("@.category == \"reference\" || @['isbn'] == '0-395'", &["Sayings", "Rings"]);
    check_titles("!(@.price > 10) && @.isbn != null", &["Sayings", "Moby Dick"]);
    check_titles("@.category > 'fiction'", &["Sayings"]);
    check_titles("@.price > 'a'", &[]);
    check_titles("@.tags[0] == 'long'", &["Rings"]);
    check_titles("@.tags.length() == 2", &["Rings"]);
    check_titles("@.tags[?(@.x)]", &[]);
    check("$.store.bicycle[?(@.price > 10)].color", json!(["red"]));
    check("$..[?(@.color)].price", json!([20]));
    check("$..[?(@.isbn == '0-553')].title", json!(["Moby Dick"]));
}

#[test]
fn a_filter_never_matches_a_scalar() {
    check("$.scalars[?(@ == 1)]", json!([]));
    check("$.scalars[?(!@.x)]", json!([]));
}

#[test]
fn a_function_measures_what_was_found() {
    check("$.store.book.length()", json!(4));
    check("$.store.bicycle.length()", json!(2));
    check("$.store.bicycle.color.length()", json!(3));
    check("$.store.book[*].length()", json!(4));
    check("$.numbers.min()", json!(-1));
    check("$.numbers.max()", json!(3));
    check("$.numbers.sum()", json!(5.5));
    check("$.numbers.avg()", json!(1.375));
    check("$..price.max()", json!(22.99));
    check("$.none[*].length()", json!(0));
}

#[track_caller]
fn check_missing(text: &str, detail: &str) {
    let failure =
        with(text, &document(), |path, roots| find(path, roots).map(Cow::into_owned).map_err(MissingPath::in_data_flow));
    let failure = failure.expect_err(text);
    assert_eq!(failure.error, "States.Runtime");
    assert_eq!(failure.cause, Some(format!("Invalid path '{text}' : {detail}")));
}

#[test]
fn a_definite_path_that_finds_nothing_says_where() {
    check_missing("$.no", "Missing property in path $['no']");
    check_missing("$.store.no.deeper", "Missing property in path $['store']['no']");
    check_missing("$.limit.x", "Missing property in path $['limit']['x']");
    check_missing("$.numbers[9]", "No results for path: $['numbers'][9]");
    check_missing("$.numbers[-6]", "No results for path: $['numbers'][-6]");
    check_missing("$.store[0]", "No results for path: $['store'][0]");
    check_missing("$none", "No results for path: $none");
    check_missing("$.limit.length()", "No results for path: $['limit'].length()");
    check_missing("$.store.book[*].sum()", "No results for path: $['store']['book'][*]");
    check_missing("$.none[*].max()", "Missing property in path $['none']");
}

#[test]
fn the_text_of_a_missing_path_fits_its_place() {
    let data = json!({"a": 1});
    with("$.b", &data, |path, roots| {
        let missing = find(path, roots).expect_err("missing");
        assert_eq!(
            missing.in_template("x.$", roots).cause.as_deref(),
            Some(r#"The JSONPath '$.b' specified for the field 'x.$' could not be found in the input '{"a":1}'"#)
        );
        assert_eq!(
            missing.in_argument("States.Array($.b)", roots).cause.as_deref(),
            Some(
                r#"The function 'States.Array($.b)' had the following error: The JsonPath argument for the field '$.b' could not be found in the input '{"a":1}'"#
            )
        );
        assert_eq!(
            missing.in_condition().cause.as_deref(),
            Some("Invalid path '$.b': The choice state's condition path references an invalid value.")
        );
    });
}

#[test]
fn descent_goes_through_deep_values_without_recursion() {
    let mut deep = json!({"leaf": 1});
    for _ in 0..100_000 {
        deep = Value::Array(vec![deep]);
    }
    let found = with("$..leaf", &deep, |path, roots| find(path, roots).ok().map(Cow::into_owned));
    assert_eq!(found, Some(json!([1])));
    // Dropping recurses; taking it apart does not.
    while let Value::Array(mut elements) = deep {
        deep = elements.pop().expect("an element");
    }
}

#[test]
fn one_path_looks_at_and_finds_a_bounded_amount() {
    let fails =
        |text: &str, data: &Value| with(text, data, |path, roots| find(path, roots).map_err(MissingPath::in_condition).err());
    let zeros = |count: usize| json!(vec![0; count]);
    // The root, and each element.
    assert_eq!(fails("$[*].length()", &zeros(SEARCH_VALUES_MAX - 2)), None);
    let failure = fails("$[*].length()", &zeros(SEARCH_VALUES_MAX)).expect("too many values");
    assert_eq!(failure.error, "States.DataLimitExceeded");
    assert_eq!(
        failure.cause.as_deref(),
        Some("The JSONPath '$[*].length()' leads to more than 1000000 values or 16777216 bytes.")
    );

    let text = json!({"a": ["x".repeat(SEARCH_BYTES_MAX / 2)]});
    assert_eq!(fails("$.a[*]", &text), None);
    assert!(fails("$.a[0,0,0]", &text).is_some());

    // What multiplies with every segment, and a filter that searches the whole for each candidate.
    let zero = vec!["0"; 100].join(",");
    assert!(fails(&format!("${}", format!("[{zero}]").repeat(100)), &nested(100)).is_some());
    assert!(fails(&format!("${}", "..*".repeat(100)), &nested(100)).is_some());
    assert!(fails("$[?($..x)]", &json!(vec![json!({}); 5_000])).is_some());
    let comparisons = vec!["1 == 2"; 1_000].join(" || ");
    assert!(fails(&format!("$[?({comparisons})]"), &json!(vec![json!({}); 5_000])).is_some());
}

/// A value inside so many arrays.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]))
}

#[track_caller]
fn check_put(reference: &str, into: Value, expected: Value) {
    assert_eq!(put(&ReferencePath::parse(reference).expect(reference), into, json!("new")), Ok(expected), "{reference}");
}

#[test]
fn a_result_is_put_where_the_reference_path_points() {
    check_put("$", json!({"a": 1}), json!("new"));
    check_put("$.a", json!({"a": 1, "b": 2}), json!({"a": "new", "b": 2}));
    check_put("$.c", json!({"a": 1}), json!({"a": 1, "c": "new"}));
    check_put("$.x.y.z", json!({"a": 1}), json!({"a": 1, "x": {"y": {"z": "new"}}}));
    check_put("$.x.y", json!({"x": {"z": 1}}), json!({"x": {"z": 1, "y": "new"}}));
    check_put("$['a b']", json!({}), json!({"a b": "new"}));
    check_put("$.a[1]", json!({"a": [1, 2, 3]}), json!({"a": [1, "new", 3]}));
    check_put("$[0].b.c", json!([{}]), json!([{"b": {"c": "new"}}]));
}

#[test]
fn a_result_cannot_be_put_through_something_else() {
    for (reference, into) in [
        ("$.a", json!(1)),
        ("$.a", json!(null)),
        ("$.a", json!([])),
        ("$.a.b", json!({"a": 1})),
        ("$.a.b", json!({"a": null})),
        ("$.a.b.c", json!({"a": {"b": "text"}})),
        ("$.a[0]", json!({"a": {}})),
        ("$.a[1]", json!({"a": [1]})),
        ("$.new[0]", json!({"a": 1})),
        ("$.new.x[0]", json!({"a": 1})),
        ("$.a[1].b", json!({"a": [1]})),
    ] {
        let failure = put(&ReferencePath::parse(reference).expect(reference), into.clone(), json!("new")).expect_err(reference);
        assert_eq!(failure.error, "States.ResultPathMatchFailure");
        assert_eq!(failure.cause, Some(format!("Unable to apply ReferencePath {reference} to input {into}")));
    }
}

/// Small values with few names, so that paths often lead somewhere.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        prop_oneof![Just(0.5), Just(-1.5)].prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-d]", inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn segments() -> impl Strategy<Value = String> {
    let index = || (-3_i64..4).prop_map(|index| index.to_string());
    let bound = || prop_oneof![Just(String::new()), index()];
    let name = || "[a-d]".prop_map(|name| format!("'{name}'"));
    prop_oneof![
        4 => "[a-d]".prop_map(|name| format!(".{name}")),
        2 => index().prop_map(|index| format!("[{index}]")),
        2 => prop_oneof![Just(".*".to_owned()), Just("[*]".to_owned())],
        1 => (bound(), bound(), bound()).prop_map(|(start, end, step)| format!("[{start}:{end}:{step}]")),
        1 => (prop_oneof![name(), index()], prop_oneof![name(), index(), Just("*".to_owned()), Just("1:".to_owned())])
            .prop_map(|(first, second)| format!("[{first},{second}]")),
        1 => "[a-d]".prop_map(|name| format!("..{name}")),
        1 => index().prop_map(|index| format!("..[{index}]")),
        1 => Just("..*".to_owned()),
    ]
}

fn filters() -> impl Strategy<Value = String> {
    let query = || prop_oneof!["[a-d]".prop_map(|name| format!("@.{name}")), "[a-d]".prop_map(|name| format!("@['{name}'].a"))];
    let literal = || {
        let number = (-3_i64..4).prop_map(|number| number.to_string());
        let words = prop_oneof![Just("true".to_owned()), Just("null".to_owned()), Just("0.5".to_owned())];
        prop_oneof![number, words, "[a-c]".prop_map(|text| format!("'{text}'"))]
    };
    // The other implementation takes an object for greater than an object, so what has an order is compared to literals only.
    let equality = prop_oneof![Just("=="), Just("!=")];
    let order = prop_oneof![Just("<"), Just("<="), Just(">"), Just(">=")];
    let basic = prop_oneof![
        query(),
        query().prop_map(|query| format!("!{query}")),
        (query(), order, literal()).prop_map(|(left, comparator, right)| format!("{left} {comparator} {right}")),
        (query(), equality, prop_oneof![literal(), query(), Just("$.a".to_owned())])
            .prop_map(|(left, comparator, right)| format!("{left} {comparator} {right}")),
    ];
    basic.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} && {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} || {right})")),
            inner.prop_map(|inner| format!("!({inner})")),
        ]
    })
}

/// What the RFC's implementation finds, and what ours does, as lists.
fn both(text: &str, data: &Value) -> (Vec<Value>, Vec<Value>) {
    let theirs = serde_json_path::JsonPath::parse(text).expect(text).query(data).all().into_iter().cloned().collect();
    let ours = with(text, data, |path, roots| match (find(path, roots), path.is_definite()) {
        (Ok(found), true) => vec![found.into_owned()],
        (Ok(found), false) => found.as_array().expect("an array").clone(),
        (Err(_), _) => Vec::new(),
    });
    (theirs, ours)
}

proptest! {
    #[test]
    fn paths_find_what_the_rfc_says(data in values(), segments in prop::collection::vec(segments(), 0..4)) {
        let text = format!("${}", segments.concat());
        let (theirs, ours) = both(&text, &data);
        prop_assert_eq!(theirs, ours, "{} of {}", text, data);
    }

    #[test]
    fn filters_keep_what_the_rfc_says(elements in prop::collection::vec(prop::collection::vec(("[a-d]", values()), 0..4), 0..4), a in values(), filter in filters()) {
        // Of arrays of objects: where AWS differs from the RFC, on scalars and on objects, is tested above.
        let elements: Vec<Value> = elements.into_iter().map(|members| Value::Object(members.into_iter().collect())).collect();
        let data = json!({"a": a, "list": elements});
        let (theirs, ours) = both(&format!("$.list[?{filter}]"), &data);
        prop_assert_eq!(theirs, ours, "{} of {}", filter, data);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\$?[$@.a-c0-9'\"\\[\\]()?*!=<>&|,: \\\\-]{0,24}") {
        let _ = Path::parse(&text);
    }
}
