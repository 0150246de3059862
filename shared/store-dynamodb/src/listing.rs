//! Heads in the order of their starts, newest first.
//!
//! The index `list` has a partition per machine, status and shard. A page is merged from all partitions that it may come from, each read from
//! the page's place on: the place is one of starts, not of a partition, so that one token serves all.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use store::{Head, HeadPage, HeadQuery, ListPosition, StoreError};

use crate::attributes::{Attributes, Stored, string};
use crate::head_item::{self, LIST_SHARDS, STATUSES, list_partition, list_place, list_position};
use crate::key::{LISTED_MACHINES, PARTITION_KEY, SORT_KEY};
use crate::table::{LIST_INDEX, LIST_PLACE};
use crate::table_store::DynamoStore;

/// More machines than one account has (AWS's quota is 10,000).
const MACHINES_MAX: usize = 100_000;

/// Partitions that are asked at once.
const PARTITIONS_AT_ONCE: usize = 40;

impl DynamoStore {
    pub(crate) async fn list_head_items(&self, query: &HeadQuery) -> Result<HeadPage, StoreError> {
        let after = query.after.as_deref().map(ListPosition::parse).transpose()?.map(|position| list_place(&position));
        // By place: an execution that ended a moment ago may stand in two partitions.
        let mut found = BTreeMap::new();
        for partitions in self.partitions(query).await?.chunks(PARTITIONS_AT_ONCE) {
            let places = partitions.iter().map(|partition| self.places_in(partition, after.as_deref(), query.limit));
            found.extend(try_join_all(places).await?.into_iter().flatten());
        }
        let more = found.len() > query.limit;
        let page: Vec<(ListPosition, Attributes)> = found.into_iter().rev().take(query.limit).collect();
        let next = page.last().filter(|_| more).map(|(position, _)| position.token());
        let heads = self.heads_of(page).await?.into_iter().filter(|head| query.matches(head)).collect();
        Ok(HeadPage { heads, next })
    }

    async fn partitions(&self, query: &HeadQuery) -> Result<Vec<String>, StoreError> {
        let machines = match &query.machine_arn {
            Some(arn) => vec![arn.clone()],
            None => self.listed_machines().await?,
        };
        let statuses = || STATUSES.into_iter().filter(|status| query.status.is_none_or(|wanted| wanted == *status));
        let partitions = machines.iter().flat_map(|machine| {
            statuses().flat_map(move |status| (0..LIST_SHARDS).map(move |shard| list_partition(machine, status, shard)))
        });
        Ok(partitions.collect())
    }

    async fn listed_machines(&self) -> Result<Vec<String>, StoreError> {
        let request = self
            .client()
            .query()
            .key_condition_expression("pk = :partition")
            .expression_attribute_values(":partition", string(LISTED_MACHINES))
            .consistent_read(true);
        let items = self.query(request, MACHINES_MAX).await?;
        items.iter().map(|item| Ok(Stored::open(item)?.text(SORT_KEY)?.to_owned())).collect()
    }

    /// The places and keys of one partition: one more than the page takes, to know whether there is another page.
    async fn places_in(
        &self,
        partition: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(ListPosition, Attributes)>, StoreError> {
        let request = self
            .client()
            .query()
            .index_name(LIST_INDEX)
            .expression_attribute_values(":partition", string(partition))
            .scan_index_forward(false);
        let request = match after {
            None => request.key_condition_expression("list_partition = :partition"),
            Some(after) => request
                .key_condition_expression("list_partition = :partition AND list_place < :after")
                .expression_attribute_values(":after", string(after)),
        };
        self.query(request, limit.saturating_add(1)).await?.into_iter().map(place).collect()
    }

    /// The heads of a page, in its order.
    async fn heads_of(&self, page: Vec<(ListPosition, Attributes)>) -> Result<Vec<Head>, StoreError> {
        let (positions, keys): (Vec<ListPosition>, Vec<Attributes>) = page.into_iter().unzip();
        let mut heads = BTreeMap::new();
        for item in self.live(self.get_all(&keys).await?)? {
            let head = head_item::read(&item)?.head;
            heads.insert(head.identity.id.clone(), head);
        }
        Ok(positions.iter().filter_map(|position| heads.remove(&position.execution)).collect())
    }
}

/// An entry of the index: its place, and the key of the head.
fn place(mut item: Attributes) -> Result<(ListPosition, Attributes), StoreError> {
    let position = list_position(Stored::projected(&item).text(LIST_PLACE)?)?;
    item.retain(|name, _| name == PARTITION_KEY || name == SORT_KEY);
    Ok((position, item))
}
