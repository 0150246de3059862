//! Orders are read precisely, totals computed, and nothing private shows.

use super::*;

fn body() -> Value {
    json!({
        "orderId": "ord-1",
        "currency": "EUR",
        "lines": [
            { "sku": "MUG-BLUE", "quantity": 2, "unitPriceMinor": 1250 },
            { "sku": "TEA-GREEN", "quantity": 1, "unitPriceMinor": 499 },
        ],
        "totalMinor": 2999,
        "payment": { "token": "tok_ok" },
        "customer": { "name": "Ada Lovelace", "email": "ada@example.com" },
        "shipTo": { "name": "Ada Lovelace", "street": "St James's Square 12", "city": "London", "postalCode": "SW1Y", "country": "GB" },
        "flagged": true,
    })
}

/// The body with the value at a JSON pointer replaced, or taken out where it is null.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = body();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(fields), Value::Null) => drop(fields.remove(name)),
        (Value::Object(fields), value) => drop(fields.insert(name.to_owned(), value)),
        (Value::Array(elements), value) => elements[name.parse::<usize>().unwrap()] = value,
        _ => panic!("no parent"),
    }
    body
}

#[test]
fn an_order_reads_back_as_it_was_written() {
    let order = Order::read(&body()).unwrap();
    assert_eq!(order.to_value(), body());
    assert_eq!(Order::parse(&body().to_string()).unwrap(), order);
}

#[test]
fn the_same_content_in_another_order_of_fields_is_the_same_text() {
    let mut fields: Vec<(String, Value)> = body().as_object().unwrap().clone().into_iter().collect();
    fields.reverse();
    let reversed = Value::Object(fields.into_iter().collect());
    assert_ne!(reversed.to_string(), body().to_string());
    assert_eq!(Order::read(&reversed).unwrap().to_value().to_string(), Order::read(&body()).unwrap().to_value().to_string());
}

#[test]
fn each_problem_is_named_with_its_place() {
    let check = |pointer: &str, value: Value, expected: &str| {
        let error = Order::read(&with(pointer, value)).unwrap_err().to_string();
        assert_eq!(error, expected);
    };
    check("/orderId", Value::Null, "/orderId: is missing");
    check("/orderId", json!("a b"), "/orderId: `a b` has other characters than letters, digits, `-` and `_`");
    check("/orderId", json!("x".repeat(65)), "/orderId: has `65` characters, more than 64");
    check("/currency", json!("ABC"), &format!("/currency: orders are in one of {}", Currency::codes().join(", ")));
    check("/lines", json!([]), "/lines: must have from 1 to 40 lines, has `0`");
    check("/lines", json!("x"), "/lines: must be an array");
    check("/lines/1", json!(7), "/lines/1: must be an object");
    check("/lines/0/quantity", json!(0), "/lines/0/quantity: must be a whole number from 1 to 9999, found `0`");
    check("/lines/0/quantity", json!(1.5), "/lines/0/quantity: must be a whole number from 1 to 9999, found `1.5`");
    check("/lines/0/quantity", json!(-1), "/lines/0/quantity: must be a whole number from 1 to 9999, found `-1`");
    check("/lines/0/quantity", json!("2"), "/lines/0/quantity: must be a whole number from 1 to 9999");
    check(
        "/lines/1/unitPriceMinor",
        json!(1e9),
        "/lines/1/unitPriceMinor: must be a whole number from 0 to 100000000, found `1000000000.0`",
    );
    check("/lines/0/discount", json!(1), "/lines/0/discount: is no field of an order");
    check("/payment/cardNumber", json!("4111111111111111"), "/payment/cardNumber: is no field of an order");
    check(
        "/payment/token",
        json!("4111111111111111"),
        "/payment/token: must be a token of the payment processor (`tok_...`), never a card number",
    );
    check(
        "/payment/token",
        json!("tok_4111111111111111"),
        "/payment/token: must be a token of the payment processor (`tok_...`), never a card number",
    );
    check("/customer/email", json!("nobody"), "/customer/email: must be an e-mail address");
    check("/customer/name", json!("A\u{0}"), "/customer/name: must be a text, neither empty nor with control characters");
    check("/shipTo/country", json!("gb"), "/shipTo/country: must be two capital letters (ISO 3166)");
    check("/shipTo", json!([]), "/shipTo: must be an object");
    check("/flagged", json!("yes"), "/flagged: must be `true` or `false`");
    check("/a~b", json!(1), "/a~0b: is no field of an order");
}

#[test]
fn all_problems_are_named_at_once() {
    let mut body = with("/lines/0/quantity", json!(0));
    body["note"] = json!("please hurry");
    body["shipTo"]["city"] = Value::Null;
    let error = Order::read(&body).unwrap_err();
    let pointers: Vec<&str> = error.problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/note", "/lines/0/quantity", "/shipTo/city"]);
}

#[test]
fn every_limit_admits_its_value_and_refuses_one_more() {
    let check = |pointer: &str, at_limit: Value, beyond: Value| {
        let problems = |value| Order::read(&with(pointer, value)).map_err(|error| error.to_string());
        assert!(problems(at_limit).is_ok(), "{pointer}");
        assert!(problems(beyond).is_err(), "{pointer}");
    };
    let lines = |count: usize| Value::Array(vec![json!({ "sku": "A", "quantity": 1, "unitPriceMinor": 1 }); count]);
    let text = |count: usize| json!("a".repeat(count));
    let email = |count: usize| json!(format!("{}@example.com", "a".repeat(count - 12)));
    check("/lines", lines(LINES_MAX), lines(LINES_MAX + 1));
    check("/lines/0/quantity", json!(QUANTITY_MAX), json!(QUANTITY_MAX + 1));
    check("/lines/0/unitPriceMinor", json!(UNIT_PRICE_MINOR_MAX), json!(UNIT_PRICE_MINOR_MAX + 1));
    check("/orderId", text(ORDER_ID_CHARACTERS_MAX), text(ORDER_ID_CHARACTERS_MAX + 1));
    check("/lines/0/sku", text(SKU_CHARACTERS_MAX), text(SKU_CHARACTERS_MAX + 1));
    check("/customer/name", text(TEXT_CHARACTERS_MAX), text(TEXT_CHARACTERS_MAX + 1));
    check("/shipTo/street", text(TEXT_CHARACTERS_MAX), text(TEXT_CHARACTERS_MAX + 1));
    check("/shipTo/postalCode", text(POSTAL_CODE_CHARACTERS_MAX), text(POSTAL_CODE_CHARACTERS_MAX + 1));
    check("/customer/email", email(EMAIL_CHARACTERS_MAX), email(EMAIL_CHARACTERS_MAX + 1));
    let token = |count: usize| json!(format!("tok_{}", "a".repeat(count - 4)));
    check("/payment/token", token(TOKEN_CHARACTERS_MAX), token(TOKEN_CHARACTERS_MAX + 1));
    let padded = |bytes: usize| format!("{}{}", body(), " ".repeat(bytes - body().to_string().len()));
    assert!(Order::parse(&padded(ORDER_BYTES_MAX)).is_ok());
    assert_eq!(Order::parse(&padded(ORDER_BYTES_MAX + 1)).unwrap_err().to_string(), "has `65537` bytes, more than 65536");
}

#[test]
fn the_total_is_computed_and_a_wrong_claim_refused() {
    assert_eq!(Order::read(&body()).unwrap().total().unwrap().to_string(), "29.99 EUR");
    let wrong = Order::read(&with("/totalMinor", json!(1))).unwrap().total().unwrap_err();
    assert_eq!(wrong.to_string(), "/totalMinor: the lines add up to `29.99 EUR`, the order claims `0.01 EUR`");
    let unclaimed = Order::read(&with("/totalMinor", Value::Null)).unwrap();
    assert_eq!(unclaimed.total().unwrap().minor, 2999);
}

#[test]
fn the_largest_order_that_the_limits_admit_is_summed_exactly() {
    let line = json!({ "sku": "A", "quantity": QUANTITY_MAX, "unitPriceMinor": UNIT_PRICE_MINOR_MAX });
    let mut body = with("/lines", Value::Array(vec![line; LINES_MAX]));
    body["totalMinor"] = json!(39_996_000_000_000_u64);
    assert_eq!(Order::read(&body).unwrap().total().unwrap().minor, 39_996_000_000_000);
}

#[test]
fn nothing_private_shows_when_an_order_is_debugged() {
    let shown = format!("{:?}", Order::read(&body()).unwrap());
    for private in ["Ada", "Lovelace", "ada@example.com", "Square", "London", "SW1Y", "tok_ok"] {
        assert!(!shown.contains(private), "`{private}` shows in {shown}");
    }
    assert!(shown.contains("MUG-BLUE"));
}

#[test]
fn what_is_no_json_is_refused_by_place_and_not_by_content() {
    let error = Order::parse("{\n \"customer\": {\"name\": \"Ada\" \"x\"}}").unwrap_err().to_string();
    assert_eq!(error, "is not JSON: it goes wrong in line 2, column 29");
}
