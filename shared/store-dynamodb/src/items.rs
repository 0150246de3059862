//! Handlers' items: their attributes, and what their writes and conditions are as expressions.

use interpreter::Timestamp;
use serde_json::Value;
use store::{Condition, Item, ItemKey, StoreError, Write};

use crate::attributes::{Attributes, FORMAT, Stored, content, json_text, number, string};
use crate::expression::{ABSENT, Expression};
use crate::key::{self, EXPIRES_AT, Key, PARTITION_KEY, SORT_KEY};
use crate::table_store::DynamoStore;

/// When an item expires, in milliseconds: what reads and conditions go by. [`EXPIRES_AT`] is in seconds, and for DynamoDB alone.
const EXPIRES_MILLIS: &str = "expires_at_millis";

/// What precedes a counter's name in the name of its attribute. Attributes of the item, not of a map in it: a counter is added to without
/// knowing whether there is an item yet.
const COUNTER_PREFIX: &str = "counter.";

/// The condition that an item, if there is one, has not expired.
const NOT_EXPIRED: &str = "attribute_not_exists(#expires_at_millis) OR #expires_at_millis > :now";

/// The condition that there is no item, or one that has expired.
const NONE_LIVE: &str = "attribute_not_exists(#pk) OR #expires_at_millis <= :now";

impl DynamoStore {
    pub(crate) async fn handler_item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError> {
        let item = self.get(&Key::Item(key)).await?.map(|item| read(&item)).transpose()?;
        Ok(item.filter(|item| item.is_live(now)))
    }

    pub(crate) async fn handler_items(
        &self,
        partition: &str,
        after: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Item>, StoreError> {
        let request = self
            .client()
            .query()
            .expression_attribute_values(":partition", string(key::items_in(partition)))
            .filter_expression("attribute_not_exists(expires_at_millis) OR expires_at_millis > :now")
            .expression_attribute_values(":now", number(now.millis()))
            .consistent_read(true);
        let request = match after {
            // A sort key is never empty.
            None | Some("") => request.key_condition_expression("pk = :partition"),
            Some(after) => request
                .key_condition_expression("pk = :partition AND sk > :after")
                .expression_attribute_values(":after", string(after)),
        };
        self.query(request, limit).await?.iter().map(read).collect()
    }
}

/// The item of a handler's item.
pub(crate) fn written(item: &Item) -> Result<Attributes, StoreError> {
    let mut attributes = Key::Item(&item.key).new_item();
    attributes.insert("body".to_owned(), content(&json_text(&item.body)?)?);
    attributes.insert("version".to_owned(), number(item.version));
    if let Some(expires_at) = item.expires_at {
        attributes.insert(EXPIRES_AT.to_owned(), number(seconds_after(expires_at)));
        attributes.insert(EXPIRES_MILLIS.to_owned(), number(expires_at.millis()));
    }
    attributes.extend(item.counters.iter().map(|(name, count)| (format!("{COUNTER_PREFIX}{name}"), number(count))));
    Ok(attributes)
}

/// The handler's item of an item.
pub(crate) fn read(item: &Attributes) -> Result<Item, StoreError> {
    let stored = Stored::open(item)?;
    let partition = stored.text(PARTITION_KEY)?;
    let partition = partition.strip_prefix(&key::items_in("")).unwrap_or(partition).to_owned();
    Ok(Item {
        key: ItemKey { partition, sort: stored.text(SORT_KEY)?.to_owned() },
        body: stored.json("body")?,
        counters: stored.numbers_under(COUNTER_PREFIX)?.into_iter().collect(),
        version: stored.number("version")?,
        expires_at: stored.optional_number(EXPIRES_MILLIS)?.map(Timestamp::from_millis),
    })
}

/// What a write does to an item that is live or absent, on condition that it is, and on its own condition.
pub(crate) fn change(write: &Write, now: Timestamp) -> Result<Expression, StoreError> {
    Ok(match write {
        Write::Put { body, expires_at, condition, .. } => {
            let change = Expression::new()
                .set("body", content(&json_text(body)?)?)
                .set("format", number(FORMAT))
                .increment("version")
                .set_or_remove(EXPIRES_AT, expires_at.map(|at| number(seconds_after(at))))
                .set_or_remove(EXPIRES_MILLIS, expires_at.map(|at| number(at.millis())));
            required(not_expired(change, now), *condition, now)
        }
        Write::Add { counter, delta, floor, .. } => {
            let change = Expression::new()
                .set_if_absent("body", content(&json_text(&Value::Object(serde_json::Map::new()))?)?)
                .set_if_absent("version", number(0))
                .set_if_absent("format", number(FORMAT))
                .add("counter", &format!("{COUNTER_PREFIX}{counter}"), *delta);
            within_bounds(not_expired(change, now), *delta, *floor)
        }
        Write::Delete { condition, .. } | Write::Check { condition, .. } => required(Expression::new(), *condition, now),
    })
}

/// The condition under which an item that expired is overwritten by one that is made afresh.
pub(crate) fn afresh(now: Timestamp) -> Expression {
    Expression::new().on(NONE_LIVE).value("now", number(now.millis()))
}

fn not_expired(expression: Expression, now: Timestamp) -> Expression {
    expression.on(NOT_EXPIRED).value("now", number(now.millis()))
}

fn required(expression: Expression, condition: Condition, now: Timestamp) -> Expression {
    match condition {
        Condition::Always => expression,
        Condition::Absent if expression.update().is_some() => expression.on(ABSENT),
        Condition::Absent => expression.on(NONE_LIVE).value("now", number(now.millis())),
        Condition::Version(version) => not_expired(expression, now).on("#version = :expected").value("expected", number(version)),
    }
}

/// The counter stays within its floor and its type: DynamoDB's numbers reach further than ours. A counter that there is not yet counts as 0,
/// which is judged here, since an expression cannot.
fn within_bounds(expression: Expression, delta: i64, floor: Option<i64>) -> Expression {
    let delta = i128::from(delta);
    let low = i128::from(floor.unwrap_or(i64::MIN)) - delta;
    let high = i128::from(i64::MAX) - delta;
    let counter = "#counter >= :low AND #counter <= :high";
    let condition =
        if (low..=high).contains(&0) { format!("attribute_not_exists(#counter) OR ({counter})") } else { counter.to_owned() };
    expression.on(&condition).value("low", number(low)).value("high", number(high))
}

/// Seconds since 1970, not before the instant: DynamoDB is never to delete what reads still show.
pub(crate) fn seconds_after(at: Timestamp) -> i64 {
    let millis = at.millis();
    millis.div_euclid(1000) + i64::from(millis.rem_euclid(1000) > 0)
}

#[cfg(test)]
mod tests {
    use store::contract::samples::item;

    use super::*;

    #[test]
    fn an_item_is_read_as_it_was_written() {
        let check = |item: &Item| assert_eq!(read(&written(item).unwrap()).unwrap(), *item);
        check(&item("SKU-1", serde_json::json!({"name": "x".repeat(5_000)}), Some(-3), 4));
        check(&Item { expires_at: Some(Timestamp::from_millis(1_500)), ..item("SKU-2", serde_json::json!({}), None, 0) });
    }

    #[test]
    fn expiry_is_never_before_its_instant() {
        let check = |millis, seconds| assert_eq!(seconds_after(Timestamp::from_millis(millis)), seconds);
        check(0, 0);
        check(1, 1);
        check(1_000, 1);
        check(1_001, 2);
    }

    #[test]
    fn a_counter_that_is_not_there_counts_as_zero() {
        let may_be_absent = |delta, floor| {
            let condition = within_bounds(Expression::new(), delta, floor).condition().unwrap();
            condition.contains("attribute_not_exists")
        };
        assert!(may_be_absent(5, Some(5)));
        assert!(!may_be_absent(5, Some(6)));
        assert!(may_be_absent(-1, None));
        assert!(!may_be_absent(-1, Some(0)));
        assert!(may_be_absent(i64::MAX, Some(i64::MIN)));
        assert!(may_be_absent(i64::MIN, None));
    }
}
