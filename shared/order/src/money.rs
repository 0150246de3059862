//! Amounts of money: whole minor units of a currency that knows its exponent.
//!
//! Source of the exponents: ISO 4217. There are no fractions and no floating point anywhere: a price of 12.50 EUR is 1250, one
//! of 1250 JPY is 1250, one of 1.250 KWD is 1250.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An order of more than this many whole units of its currency (as EUR is one) is reviewed by a person.
const REVIEW_ABOVE_EUR: u64 = 1_000;

/// A currency that orders can be in: code, exponent, and how many of it are about one EUR.
const CURRENCIES: [(&str, u32, u64); 14] = [
    ("AUD", 2, 2),
    ("BHD", 3, 1),
    ("CAD", 2, 2),
    ("CHF", 2, 1),
    ("DKK", 2, 8),
    ("EUR", 2, 1),
    ("GBP", 2, 1),
    ("JPY", 0, 150),
    ("KRW", 0, 1_500),
    ("KWD", 3, 1),
    ("NOK", 2, 12),
    ("SEK", 2, 12),
    ("TND", 3, 3),
    ("USD", 2, 1),
];

/// A currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency {
    /// Its ISO 4217 code.
    pub code: &'static str,
    /// How many decimal digits its minor unit has: 2 for EUR, 0 for JPY, 3 for KWD.
    pub exponent: u32,
    /// Orders above this many minor units are reviewed by a person.
    pub review_above_minor: u64,
}

impl Currency {
    /// The currency with this code; none if orders cannot be in it.
    pub fn of(code: &str) -> Option<Self> {
        CURRENCIES.iter().find(|(known, _, _)| *known == code).map(|&(code, exponent, per_eur)| Self {
            code,
            exponent,
            review_above_minor: REVIEW_ABOVE_EUR.saturating_mul(per_eur).saturating_mul(10_u64.saturating_pow(exponent)),
        })
    }

    /// The codes of all currencies that orders can be in.
    pub fn codes() -> Vec<&'static str> {
        CURRENCIES.iter().map(|(code, _, _)| *code).collect()
    }
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In minor units.
    pub minor: u64,
    /// The currency's code.
    pub currency: String,
    /// The currency's exponent: carried along, so that no reader needs a table.
    pub exponent: u32,
}

impl Money {
    /// This many minor units of a currency.
    pub fn of(minor: u64, currency: Currency) -> Self {
        Self { minor, currency: currency.code.to_owned(), exponent: currency.exponent }
    }

    /// As tasks receive it: `{"minor": 1250, "currency": "EUR", "exponent": 2}`.
    pub fn to_value(&self) -> Value {
        json!(self)
    }
}

impl fmt::Display for Money {
    /// `12.50 EUR`, `1250 JPY`, `1.250 KWD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.saturating_pow(self.exponent);
        let (whole, part) = (self.minor.checked_div(unit).unwrap_or(0), self.minor.checked_rem(unit).unwrap_or(0));
        match usize::try_from(self.exponent).unwrap_or(0) {
            0 => write!(f, "{} {}", self.minor, self.currency),
            digits => write!(f, "{whole}.{part:0digits$} {}", self.currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_shown_with_the_digits_of_its_currency() {
        let check = |minor: u64, code: &str, expected: &str| {
            assert_eq!(Money::of(minor, Currency::of(code).unwrap()).to_string(), expected);
        };
        check(1_250, "EUR", "12.50 EUR");
        check(5, "USD", "0.05 USD");
        check(1_250, "JPY", "1250 JPY");
        check(1_250, "KWD", "1.250 KWD");
        check(7, "KWD", "0.007 KWD");
    }

    #[test]
    fn what_is_expensive_is_judged_in_the_units_of_each_currency() {
        let check = |code: &str, minor: u64| assert_eq!(Currency::of(code).unwrap().review_above_minor, minor, "{code}");
        check("EUR", 100_000);
        check("JPY", 150_000);
        check("KWD", 1_000_000);
    }

    #[test]
    fn an_unknown_currency_is_none() {
        assert_eq!(Currency::of("XXX"), None);
        assert_eq!(Currency::of("eur"), None);
    }
}
