//! Many orders for little stock.

use interpreter::ExecutionStatus;
use order::inventory::stock;
use order::{Outcome, balance};
use serde_json::{Value, json};

use super::{begun, effects, options, outcome, read};

const ORDERS: usize = 1_000;
const UNITS: u64 = 100;
const SKU: &str = "FEW-LEFT";

fn order(number: usize) -> Value {
    let mut order: Value = serde_json::from_str(&read("success.json")).unwrap();
    order["orderId"] = json!(format!("few-{number}"));
    order["lines"] = json!([{ "sku": SKU, "quantity": 1, "unitPriceMinor": 1_250 }]);
    order["totalMinor"] = json!(1_250);
    order
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_concurrent_orders_for_a_hundred_units_exactly_a_hundred_succeed() {
    let system = begun(options()).await;
    stock(system.ports().ledger.as_ref(), SKU, UNITS, system.ports().now()).await.unwrap();
    let executions = (0..ORDERS).map(|number| {
        let system = &system;
        async move {
            let admitted = order::admit(&order(number).to_string()).unwrap();
            let input = admitted.input.to_string();
            let started = system.start_execution("order-fulfillment", &admitted.execution_name, &input).await.unwrap();
            system.ended(&started.identity.arn).await.unwrap()
        }
    });
    let ended = futures::future::join_all(executions).await;
    let errors: Vec<&str> =
        ended.iter().filter_map(|ended| ended.failure.as_ref()).map(|failure| failure.error.as_str()).collect();
    let succeeded = ended.iter().filter(|ended| ended.status == ExecutionStatus::Succeeded).count();
    assert_eq!(succeeded, 100);
    assert_eq!(errors.len(), 900);
    assert!(errors.iter().all(|error| *error == "OutOfStock"), "{errors:?}");
    let effects = effects(&system).await;
    let left = effects.stock.iter().find(|stock| stock.sku == SKU).unwrap();
    assert_eq!((left.available, left.reserved, left.sold), (0, 0, 100));
    assert_eq!((effects.charges.len(), effects.providers.charges.len(), effects.shipments.len()), (100, 100, 100));
    let outcomes: Vec<Outcome> = ended.iter().map(outcome).collect();
    assert_eq!(balance(&outcomes, &effects), Vec::<String>::new());
}
