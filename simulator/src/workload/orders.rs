//! Random orders for the order saga, with everything that its providers in test mode can do to them.

use order::definition::{ORDER_FULFILLMENT, ORDER_FULFILLMENT_LABELLED, Substitutions};
use serde_json::{Value, json};

use super::Submission;
use crate::random::Random;

/// What the simulated shop sells, and how many pieces at most are stocked of each.
pub const STOCKED: [(&str, u64); 4] = [("MUG", 60), ("TEA", 25), ("KETTLE", 8), ("LAST-ONE", 1)];

/// The shortest timeout of a task: longer than hosts' clocks are apart. A request whose time is over by the worker's clock is never done, and a pivot would
/// be asked for ever.
const SHORTEST_TIMEOUT_SECONDS: u64 = 6;
/// Payment tokens; the first ones are the usual ones.
const TOKENS: [&str; 12] = [
    "tok_ok",
    "tok_ok",
    "tok_ok",
    "tok_slow",
    "tok_declined",
    "tok_retry_once",
    "tok_unavailable",
    "tok_timeout_once_after_charge",
    "tok_timeout_then_declined",
    "tok_refund_fails_once",
    "tok_refund_fails_forever",
    "tok_refund_fails_until_mended",
];
/// Never answered: as a pivot it stays unknown for ever, so that the labelled saga does not end.
const TOKEN_NEVER_ANSWERED: &str = "tok_timeout_after_charge";
const POSTAL_CODES: [&str; 9] = ["12345", "12345", "12345", "00000", "99901", "99902", "99903", "99904", "99905"];
const MAILBOXES: [&str; 6] = ["ada", "ada", "bounce", "greylist", "lost", "slow"];
const CURRENCIES: [&str; 3] = ["EUR", "JPY", "KWD"];

/// The values that take the place of the placeholders in the order saga's definitions: the demo's, with times of this seed.
pub fn substitutions(random: &mut Random) -> Option<Substitutions> {
    let mut substitutions = Substitutions::demo().ok()?;
    let mut draw = |name: &str, least: u64, most: u64, substitutions: Substitutions| {
        let mut value = random.within(least, most);
        if name == "ReservationHoldSeconds" && value.is_multiple_of(3) {
            // Over before the saga is.
            value = 1 + value / 40;
        }
        substitutions.with(name, value)
    };
    substitutions = draw("OrderTimeoutSeconds", 30, 900, substitutions);
    substitutions = draw("TaskTimeoutSeconds", SHORTEST_TIMEOUT_SECONDS, 60, substitutions);
    substitutions = draw("ReviewTimeoutSeconds", 2, 120, substitutions);
    substitutions = draw("ReservationHoldSeconds", 20, 1_200, substitutions);
    substitutions = draw("PaymentTimeoutSeconds", SHORTEST_TIMEOUT_SECONDS, 60, substitutions);
    substitutions = draw("CarrierTimeoutSeconds", SHORTEST_TIMEOUT_SECONDS, 60, substitutions);
    substitutions = draw("CompensationTimeoutSeconds", SHORTEST_TIMEOUT_SECONDS, 60, substitutions);
    substitutions = draw("RetryMaxAttempts", 0, 5, substitutions);
    substitutions = draw("RefundRetryMaxAttempts", 1, 6, substitutions);
    Some(substitutions)
}

/// A random order, and the machine that it is submitted to.
pub fn order(random: &mut Random, number: u64) -> Submission {
    let labelled = random.happens(400);
    let token = match random.happens(60) && !labelled {
        true => TOKEN_NEVER_ANSWERED,
        false => random.pick(&TOKENS).copied().unwrap_or("tok_ok"),
    };
    let lines: Vec<Value> = lines(random);
    let mut order = json!({
        "orderId": format!("ord-{number}"),
        "currency": random.pick(&CURRENCIES).copied().unwrap_or("EUR"),
        "lines": lines,
        "payment": { "token": token },
        "customer": { "name": "Ada Lovelace", "email": format!("{}@example.com", random.pick(&MAILBOXES).copied().unwrap_or("ada")) },
        "shipTo": {
            "name": "Ada Lovelace",
            "street": "St James's Square 12",
            "city": "London",
            "postalCode": random.pick(&POSTAL_CODES).copied().unwrap_or("12345"),
            "country": "GB",
        },
    });
    if random.happens(150)
        && let Some(members) = order.as_object_mut()
    {
        members.insert("flagged".to_owned(), Value::Bool(true));
    }
    if random.happens(50)
        && let Some(members) = order.as_object_mut()
    {
        // Mostly not what the lines come to.
        members.insert("totalMinor".to_owned(), json!(random.below(10_000)));
    }
    let machine = if labelled { ORDER_FULFILLMENT_LABELLED } else { ORDER_FULFILLMENT };
    Submission { machine: machine.to_owned(), name: format!("ord-{number}"), input: order.to_string(), is_order: true }
}

fn lines(random: &mut Random) -> Vec<Value> {
    let mut skus: Vec<&str> = STOCKED.iter().map(|(sku, _)| *sku).collect();
    let count = random.within(1, 2);
    (0..count)
        .map(|_| {
            let place = random.index(skus.len());
            let sku = skus.swap_remove(place);
            json!({ "sku": sku, "quantity": random.within(1, 4), "unitPriceMinor": random.within(1, 60_000) })
        })
        .collect()
}
