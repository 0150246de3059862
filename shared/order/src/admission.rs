//! Admission: from an order's body, as it came by the orders queue, to the start of its execution.

use serde_json::Value;

use crate::order::{Order, OrderError};

/// What an order's execution is started with.
///
/// The name is the order's id and the input has one fixed form, so that a start repeated with the same content is the same
/// start, and one with other content meets the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The execution's name: the order's id.
    pub execution_name: String,
    /// The execution's input: the order.
    pub input: Value,
}

/// An order that is not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// Why, for the shop. Never repeats what is private.
    pub reason: String,
}

impl From<OrderError> for Refusal {
    fn from(error: OrderError) -> Self {
        Self { reason: format!("the order is malformed: {error}") }
    }
}

impl Refusal {
    /// The refusal of an order whose id was started with other content.
    pub fn of_other_content(execution_name: &str) -> Self {
        Self { reason: format!("an order `{execution_name}` with other content was submitted before") }
    }
}

/// Admits an order.
///
/// # Errors
///
/// [`Refusal`] with every problem of a malformed order.
pub fn admit(body: &str) -> Result<Admitted, Refusal> {
    let order = Order::parse(body)?;
    Ok(Admitted { input: order.to_value(), execution_name: order.id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::order_with;
    use serde_json::json;

    #[test]
    fn an_order_is_started_under_its_id() {
        let order = order_with(&[]);
        assert_eq!(admit(&order.to_string()).unwrap().execution_name, "ord-1");
    }

    #[test]
    fn the_same_content_written_otherwise_is_the_same_start() {
        let order = order_with(&[]);
        let pretty = serde_json::to_string_pretty(&order).unwrap();
        assert_eq!(admit(&pretty).unwrap().input.to_string(), admit(&order.to_string()).unwrap().input.to_string());
    }

    #[test]
    fn a_malformed_order_is_refused_with_all_its_reasons() {
        let order = order_with(&[("/lines/0/quantity", json!(0)), ("/note", json!("quick"))]);
        assert_eq!(
            admit(&order.to_string()).unwrap_err().reason,
            "the order is malformed: /note: is no field of an order; /lines/0/quantity: must be a whole number from 1 to 9999, found `0`"
        );
    }

    #[test]
    fn other_content_under_the_same_id_is_refused_by_name() {
        assert_eq!(Refusal::of_other_content("ord-1").to_string(), "an order `ord-1` with other content was submitted before");
    }
}
