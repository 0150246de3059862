//! Tests of the tree as written.

use super::*;

#[test]
fn every_value_has_its_pointer_and_its_place() {
    let text = "{\n  \"ä\": [1, {\"b/c\": \"x\\ny\"}],\n  \"d\": null\n}";
    let root = read(text).unwrap();
    let mut places = Vec::new();
    collect(&root, &mut places);
    let places: Vec<(&str, usize, usize, &str)> =
        places.iter().map(|place| (place.pointer.as_str(), place.line, place.column, &text[place.span.clone()])).collect();
    assert_eq!(
        places,
        [
            ("", 1, 1, text),
            ("/ä", 2, 3, "\"ä\""),
            ("/ä", 2, 8, "[1, {\"b/c\": \"x\\ny\"}]"),
            ("/ä/0", 2, 9, "1"),
            ("/ä/1", 2, 12, "{\"b/c\": \"x\\ny\"}"),
            ("/ä/1/b~1c", 2, 13, "\"b/c\""),
            ("/ä/1/b~1c", 2, 20, "\"x\\ny\""),
            ("/d", 3, 3, "\"d\""),
            ("/d", 3, 8, "null"),
        ]
    );
}

fn collect(value: &Value, places: &mut Vec<Place>) {
    places.push(value.place.clone());
    for element in value.elements() {
        collect(element, places);
    }
    for member in value.members() {
        places.push(member.place.clone());
        collect(&member.value, places);
    }
}

#[test]
fn without_its_places_the_tree_is_what_serde_json_reads() {
    for text in [
        r#"{"a": [1, -2.5e3, 1.0, 18446744073709551615, true, false, null, "\u00e4\"\\\/\b", {}, []], "b": {"c": {"d": ""}}}"#,
        r#"{"a": 1, "a": 2}"#,
        " [ ] ",
        "\"text\"",
        "0.1",
    ] {
        let expected: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(read(text).unwrap().to_json(), expected, "{text}");
    }
}

#[test]
fn duplicate_keys_stay_visible_and_the_first_is_found() {
    let root = read(r#"{"a": 1, "a": 2}"#).unwrap();
    assert_eq!(root.members().len(), 2);
    assert_eq!(root.member("a").unwrap().value.to_json(), 1);
}

#[test]
fn what_is_not_strict_json_is_refused() {
    for text in [
        "{a: 1}",
        "[1,]",
        "[1 2]",
        "['a']",
        "[0x1F]",
        "[+1]",
        "[.5]",
        "[5.]",
        "[NaN]",
        "[Infinity]",
        r#"["\x41"]"#,
        "/* */ 1",
        "[01]",
        "1 2",
        "\u{feff}1",
    ] {
        assert_eq!(read(text).unwrap_err().code, code::SYNTAX, "{text}");
    }
}
