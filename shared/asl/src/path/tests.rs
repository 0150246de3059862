//! Paths by table.

use serde_json::json;

use super::{Comparator, Filter, FilterOperand, Measure, Origin, Path, Query, ReferencePath, Root, Segment, Selector, Step};
use crate::limits::{MAX_FILTER_NESTING, MAX_PATH_SEGMENTS, MAX_VARIABLE_NAME_CHARACTERS};

fn name(name: &str) -> Segment {
    Segment::Name(name.to_owned())
}

#[track_caller]
fn check(text: &str, root: Root, segments: Vec<Segment>) {
    assert_eq!(Path::parse(text), Ok(Path { text: text.to_owned(), root, segments }), "{text}");
}

#[track_caller]
fn check_error(text: &str, offset: usize, message: &str) {
    let error = Path::parse(text).expect_err(text);
    assert_eq!((error.offset, error.message.as_str()), (offset, message), "{text}");
}

#[test]
fn a_path_starts_at_the_data_the_context_object_or_a_variable() {
    check("$", Root::Data, vec![]);
    check("$$", Root::Context, vec![]);
    check("$$.Execution.Id", Root::Context, vec![name("Execution"), name("Id")]);
    check("$order", Root::Variable("order".into()), vec![]);
    check("$größe_2.x[0]", Root::Variable("größe_2".into()), vec![name("x"), Segment::Index(0)]);
}

#[test]
fn names_stand_after_dots_and_in_brackets() {
    for text in ["$.a.b", "$['a']['b']", "$.a['b']", "$.a.['b']", "$[ 'a' ].b", "$[\"a\"].b"] {
        check(text, Root::Data, vec![name("a"), name("b")]);
    }
    check("$.a.['b c']", Root::Data, vec![name("a"), name("b c")]);
    check("$.detail-type", Root::Data, vec![name("detail-type")]);
    check("$.&Ж中.𐍆", Root::Data, vec![name("&Ж中"), name("𐍆")]);
    check("$['']", Root::Data, vec![name("")]);
    check("$['it\\'s']", Root::Data, vec![name("it's")]);
    check("$['a,b].c']", Root::Data, vec![name("a,b].c")]);
}

#[test]
fn a_backslash_escapes_as_in_the_specification() {
    check("$.store\\.book", Root::Data, vec![name("store.book")]);
    check("$.\\stor\\e.boo\\k", Root::Data, vec![name("store"), name("book")]);
    check("$.foo\\@bar.baz\\[\\[.\\?pretty", Root::Data, vec![name("foo@bar"), name("baz[["), name("?pretty")]);
    check("$.\\uD800\\uDF46", Root::Data, vec![name("𐍆")]);
    check("$.\\user", Root::Data, vec![name("user")]);
}

#[test]
fn elements_stand_in_brackets() {
    check("$[0][-1]", Root::Data, vec![Segment::Index(0), Segment::Index(-1)]);
    check("$.[0]", Root::Data, vec![Segment::Index(0)]);
    check("$.a[(@.length-1)].b", Root::Data, vec![name("a"), Segment::Index(-1), name("b")]);
    check("$[*].*", Root::Data, vec![Segment::Select(vec![Selector::Wildcard]), Segment::Select(vec![Selector::Wildcard])]);
    check("$[0, 2]", Root::Data, vec![Segment::Select(vec![Selector::Index(0), Selector::Index(2)])]);
    check("$['a','b']", Root::Data, vec![Segment::Select(vec![Selector::Name("a".into()), Selector::Name("b".into())])]);
    for (text, start, end, step) in [
        ("$[1:3]", Some(1), Some(3), 1),
        ("$[:]", None, None, 1),
        ("$[-2:]", Some(-2), None, 1),
        ("$[:4:2]", None, Some(4), 2),
        ("$[ 5 : 1 : -2 ]", Some(5), Some(1), -2),
        ("$[::0]", None, None, 0),
    ] {
        check(text, Root::Data, vec![Segment::Select(vec![Selector::Slice { start, end, step }])]);
    }
}

#[test]
fn descent_goes_with_a_name_a_wildcard_or_a_bracket() {
    check("$..a", Root::Data, vec![Segment::Descend(vec![Selector::Name("a".into())])]);
    check("$..*", Root::Data, vec![Segment::Descend(vec![Selector::Wildcard])]);
    check("$.a..[0]", Root::Data, vec![name("a"), Segment::Descend(vec![Selector::Index(0)])]);
}

#[test]
fn a_function_ends_a_path() {
    check("$.a.length()", Root::Data, vec![name("a"), Segment::Measure(Measure::Length)]);
    for (text, measure) in
        [("$.min()", Measure::Min), ("$.max()", Measure::Max), ("$.avg()", Measure::Avg), ("$.sum( )", Measure::Sum)]
    {
        check(text, Root::Data, vec![Segment::Measure(measure)]);
    }
    check_error(
        "$.a.size()",
        4,
        "unknown function `size(`; paths know `length()`, `min()`, `max()`, `avg()` and `sum()`, without arguments",
    );
    check_error("$.a.length().b", 12, "a function ends the path, but `.b` follows");
}

fn candidate(path: &[&str]) -> Query {
    Query { origin: Origin::Candidate, segments: path.iter().map(|part| name(part)).collect() }
}

fn compare(path: &[&str], comparator: Comparator, literal: serde_json::Value) -> Filter {
    Filter::Compare(FilterOperand::Query(candidate(path)), comparator, FilterOperand::Literal(literal))
}

#[test]
fn a_filter_compares_tests_and_joins() {
    let cases = [
        ("@.x", Filter::Exists(candidate(&["x"]))),
        ("@.x>1", compare(&["x"], Comparator::Greater, json!(1))),
        ("@.x.y <= -1.5e2", compare(&["x", "y"], Comparator::LessOrEqual, json!(-150.0))),
        ("@['x y']=='a\\'b'", compare(&["x y"], Comparator::Equal, json!("a'b"))),
        ("@.x != null", compare(&["x"], Comparator::NotEqual, json!(null))),
        ("@.x == true", compare(&["x"], Comparator::Equal, json!(true))),
        ("!@.x", Filter::Not(Box::new(Filter::Exists(candidate(&["x"]))))),
        (
            "@.a || @.b && !(@.c)",
            Filter::Or(vec![
                Filter::Exists(candidate(&["a"])),
                Filter::And(vec![Filter::Exists(candidate(&["b"])), Filter::Not(Box::new(Filter::Exists(candidate(&["c"]))))]),
            ]),
        ),
        (
            "'z' < $.limit",
            Filter::Compare(
                FilterOperand::Literal(json!("z")),
                Comparator::Less,
                FilterOperand::Query(Query { origin: Origin::Root, segments: vec![name("limit")] }),
            ),
        ),
    ];
    for (text, filter) in cases {
        for text in [format!("$.a[?({text})]"), format!("$.a[?{text}]"), format!("$.a[?( {text} )]")] {
            check(&text, Root::Data, vec![name("a"), Segment::Select(vec![Selector::Filter(filter.clone())])]);
        }
    }
}

#[test]
fn what_is_no_path_is_refused_where_it_goes_wrong() {
    check_error("", 0, "a path begins with `$`, not with the end of the text");
    check_error("a.b", 0, "a path begins with `$`, not with `a.b`");
    check_error("$.", 2, "expected a name but found the end of the text");
    check_error("$.a b", 3, "unexpected ` b` in a path");
    check_error("$.a.", 4, "expected a name but found the end of the text");
    check_error("$...a", 3, "expected a name but found `.a`");
    check_error("$[", 2, "expected a quoted name, an index, `*`, a slice or a filter but found the end of the text");
    check_error("$.a[0", 3, "the bracket `[0` is not closed");
    check_error("$[a]", 2, "expected a quoted name, an index, `*`, a slice or a filter but found `a]`");
    check_error("$['a", 2, "the string `'a` has no end");
    check_error("$[99999999999999999999]", 2, "`99999999999999999999` is no index");
    check_error("$[-]", 2, "`-` is no index");
    check_error("$1a", 1, "a variable's name does not begin with a digit: `1a`");
    check_error("$.a\\", 3, "a `\\` at the end of a path escapes nothing");
    check_error("$.\\uD800x", 2, "`\\uD800` is half a character");
    check_error("$[(@.x)]", 2, "the only script that is supported is `(@.length-1)`, not `(@.x)`");
    check_error("$[?(@.x =~ /a/)]", 8, "regular expressions (`=~`) are not supported in filters");
    check_error("$[?(@.x == y)]", 11, "`y` is no literal; strings stand in quotes, paths begin with `@`");
    check_error("$[?(@.x == )]", 11, "expected a value in a filter but found `)]`");
    check_error("$[?(1)]", 5, "expected a comparison after a literal in a filter");
    check_error("$[?(@.x[*] == 1)]", 4, "`@.x[*]` may find several values, so it cannot be compared");
    check_error("$[?(1 == @..x)]", 9, "`@..x` may find several values, so it cannot be compared");
    check_error("$[?(@.x", 7, "expected `)` but found the end of the text");
}

#[test]
fn a_path_is_bounded() {
    let variable = |length: usize| format!("${}", "v".repeat(length));
    assert!(Path::parse(&variable(MAX_VARIABLE_NAME_CHARACTERS)).is_ok());
    assert!(Path::parse(&variable(MAX_VARIABLE_NAME_CHARACTERS + 1)).is_err());

    let segments = |count: usize| format!("${}", ".a".repeat(count));
    assert!(Path::parse(&segments(MAX_PATH_SEGMENTS)).is_ok());
    assert!(Path::parse(&segments(MAX_PATH_SEGMENTS + 1)).is_err());

    let union = |count: usize| format!("$[{}]", vec!["0"; count].join(","));
    assert!(Path::parse(&union(MAX_PATH_SEGMENTS)).is_ok());
    assert!(Path::parse(&union(MAX_PATH_SEGMENTS + 1)).is_err());

    let parentheses = |count: usize| format!("$[?{}@.a{}]", "(".repeat(count), ")".repeat(count));
    assert!(Path::parse(&parentheses(MAX_FILTER_NESTING - 1)).is_ok());
    assert!(Path::parse(&parentheses(MAX_FILTER_NESTING)).is_err());
    for deep in ["(", "!", "@[?", "!("] {
        assert!(Path::parse(&format!("$[?{}", deep.repeat(100_000))).is_err(), "{deep}");
    }
}

#[test]
fn a_path_is_definite_when_it_names_one_place() {
    for (text, definite) in [
        ("$", true),
        ("$.a[0]['b'].c", true),
        ("$.a[-1]", true),
        ("$.a.length()", true),
        ("$[*]", false),
        ("$.*", false),
        ("$[0:1]", false),
        ("$[0,1]", false),
        ("$['a','b']", false),
        ("$..a", false),
        ("$[?(@.a)]", false),
        ("$[*].a", false),
    ] {
        assert_eq!(Path::parse(text).expect(text).is_definite(), definite, "{text}");
    }
}

#[test]
fn a_reference_path_has_names_and_indexes_only() {
    let steps = |text| ReferencePath::parse(text).map(|path| path.steps).map_err(|error| error.message);
    assert_eq!(steps("$"), Ok(vec![]));
    assert_eq!(steps("$.a['b c'][2]"), Ok(vec![Step::Name("a".into()), Step::Name("b c".into()), Step::Index(2)]));
    for (text, why) in [
        ("$$.a", "nothing can be put into the context object `$$`"),
        ("$x.a", "it begins at the variable `$x`, not at `$`"),
        ("$.a[-1]", "an index that counts from the end names no fixed place"),
        ("$.a[*]", "wildcards, slices, unions and filters may name several places"),
        ("$.a[?(@.b)]", "wildcards, slices, unions and filters may name several places"),
        ("$..a", "`..` may name several places"),
        ("$.a.length()", "a function names no place"),
    ] {
        assert_eq!(steps(text), Err(format!("`{text}` is no reference path: {why}")));
    }
    assert_eq!(steps("a"), Err("a path begins with `$`, not with `a`".to_owned()));
}
