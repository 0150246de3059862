//! Reads an order field by field and notes every problem, so that the shop hears of all of them at once.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::{
    Address, Customer, EMAIL_CHARACTERS_MAX, LINES_MAX, ORDER_ID_CHARACTERS_MAX, Order, OrderLine, POSTAL_CODE_CHARACTERS_MAX,
    Problem, QUANTITY_MAX, SKU_CHARACTERS_MAX, TEXT_CHARACTERS_MAX, TOKEN_CHARACTERS_MAX, UNIT_PRICE_MINOR_MAX,
};
use crate::money::Currency;
use crate::private::Private;

/// Digits in a row from which on a token looks like a card number (ISO/IEC 7812: at least 12 are in use).
const CARD_DIGITS_MIN: usize = 12;

type Object = Map<String, Value>;

/// The problems found so far.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) problems: Vec<Problem>,
}

impl Reading {
    pub(super) fn order(&mut self, value: &Value) -> Option<Order> {
        const FIELDS: [&str; 8] = ["orderId", "currency", "lines", "totalMinor", "payment", "customer", "shipTo", "flagged"];
        let order = self.object(value, "", &FIELDS)?;
        let id = self.identifier(order, "", "orderId", ORDER_ID_CHARACTERS_MAX);
        let currency = self.currency(order);
        let lines = self.lines(order);
        let claimed = match order.get("totalMinor") {
            None => Some(None),
            Some(_) => self.whole(order, "", "totalMinor", 0..=u64::MAX).map(Some),
        };
        let payment_token = self.token(order);
        let customer = self.customer(order);
        let ship_to = self.address(order);
        let flagged = self.flagged(order);
        Some(Order {
            id: id?,
            currency: currency?,
            lines: lines?,
            claimed_total_minor: claimed?,
            payment_token: payment_token?,
            customer: customer?,
            ship_to: ship_to?,
            flagged: flagged?,
        })
    }

    fn currency(&mut self, order: &Object) -> Option<Currency> {
        let code = self.text(order, "", "currency", 3)?;
        let currency = Currency::of(&code);
        if currency.is_none() {
            self.note::<()>("/currency", format!("orders are in one of {}", Currency::codes().join(", ")));
        }
        currency
    }

    fn lines(&mut self, order: &Object) -> Option<Vec<OrderLine>> {
        let lines = self.required(order, "", "lines")?;
        let Some(lines) = lines.as_array() else {
            return self.note("/lines", "must be an array");
        };
        if lines.is_empty() || lines.len() > LINES_MAX {
            return self.note("/lines", format!("must have from 1 to {LINES_MAX} lines, has `{}`", lines.len()));
        }
        // Each line is read before any is given up, so that all their problems are named.
        let read: Vec<_> = lines.iter().enumerate().map(|(index, line)| self.line(line, &format!("/lines/{index}"))).collect();
        read.into_iter().collect()
    }

    fn line(&mut self, value: &Value, at: &str) -> Option<OrderLine> {
        let line = self.object(value, at, &["sku", "quantity", "unitPriceMinor"])?;
        let sku = self.identifier(line, at, "sku", SKU_CHARACTERS_MAX);
        let quantity = self.whole(line, at, "quantity", 1..=QUANTITY_MAX);
        let unit_price_minor = self.whole(line, at, "unitPriceMinor", 0..=UNIT_PRICE_MINOR_MAX);
        Some(OrderLine { sku: sku?, quantity: quantity?, unit_price_minor: unit_price_minor? })
    }

    fn token(&mut self, order: &Object) -> Option<Private> {
        let payment = self.required(order, "", "payment")?;
        let payment = self.object(payment, "/payment", &["token"])?;
        let token = self.text(payment, "/payment", "token", TOKEN_CHARACTERS_MAX)?;
        let digits = token.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
        let well_formed = token.starts_with("tok_") && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !well_formed || digits >= CARD_DIGITS_MIN {
            return self.note("/payment/token", "must be a token of the payment processor (`tok_...`), never a card number");
        }
        Some(Private::new(token))
    }

    fn customer(&mut self, order: &Object) -> Option<Customer> {
        let at = "/customer";
        let customer = self.required(order, "", "customer")?;
        let customer = self.object(customer, at, &["name", "email"])?;
        let name = self.private(customer, at, "name", TEXT_CHARACTERS_MAX);
        let email = self.private(customer, at, "email", EMAIL_CHARACTERS_MAX)?;
        let parts = email.reveal().split_once('@');
        if !parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !domain.contains('@')) {
            return self.note("/customer/email", "must be an e-mail address");
        }
        Some(Customer { name: name?, email })
    }

    fn address(&mut self, order: &Object) -> Option<Address> {
        let at = "/shipTo";
        let address = self.required(order, "", "shipTo")?;
        let address = self.object(address, at, &["name", "street", "city", "postalCode", "country"])?;
        let name = self.private(address, at, "name", TEXT_CHARACTERS_MAX);
        let street = self.private(address, at, "street", TEXT_CHARACTERS_MAX);
        let city = self.private(address, at, "city", TEXT_CHARACTERS_MAX);
        let postal_code = self.private(address, at, "postalCode", POSTAL_CODE_CHARACTERS_MAX);
        let country = self.text(address, at, "country", 2)?;
        if country.len() != 2 || !country.chars().all(|c| c.is_ascii_uppercase()) {
            return self.note("/shipTo/country", "must be two capital letters (ISO 3166)");
        }
        Some(Address { name: name?, street: street?, city: city?, postal_code: postal_code?, country })
    }

    fn flagged(&mut self, order: &Object) -> Option<bool> {
        match order.get("flagged") {
            None => Some(false),
            Some(Value::Bool(flagged)) => Some(*flagged),
            Some(_) => self.note("/flagged", "must be `true` or `false`"),
        }
    }

    /// An object with no fields but these.
    fn object<'v>(&mut self, value: &'v Value, at: &str, fields: &[&str]) -> Option<&'v Object> {
        let Some(object) = value.as_object() else {
            return self.note(at, "must be an object");
        };
        for name in object.keys().filter(|name| !fields.contains(&name.as_str())) {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            self.note::<()>(&format!("{at}/{escaped}"), "is no field of an order");
        }
        Some(object)
    }

    fn required<'v>(&mut self, object: &'v Object, at: &str, name: &str) -> Option<&'v Value> {
        let value = object.get(name);
        if value.is_none() {
            self.note::<()>(&format!("{at}/{name}"), "is missing");
        }
        value
    }

    fn text(&mut self, object: &Object, at: &str, name: &str, characters_max: usize) -> Option<String> {
        let value = self.required(object, at, name)?;
        let pointer = format!("{at}/{name}");
        let Some(text) = value.as_str() else {
            return self.note(&pointer, "must be a text");
        };
        let characters = text.chars().count();
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return self.note(&pointer, "must be a text, neither empty nor with control characters");
        }
        if characters > characters_max {
            return self.note(&pointer, format!("has `{characters}` characters, more than {characters_max}"));
        }
        Some(text.to_owned())
    }

    fn private(&mut self, object: &Object, at: &str, name: &str, characters_max: usize) -> Option<Private> {
        self.text(object, at, name, characters_max).map(Private::new)
    }

    fn identifier(&mut self, object: &Object, at: &str, name: &str, characters_max: usize) -> Option<String> {
        let text = self.text(object, at, name, characters_max)?;
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return self
                .note(&format!("{at}/{name}"), format!("`{text}` has other characters than letters, digits, `-` and `_`"));
        }
        Some(text)
    }

    fn whole(&mut self, object: &Object, at: &str, name: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.required(object, at, name)?;
        let whole = value.as_u64().filter(|whole| range.contains(whole));
        if whole.is_none() {
            let (least, most) = (range.start(), range.end());
            let found = if value.is_number() { format!(", found `{value}`") } else { String::new() };
            self.note::<()>(&format!("{at}/{name}"), format!("must be a whole number from {least} to {most}{found}"));
        }
        whole
    }

    fn note<T>(&mut self, pointer: &str, message: impl Into<String>) -> Option<T> {
        self.problems.push(Problem { pointer: pointer.to_owned(), message: message.into() });
        None
    }
}
