//! Paths and payload templates.

use expect_test::expect;

use super::{check_state, check_taken, machine};
use crate::parse;
use crate::state::StateKind;
use crate::template::Template;

fn pass(fields: &str) -> String {
    format!(r#"{{"Type": "Pass", {fields}, "End": true}}"#)
}

#[test]
fn a_path_starts_with_a_dollar() {
    check_taken(&[
        &pass(r#""InputPath": "$", "OutputPath": "$.a[*].b""#),
        &pass(r#""InputPath": "$$.Execution.Input", "ResultPath": "$""#),
        &pass(r#""InputPath": null, "OutputPath": null, "ResultPath": null"#),
    ]);
    check_state(
        &pass(r#""InputPath": "order", "OutputPath": """#),
        expect![[r#"
        3:32: a path begins with `$`, not with `order` [bad-path] at /States/A/InputPath (write a path such as `$.order.id` or `$$.Execution.Id`)
        3:55: a path begins with `$`, not with the end of the text [bad-path] at /States/A/OutputPath (write a path such as `$.order.id` or `$$.Execution.Id`)
    "#]],
    );
    check_state(
        &pass(r#""InputPath": 1, "ResultPath": false"#),
        expect![[r#"
        3:31: `InputPath` must be a string, found `1` [wrong-type] at /States/A/InputPath (write a string)
        3:48: `ResultPath` must be a string, found a boolean [wrong-type] at /States/A/ResultPath (write a string)
    "#]],
    );
    check_state(
        &pass(r#""InputPath": "$.order[""#),
        expect![[r#"
        3:40: expected a quoted name, an index, `*`, a slice or a filter but found the end of the text [bad-path] at /States/A/InputPath (write a path such as `$.order.id` or `$$.Execution.Id`)
    "#]],
    );
}

#[test]
fn a_result_path_names_one_place_in_the_data() {
    check_state(
        &pass(r#""ResultPath": "$.a[*]""#),
        expect![[r#"
        3:33: `$.a[*]` is no reference path: wildcards, slices, unions and filters may name several places [bad-path] at /States/A/ResultPath (write a path of names and indexes from `$` on: `$.order.lines[0]`)
    "#]],
    );
    check_state(
        &pass(r#""ResultPath": "$$.Execution""#),
        expect![[r#"
        3:33: `$$.Execution` is no reference path: nothing can be put into the context object `$$` [bad-path] at /States/A/ResultPath (write a path of names and indexes from `$` on: `$.order.lines[0]`)
    "#]],
    );
}

#[test]
fn a_problem_within_a_path_is_pointed_at_unless_escapes_hide_it() {
    let text = machine(&pass(r#""InputPath": "$.order[!]""#));
    let [plain] = parse(&text).unwrap_err().try_into().unwrap();
    assert!(text[plain.span.clone()].starts_with('!'), "{}", &text[plain.span]);
    let text = machine(&pass(r#""InputPath": "$.\u006frder[!]""#));
    let [escaped] = parse(&text).unwrap_err().try_into().unwrap();
    assert_eq!(&text[escaped.span], r#""$.\u006frder[!]""#);
}

#[test]
fn a_template_is_an_object_whose_dollar_fields_are_expressions() {
    check_taken(&[
        &pass(r#""Parameters": {"a.$": "$.b", "c": [{"d.$": "States.UUID()"}, 1], "e": {"f": null}}"#),
        &pass(r#""Parameters": {}"#),
    ]);
    check_state(
        &pass(r#""Parameters": "$.a""#),
        expect![[r#"
        3:32: `Parameters` must be an object, found the string `$.a` [wrong-type] at /States/A/Parameters (write an object)
    "#]],
    );
    check_state(
        &pass(r#""Parameters": [{"a.$": "$.b"}]"#),
        expect![[r#"
        3:32: `Parameters` must be an object, found an array [wrong-type] at /States/A/Parameters (write an object)
    "#]],
    );
    check_state(
        &pass(r#""Parameters": {"a.$": "b", "c": {"d.$": 1}, "e": [{"f.$": {"g": 1}}], "h.$": "States.Nope()", "i.$": "$.x["}"#),
        expect![[r#"
            3:41: a path begins with `$`, not with `b` [bad-path] at /States/A/Parameters/a.$ (write a path such as `$.order.id` or `$$.Execution.Id`)
            3:58: the value of `d.$` must be a path or a call of an intrinsic function, found a number [bad-path] at /States/A/Parameters/c/d.$ (write a path such as `$.order.id` or `$$.Execution.Id`)
            3:76: the value of `f.$` must be a path or a call of an intrinsic function, found an object [bad-path] at /States/A/Parameters/e/0/f.$ (write a path such as `$.order.id` or `$$.Execution.Id`)
            3:96: unknown intrinsic function `States.Nope` [bad-intrinsic] at /States/A/Parameters/h.$ (write a call such as `States.Format('order {}', $.id)`)
            3:124: expected a quoted name, an index, `*`, a slice or a filter but found the end of the text [bad-path] at /States/A/Parameters/i.$ (write a path such as `$.order.id` or `$$.Execution.Id`)
        "#]],
    );
}

#[test]
fn a_field_and_its_dollar_twin_exclude_each_other() {
    check_state(
        &pass(r#""Parameters": {"a": 1, "a.$": "$.b"}"#),
        expect![[r#"
        3:41: `a` and `a.$` name the same field [exclusive-fields] at /States/A/Parameters/a.$ (keep one of them)
    "#]],
    );
    check_state(
        &pass(r#""Parameters": {"a.$": "$.c", "a.$": "$.b"}"#),
        expect![[r#"
        3:47: the key `a.$` stands twice in this object [duplicate-key] at /States/A/Parameters/a.$ (remove it here or at line 3)
    "#]],
    );
}

#[test]
fn what_looks_like_an_expression_without_the_dollar_is_a_warning() {
    check_state(
        &pass(
            r#""Parameters": {"a": "$.b", "c": {"d": "States.UUID()"}, "e": "$$.Execution.Id", "f": "$5", "g": "States are nice"}"#,
        ),
        expect![[r#"
            warning: 3:38: the value of `a` looks like an expression, and is taken as written [missing-dollar] at /States/A/Parameters/a (to evaluate it write `a.$`)
            warning: 3:56: the value of `d` looks like an expression, and is taken as written [missing-dollar] at /States/A/Parameters/c/d (to evaluate it write `d.$`)
            warning: 3:79: the value of `e` looks like an expression, and is taken as written [missing-dollar] at /States/A/Parameters/e (to evaluate it write `e.$`)
        "#]],
    );
}

#[test]
fn a_template_keeps_what_is_written() {
    let text = machine(&pass(r#""Parameters": {"n": {"z": 1, "a": [1.5, null]}, "p.$": "$.x", "l": [{"u.$": "$.y"}, 2]}"#));
    let (definition, _) = parse(&text).unwrap();
    let StateKind::Pass(pass) = &definition.states["A"].kind else { panic!("not a Pass") };
    let Some(Template::Object(fields)) = &pass.data.parameters else { panic!("not an object") };
    assert_eq!(fields[0], ("n".to_owned(), Template::Literal(serde_json::json!({"z": 1, "a": [1.5, null]}))));
    assert!(matches!(&fields[1], (name, Template::Path(path)) if name == "p" && path.text == "$.x"));
    let (name, Template::Array(elements)) = &fields[2] else { panic!("not an array") };
    assert_eq!(name, "l");
    assert!(matches!(&elements[0], Template::Object(inner) if inner[0].0 == "u"));
    assert_eq!(elements[1], Template::Literal(serde_json::json!(2)));
}
