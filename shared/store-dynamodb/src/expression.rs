//! Update and condition expressions, with the names and values they mention.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::attributes::{Attributes, number};

/// The condition that there is no such item.
pub(crate) const ABSENT: &str = "attribute_not_exists(#pk)";

/// What a request does and on what condition.
///
/// In conditions an attribute is written `#name`, since many of our names are reserved words; a value is written `:name` and given by
/// [`Self::value`]. What [`Self::set`] sets to is `:name` of its attribute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expression {
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: Attributes,
}

impl Expression {
    /// Nothing, on no condition.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute.
    pub(crate) fn set(self, name: &str, value: AttributeValue) -> Self {
        self.setting(name, format!("#{name} = :{name}")).value(name, value)
    }

    /// Sets an attribute that there is not yet.
    pub(crate) fn set_if_absent(self, name: &str, value: AttributeValue) -> Self {
        self.setting(name, format!("#{name} = if_not_exists(#{name}, :{name})")).value(name, value)
    }

    /// Adds 1 to an attribute; it counts as 0 where there is none.
    pub(crate) fn increment(self, name: &str) -> Self {
        self.setting(name, format!("#{name} = if_not_exists(#{name}, :zero) + :one"))
            .value("zero", number(0))
            .value("one", number(1))
    }

    fn setting(mut self, name: &str, text: String) -> Self {
        self.sets.push(text);
        self.named(name)
    }

    /// Sets an attribute, or removes it.
    pub(crate) fn set_or_remove(self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self.remove(name),
        }
    }

    /// Removes an attribute.
    pub(crate) fn remove(mut self, name: &str) -> Self {
        self.removes.push(format!("#{name}"));
        self.named(name)
    }

    /// Adds to the number that stands in `attribute`, called `#placeholder` and `:placeholder`.
    pub(crate) fn add(mut self, placeholder: &str, attribute: &str, delta: i64) -> Self {
        self.adds.push(format!("#{placeholder} :{placeholder}"));
        self.names.insert(format!("#{placeholder}"), attribute.to_owned());
        self.value(placeholder, number(delta))
    }

    /// Requires a condition, besides those it has.
    pub(crate) fn on(mut self, condition: &str) -> Self {
        let names: Vec<&str> = names_in(condition).filter(|name| !self.names.contains_key(&format!("#{name}"))).collect();
        self.conditions.push(format!("({condition})"));
        names.into_iter().fold(self, Self::named)
    }

    /// Requires an attribute to be what it was.
    pub(crate) fn on_unchanged(self, name: &str, was: Option<AttributeValue>) -> Self {
        match was {
            None => self.on(&format!("attribute_not_exists(#{name})")),
            Some(was) => self.on(&format!("#{name} = :was_{name}")).value(&format!("was_{name}"), was),
        }
    }

    /// Gives a value that is mentioned.
    pub(crate) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    fn named(mut self, name: &str) -> Self {
        self.names.insert(format!("#{name}"), name.to_owned());
        self
    }

    /// The update expression.
    pub(crate) fn update(&self) -> Option<String> {
        let clauses = [("SET", &self.sets), ("REMOVE", &self.removes), ("ADD", &self.adds)];
        let clauses: Vec<String> = clauses
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(keyword, parts)| format!("{keyword} {}", parts.join(", ")))
            .collect();
        (!clauses.is_empty()).then(|| clauses.join(" "))
    }

    /// The condition expression.
    pub(crate) fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    /// The names; none rather than empty, which DynamoDB refuses.
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    /// The values; none rather than empty, which DynamoDB refuses.
    pub(crate) fn values(&self) -> Option<Attributes> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

/// The attributes that a text mentions as `#name`.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('#').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_names_what_it_mentions() {
        let expression = Expression::new()
            .set("wake_at", number(5))
            .remove("closed_at")
            .increment("version")
            .on("#status = :running OR attribute_not_exists(#pk)")
            .value("running", AttributeValue::S("RUNNING".to_owned()));
        assert_eq!(
            expression.update().unwrap(),
            "SET #wake_at = :wake_at, #version = if_not_exists(#version, :zero) + :one REMOVE #closed_at"
        );
        assert_eq!(expression.condition().unwrap(), "(#status = :running OR attribute_not_exists(#pk))");
        let mut names: Vec<String> = expression.names().unwrap().into_values().collect();
        names.sort();
        assert_eq!(names, ["closed_at", "pk", "status", "version", "wake_at"]);
        assert_eq!(expression.values().unwrap().len(), 4);
    }

    #[test]
    fn a_counter_keeps_its_own_name_in_conditions() {
        let expression = Expression::new().add("counter", "counter.on hand", -1).on("#counter >= :low");
        assert_eq!(expression.names().unwrap().get("#counter").unwrap(), "counter.on hand");
        assert_eq!(expression.update().unwrap(), "ADD #counter :counter");
    }

    #[test]
    fn nothing_is_none_rather_than_empty() {
        let expression = Expression::new();
        assert_eq!((expression.update(), expression.condition()), (None, None));
        assert!(expression.names().is_none() && expression.values().is_none());
    }
}
