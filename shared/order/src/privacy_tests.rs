//! Nothing private stands in what the handlers log or answer, whatever comes of a task.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use worker::Handler;

use crate::bench::{Bench, Job, order_with};
use crate::{admit, handlers};

const PRIVATE: [&str; 7] = ["Zephyrine", "Quillfeather", "zq@", "bounce@", "Nightingale Alley", "Ballybofey", "tok_"];

/// A log that is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn address(postal_code: &str) -> Value {
    json!({
        "name": "Zephyrine Quillfeather", "street": "Nightingale Alley 3", "city": "Ballybofey",
        "postalCode": postal_code, "country": "IE",
    })
}

/// Inputs that make each handler do what it does: its effect, its refusal, its failure, and what it cannot read.
fn inputs(state: &str) -> Vec<Value> {
    let total = json!({ "minor": 2500, "currency": "EUR", "exponent": 2 });
    let lines = json!([{ "sku": "MUG-BLUE", "quantity": 2, "unitPriceMinor": 1250 }]);
    let email =
        |mailbox: &str| json!({ "orderId": "ord-1", "email": format!("{mailbox}@example.com"), "trackingNumber": "BST1" });
    let charge = |token: &str| json!({ "orderId": "ord-1", "amount": total, "token": token });
    let order = |token: &str| {
        let customer = json!({ "name": "Zephyrine Quillfeather", "email": "zq@example.com" });
        order_with(&[("/customer", customer), ("/shipTo", address("F93")), ("/payment/token", json!(token))])
    };
    let malformed = json!({ "orderId": { "email": "zq@example.com" }, "shipTo": "Nightingale Alley 3", "token": ["tok_ok"] });
    let mut inputs = match state {
        "validate-order" => vec![order("tok_ok"), order("Zephyrine")],
        "request-review" => {
            vec![json!({ "token": "tok_review", "orderId": "ord-1", "total": total, "flagged": true, "answerWithinSeconds": 5 })]
        }
        "reserve-inventory" => vec![json!({ "orderId": "ord-1", "lines": lines, "holdSeconds": 600 })],
        "charge-payment" => ["tok_declined", "tok_unavailable", "tok_ok", "tok_ok"].map(charge).to_vec(),
        "create-shipment" => {
            ["00000", "99901", "F93"].map(|code| json!({ "orderId": "ord-1", "shipTo": address(code) })).to_vec()
        }
        "send-email" => ["bounce", "zq"].map(email).to_vec(),
        "update-recent-orders" => {
            let started_at = "2026-11-01T10:00:00Z";
            vec![json!({ "orderId": "ord-1", "total": total, "trackingNumber": "BST1", "startedAt": started_at })]
        }
        "notify-warehouse" => vec![json!({ "orderId": "ord-1", "lines": lines, "trackingNumber": "BST1" })],
        _ => vec![json!({ "orderId": "ord-1" })],
    };
    inputs.push(malformed);
    inputs
}

/// Compensations and what they undo.
const COMPENSATIONS: [(&str, &str); 3] =
    [("release-inventory", "reserve-inventory"), ("refund-payment", "charge-payment"), ("cancel-shipment", "create-shipment")];

/// The task of a handler; a compensation undoes what the action before it did.
fn job<'b>(bench: &'b Bench, handler: &dyn Handler, input: Value) -> Job<'b> {
    let Some((_, undone)) = COMPENSATIONS.iter().find(|(undo, _)| *undo == handler.function()) else {
        return bench.action(handler.function(), input);
    };
    let mut job = bench.compensation(undone);
    job.task.input = input;
    job
}

fn assert_nothing_private(text: &str) {
    let text = text.replace("`tok_...`", "");
    for private in PRIVATE {
        assert!(!text.contains(private), "`{private}` shows in:\n{text}");
    }
}

#[tokio::test]
async fn nothing_private_is_logged_or_answered_as_a_cause() {
    let log = Log::default();
    // As long as there is one subscriber alone, a callsite that another test's thread comes to first is asked about there, where nobody listens,
    // and stays silent for everybody (tracing-core: `has_just_one`). With two it is not.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let bench = Bench::new();
    bench.stock("MUG-BLUE", 10).await;
    let mut effects = 0;
    let undoes = |handler: &Arc<dyn Handler>| COMPENSATIONS.iter().any(|(undo, _)| *undo == handler.function());
    let (compensations, actions): (Vec<_>, Vec<_>) = handlers(&bench.ledger, &bench.providers).into_iter().partition(undoes);
    for handler in actions.into_iter().chain(compensations.into_iter().rev()) {
        for input in inputs(handler.function()) {
            match job(&bench, handler.as_ref(), input).perform(handler.as_ref()).await {
                Ok(_) => effects += 1,
                Err(error) => assert_nothing_private(&error.to_string()),
            }
        }
    }
    assert_eq!(effects, 12, "each handler has its effect, and the charge that comes twice is answered twice");
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("charged") && logged.contains("ord-1"), "{logged}");
    assert_nothing_private(&logged);
}

#[test]
fn nothing_private_stands_in_the_reason_of_a_refusal() {
    let spoiled = [
        ("/customer/email", json!("Zephyrine")),
        ("/customer/name", json!("Zephyrine\u{7}")),
        ("/payment/token", json!("Zephyrine")),
        ("/shipTo/street", json!("Nightingale Alley".repeat(20))),
        ("/shipTo/postalCode", json!(["Ballybofey"])),
    ];
    let refusal = admit(&order_with(&spoiled).to_string()).unwrap_err();
    assert_eq!(refusal.reason.matches("; ").count(), 4, "{refusal}");
    assert_nothing_private(&refusal.reason);
    assert_nothing_private(&admit("{\"name\": Zephyrine}").unwrap_err().reason);
}
