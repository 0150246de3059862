//! An order: read from JSON with every problem of it named at once, its total computed from its lines.
//!
//! ```json
//! {
//!   "orderId": "ord-1001", "currency": "EUR",
//!   "lines": [{ "sku": "MUG-BLUE", "quantity": 2, "unitPriceMinor": 1250 }],
//!   "totalMinor": 2500,
//!   "payment": { "token": "tok_ok" },
//!   "customer": { "name": "...", "email": "..." },
//!   "shipTo": { "name": "...", "street": "...", "city": "...", "postalCode": "...", "country": "DE" },
//!   "flagged": false
//! }
//! ```
//!
//! `totalMinor` (what the shop has shown to the customer) and `flagged` may be absent. Nothing else may be there: a card number,
//! say, is refused as the unknown field that it is.

mod reading;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::money::{Currency, Money};
use crate::private::Private;
use reading::Reading;

/// Bytes of an order's JSON text.
pub const ORDER_BYTES_MAX: usize = 65_536;
/// Lines of an order: with them a reservation fits into one transaction of 100 writes, and so does a shipment.
pub const LINES_MAX: usize = 40;
/// Pieces in one line.
pub const QUANTITY_MAX: u64 = 9_999;
/// Minor units that one piece may cost.
pub const UNIT_PRICE_MINOR_MAX: u64 = 100_000_000;
/// Characters of an order's id: it names the execution, whose names have 80 at most.
pub const ORDER_ID_CHARACTERS_MAX: usize = 64;
/// Characters of a SKU.
pub const SKU_CHARACTERS_MAX: usize = 40;
/// Characters of a payment token.
pub const TOKEN_CHARACTERS_MAX: usize = 64;
/// Characters of a name, a street or a city.
pub const TEXT_CHARACTERS_MAX: usize = 100;
/// Characters of a postal code.
pub const POSTAL_CODE_CHARACTERS_MAX: usize = 16;
/// Characters of an e-mail address (RFC 5321, 4.5.3.1.3).
pub const EMAIL_CHARACTERS_MAX: usize = 254;

/// An order that is well formed. Whether its claimed total is right is [`Order::total`]'s to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id, chosen by the shop: letters, digits, `-` and `_`.
    pub id: String,
    /// The currency of all its prices.
    pub currency: Currency,
    /// What is ordered; at least one line.
    pub lines: Vec<OrderLine>,
    /// The total that the shop has shown to the customer, in minor units.
    pub claimed_total_minor: Option<u64>,
    /// The payment token: who holds it can charge.
    pub payment_token: Private,
    /// Who ordered.
    pub customer: Customer,
    /// Where it goes.
    pub ship_to: Address,
    /// Whether the shop wants a person to look at it.
    pub flagged: bool,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderLine {
    /// What.
    pub sku: String,
    /// How many pieces.
    pub quantity: u64,
    /// What one piece costs, in minor units.
    pub unit_price_minor: u64,
}

/// Who ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Customer {
    /// The name.
    pub name: Private,
    /// The e-mail address.
    pub email: Private,
}

/// Where an order goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// The recipient's name.
    pub name: Private,
    /// Street and house number.
    pub street: Private,
    /// City.
    pub city: Private,
    /// Postal code.
    pub postal_code: Private,
    /// The country's ISO 3166 code of two letters.
    pub country: String,
}

/// One problem of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer (RFC 6901); empty for the order itself.
    pub pointer: String,
    /// What is wrong. Never repeats what is private.
    pub message: String,
}

/// All that is wrong with what should be an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct OrderError {
    /// The problems, in the order of the text; at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            match problem.pointer.as_str() {
                "" => write!(f, "{separator}{}", problem.message)?,
                pointer => write!(f, "{separator}{pointer}: {}", problem.message)?,
            }
        }
        Ok(())
    }
}

/// The claimed total is not the sum of the lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("/totalMinor: the lines add up to `{computed}`, the order claims `{claimed}`")]
pub struct TotalError {
    /// What the lines add up to.
    pub computed: Money,
    /// What the order claims.
    pub claimed: Money,
}

impl Order {
    /// Reads an order from its JSON text.
    ///
    /// # Errors
    ///
    /// [`OrderError`] with every problem, or the one that kept it from being read at all.
    pub fn parse(text: &str) -> Result<Self, OrderError> {
        let problem = |message: String| OrderError { problems: vec![Problem { pointer: String::new(), message }] };
        if text.len() > ORDER_BYTES_MAX {
            return Err(problem(format!("has `{}` bytes, more than {ORDER_BYTES_MAX}", text.len())));
        }
        // Only the place: serde_json's own message may repeat what is private.
        let value = serde_json::from_str(text).map_err(|error| {
            problem(format!("is not JSON: it goes wrong in line {}, column {}", error.line(), error.column()))
        })?;
        Self::read(&value)
    }

    /// Reads an order from JSON.
    ///
    /// # Errors
    ///
    /// [`OrderError`] with every problem.
    pub fn read(value: &Value) -> Result<Self, OrderError> {
        let mut reading = Reading::default();
        let order = reading.order(value);
        match (order, reading.problems.is_empty()) {
            (Some(order), true) => Ok(order),
            _ => Err(OrderError { problems: reading.problems }),
        }
    }

    /// The order as JSON, its fields in one fixed order: the same content always gives the same text.
    pub fn to_value(&self) -> Value {
        let mut value = json!({ "orderId": self.id, "currency": self.currency.code, "lines": self.lines });
        if let Some(fields) = value.as_object_mut() {
            if let Some(claimed) = self.claimed_total_minor {
                fields.insert("totalMinor".to_owned(), json!(claimed));
            }
            fields.insert("payment".to_owned(), json!({ "token": self.payment_token }));
            fields.insert("customer".to_owned(), json!(self.customer));
            fields.insert("shipTo".to_owned(), json!(self.ship_to));
            fields.insert("flagged".to_owned(), json!(self.flagged));
        }
        value
    }

    /// What the lines add up to. The limits keep the sum far below what 64 bits, or a double, hold.
    pub fn computed_total(&self) -> Money {
        let minor = self.lines.iter().map(|line| line.quantity.saturating_mul(line.unit_price_minor));
        Money::of(minor.fold(0, u64::saturating_add), self.currency)
    }

    /// The total: computed from the lines, and equal to the claimed one where there is one.
    ///
    /// # Errors
    ///
    /// [`TotalError`] if the claimed total is another one.
    pub fn total(&self) -> Result<Money, TotalError> {
        let computed = self.computed_total();
        match self.claimed_total_minor {
            Some(claimed) if claimed != computed.minor => {
                Err(TotalError { computed, claimed: Money::of(claimed, self.currency) })
            }
            _ => Ok(computed),
        }
    }
}

/// How many pieces of each SKU some lines ask for; lines of the same SKU are added up.
pub(crate) fn pieces<'a>(lines: impl IntoIterator<Item = (&'a str, u64)>) -> BTreeMap<String, u64> {
    let mut pieces = BTreeMap::<String, u64>::new();
    for (sku, quantity) in lines {
        let sum = pieces.entry(sku.to_owned()).or_default();
        *sum = sum.saturating_add(quantity);
    }
    pieces
}
