//! Reservations that nobody uses.

use order::definition::{ORDER_FULFILLMENT, ORDER_FULFILLMENT_TEXT, Substitutions};
use order::inventory::available;
use order::stock_catalogue;
use serde_json::{Value, json};

use super::{begun, options, read};

#[tokio::test(start_paused = true)]
async fn the_stock_of_a_reservation_that_has_expired_returns_with_the_watch() {
    let system = begun(options()).await;
    stock_catalogue(system.ports().ledger.as_ref(), system.ports().now()).await.unwrap();
    // The processor takes no request for longer than the reservation holds.
    let patient = Substitutions::demo()
        .unwrap()
        .with("ReservationHoldSeconds", 30)
        .with("RetryIntervalSeconds", 200)
        .with("RetryMaxDelaySeconds", 200)
        .with("OrderTimeoutSeconds", 3_600);
    let definition = patient.apply(ORDER_FULFILLMENT_TEXT).unwrap();
    system.register_machine(ORDER_FULFILLMENT, &definition).await.unwrap();
    let mut order: Value = serde_json::from_str(&read("success.json")).unwrap();
    order["payment"]["token"] = json!("tok_unavailable");
    let admitted = order::admit(&order.to_string()).unwrap();
    let began = system.ports().now();
    system.start_execution(ORDER_FULFILLMENT, &admitted.execution_name, &admitted.input.to_string()).await.unwrap();
    let ledger = system.ports().ledger.clone();
    let left = || async { available(ledger.as_ref(), "MUG-BLUE", system.ports().now()).await.unwrap() };
    let clock = system.ports().clock.clone();
    clock.sleep(std::time::Duration::from_secs(10)).await;
    assert_eq!(left().await, 998);
    clock.sleep(std::time::Duration::from_secs(110)).await;
    assert_eq!(left().await, 1_000, "{:?} after the start", system.ports().now().since(began));
}
