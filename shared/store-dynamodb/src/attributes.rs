//! Attribute values: how numbers and texts are written, and read again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use store::{EntryError, StoreError, pack, pack_entry, unpack};

/// An item, or a part of one.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The format that items are written in, in their attribute `format`. Attributes are added without changing it; it changes when one changes
/// its meaning.
pub(crate) const FORMAT: u8 = 1;

/// Texts that are longer are packed, in bytes: a write unit is a kibibyte, so that less would save nothing.
const PACKED_ABOVE_BYTES: usize = 1024;

pub(crate) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn number(number: impl Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// A text of any length: as a string, or, where that may save a write unit, packed as binary. [`Stored::content`] reads either.
pub(crate) fn content(text: &str) -> Result<AttributeValue, StoreError> {
    if text.len() <= PACKED_ABOVE_BYTES {
        return Ok(string(text));
    }
    Ok(bytes(pack(text.as_bytes())?))
}

/// Inputs of heads that are longer are packed, in bytes: a head is about as long as a write unit without its input.
const PACKED_INPUT_ABOVE_BYTES: usize = 128;

/// An input as its head holds it: packed as entries are, which begin with the same. [`Stored::content`] reads it.
pub(crate) fn input_content(text: &str) -> Result<AttributeValue, StoreError> {
    if text.len() <= PACKED_INPUT_ABOVE_BYTES {
        return Ok(string(text));
    }
    Ok(bytes(pack_entry(text.as_bytes())?))
}

/// An item that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a>(&'a Attributes);

impl<'a> Stored<'a> {
    /// An item, unless a newer release wrote it.
    pub(crate) fn open(item: &'a Attributes) -> Result<Self, StoreError> {
        let stored = Self(item);
        match stored.number::<u8>("format")? {
            FORMAT => Ok(stored),
            0 => Err(corrupt("format", "there is no format 0")),
            newer => Err(EntryError::Newer(newer).into()),
        }
    }

    /// What an index holds of an item: without its format.
    pub(crate) fn projected(item: &'a Attributes) -> Self {
        Self(item)
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str, StoreError> {
        self.optional_text(name)?.ok_or_else(|| corrupt(name, "is missing"))
    }

    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, StoreError> {
        let value = self.0.get(name);
        value.map(|value| value.as_s().map(String::as_str).map_err(|_| corrupt(name, "is no string"))).transpose()
    }

    pub(crate) fn number<N: FromStr>(&self, name: &str) -> Result<N, StoreError> {
        self.optional_number(name)?.ok_or_else(|| corrupt(name, "is missing"))
    }

    pub(crate) fn optional_number<N: FromStr>(&self, name: &str) -> Result<Option<N>, StoreError> {
        let value = self.0.get(name);
        value.map(|value| parsed(value).ok_or_else(|| corrupt(name, "is no number in its range"))).transpose()
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<&'a [u8], StoreError> {
        match self.0.get(name) {
            Some(AttributeValue::B(blob)) => Ok(blob.as_ref()),
            Some(_) => Err(corrupt(name, "is not binary")),
            None => Err(corrupt(name, "is missing")),
        }
    }

    /// What [`content`] or [`input_content`] wrote.
    pub(crate) fn content(&self, name: &str) -> Result<Cow<'a, str>, StoreError> {
        match self.0.get(name) {
            Some(AttributeValue::S(text)) => Ok(Cow::Borrowed(text)),
            Some(AttributeValue::B(packed)) => {
                let text = String::from_utf8(unpack(packed.as_ref())?).map_err(|_| corrupt(name, "is not UTF-8"))?;
                Ok(Cow::Owned(text))
            }
            Some(_) => Err(corrupt(name, "is neither a string nor binary")),
            None => Err(corrupt(name, "is missing")),
        }
    }

    /// A JSON text of a known form.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.content(name)?).map_err(|error| corrupt(name, &error.to_string()))
    }

    /// The attributes whose names begin with `prefix`, by the rest of their names.
    pub(crate) fn numbers_under<N: FromStr>(&self, prefix: &str) -> Result<Vec<(String, N)>, StoreError> {
        let named = self.0.iter().filter_map(|(name, value)| Some((name, name.strip_prefix(prefix)?, value)));
        named
            .map(|(name, rest, value)| {
                let number = parsed(value).ok_or_else(|| corrupt(name, "is no number in its range"))?;
                Ok((rest.to_owned(), number))
            })
            .collect()
    }
}

fn parsed<N: FromStr>(value: &AttributeValue) -> Option<N> {
    value.as_n().ok()?.parse().ok()
}

/// That an attribute is not as it was written.
pub(crate) fn corrupt(name: &str, reason: &str) -> StoreError {
    EntryError::Corrupt(format!("attribute `{name}` {reason}")).into()
}

/// A value as JSON text.
pub(crate) fn json_text(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(format!("cannot be written as JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, value: AttributeValue) -> Attributes {
        Attributes::from([("format".to_owned(), number(FORMAT)), (name.to_owned(), value)])
    }

    #[test]
    fn a_text_of_more_than_a_write_unit_is_packed() {
        let check = |text: &str, is_packed: bool| {
            let written = content(text).unwrap();
            assert_eq!(written.is_b(), is_packed, "{} bytes", text.len());
            assert_eq!(Stored::open(&item("text", written)).unwrap().content("text").unwrap(), text);
        };
        check("", false);
        check(&"a".repeat(PACKED_ABOVE_BYTES), false);
        check(&"a".repeat(PACKED_ABOVE_BYTES + 1), true);
    }

    #[test]
    fn an_item_of_a_newer_release_is_not_taken_for_damaged() {
        let of_format = |format: &str| Attributes::from([("format".to_owned(), AttributeValue::N(format.to_owned()))]);
        assert_eq!(Stored::open(&of_format("2")).unwrap_err(), StoreError::Entry(EntryError::Newer(2)));
        for damaged in [of_format("0"), of_format("x"), of_format("-1"), Attributes::new()] {
            assert!(matches!(Stored::open(&damaged), Err(StoreError::Entry(EntryError::Corrupt(_)))), "{damaged:?}");
        }
    }

    #[test]
    fn an_attribute_of_another_type_is_corrupt() {
        let check = |outcome: Result<(), StoreError>| assert!(matches!(outcome, Err(StoreError::Entry(EntryError::Corrupt(_)))));
        let (text, counted) = (item("a", string("x")), item("a", number(-1)));
        let (text, counted) = (Stored::open(&text).unwrap(), Stored::open(&counted).unwrap());
        check(text.number::<u64>("a").map(drop));
        check(text.bytes("a").map(drop));
        check(text.text("b").map(drop));
        check(counted.text("a").map(drop));
        check(counted.number::<u64>("a").map(drop));
        check(counted.content("a").map(drop));
        assert_eq!(counted.number::<i64>("a"), Ok(-1));
        assert_eq!(counted.optional_number::<i64>("b"), Ok(None));
    }
}
