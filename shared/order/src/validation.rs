//! `validate-order`: what the saga begins with. It looks things up and leaves nothing behind.

use async_trait::async_trait;
use serde_json::json;
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::answer::refused;
use crate::error_name;
use crate::order::Order;

/// Reads the order again, whoever started the execution, and computes its total.
pub struct ValidateOrder;

#[async_trait]
impl Handler for ValidateOrder {
    fn function(&self) -> &str {
        "validate-order"
    }

    fn effect(&self) -> Effect {
        Effect::Table
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let order = Order::read(&task.input).map_err(|error| refused(error_name::INVALID_ORDER, error.to_string()))?;
        let total = order.total().map_err(|error| refused(error_name::INVALID_ORDER, error.to_string()))?;
        Ok(Completion::of(json!({
            "total": total,
            "reviewAboveMinor": order.currency.review_above_minor,
            "flagged": order.flagged,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Bench, order_with};
    use serde_json::Value;

    #[tokio::test]
    async fn the_total_comes_from_the_lines() {
        let bench = Bench::new();
        let order = order_with(&[("/currency", json!("KWD"))]);
        let result = bench.action("ValidateOrder", order).perform(&ValidateOrder).await.unwrap();
        assert_eq!(result["total"], json!({ "minor": 2500, "currency": "KWD", "exponent": 3 }));
        assert_eq!(result["reviewAboveMinor"], json!(1_000_000));
        assert_eq!(result["flagged"], json!(false));
    }

    #[tokio::test]
    async fn a_wrong_claim_and_a_malformed_order_are_refused() {
        let bench = Bench::new();
        let check = async |pointer: &str, value: Value, expected: &str| {
            let order = order_with(&[(pointer, value)]);
            let error = bench.action("ValidateOrder", order).perform(&ValidateOrder).await.unwrap_err();
            assert_eq!(error, refused(error_name::INVALID_ORDER, expected));
        };
        check("/totalMinor", json!(1), "/totalMinor: the lines add up to `25.00 EUR`, the order claims `0.01 EUR`").await;
        check("/lines", json!([]), "/lines: must have from 1 to 40 lines, has `0`").await;
    }
}
