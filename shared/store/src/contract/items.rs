//! Handlers' items are read by key and by partition.

use interpreter::Timestamp;
use serde_json::json;

use super::SharedStore;
use super::samples::{add, at, item, item_key, put, put_until};
use crate::{Condition, Item, Write};

async fn write(store: &SharedStore, writes: &[Write]) {
    store.transact(&[], writes, at(0)).await.unwrap();
}

async fn sorts(store: &SharedStore, after: Option<&str>, limit: usize, now: Timestamp) -> Vec<String> {
    store.items("stock", after, limit, now).await.unwrap().into_iter().map(|item| item.key.sort).collect()
}

pub(super) async fn an_item_reads_back_as_it_was_put(store: SharedStore) {
    assert_eq!(store.item(&item_key("stock", "sku/ä"), at(0)).await, Ok(None));
    let body = json!({"name": "Größe", "prices": [1, 2.5, -3, 12_345_678_901_234_567_u64], "none": null, "": {"a": true}});
    write(&store, &[put("sku/ä", body.clone(), Condition::Always), add("sku/ä2", -7, None)]).await;
    write(&store, &[add("sku/ä", 4, None)]).await;
    let expected = item("sku/ä", body, Some(4), 1);
    assert_eq!(store.item(&expected.key, at(0)).await, Ok(Some(expected.clone())));
    let second = item("sku/ä2", json!({}), Some(-7), 0);
    assert_eq!(store.items("stock", None, 10, at(0)).await, Ok(vec![expected, second]));
}

pub(super) async fn an_item_is_read_until_it_expires(store: SharedStore) {
    write(&store, &[put_until("a", json!({}), at(60), Condition::Always)]).await;
    let key = item_key("stock", "a");
    let before = Timestamp::from_millis(at(60).millis() - 1);
    let expected = Item { expires_at: Some(at(60)), ..item("a", json!({}), None, 1) };
    assert_eq!(store.item(&key, before).await, Ok(Some(expected)));
    assert_eq!(store.item(&key, at(60)).await, Ok(None), "from its expiry on");
    assert_eq!(sorts(&store, None, 10, before).await, ["a"]);
    assert_eq!(sorts(&store, None, 10, at(60)).await, Vec::<String>::new());
}

pub(super) async fn items_come_in_the_order_of_their_sort_keys(store: SharedStore) {
    for sort in ["b", "a#10", "a", "ä", "a#2", "B"] {
        write(&store, &[put(sort, json!({}), Condition::Always)]).await;
    }
    assert_eq!(sorts(&store, None, 10, at(0)).await, ["B", "a", "a#10", "a#2", "b", "ä"], "by the bytes of the key");
}

pub(super) async fn items_are_paged_by_their_sort_keys(store: SharedStore) {
    for sort in ["a", "b", "c", "d"] {
        write(&store, &[put(sort, json!({}), Condition::Always)]).await;
    }
    assert_eq!(sorts(&store, None, 2, at(0)).await, ["a", "b"]);
    assert_eq!(sorts(&store, Some("b"), 2, at(0)).await, ["c", "d"], "from behind the key on");
    assert_eq!(sorts(&store, Some("bb"), 9, at(0)).await, ["c", "d"], "a key that is not there has a place too");
    assert_eq!(sorts(&store, Some("d"), 2, at(0)).await, Vec::<String>::new());
}

pub(super) async fn expired_items_do_not_count_for_a_page(store: SharedStore) {
    for (number, sort) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        let expires_at = if number % 2 == 0 { at(9999) } else { at(10) };
        write(&store, &[put_until(sort, json!({}), expires_at, Condition::Always)]).await;
    }
    assert_eq!(sorts(&store, None, 2, at(20)).await, ["a", "c"]);
    assert_eq!(sorts(&store, Some("c"), 2, at(20)).await, ["e"]);
}

pub(super) async fn a_partition_has_its_own_items_only(store: SharedStore) {
    let other = |partition: &str| Write::Put {
        key: item_key(partition, "a"),
        body: json!({"of": partition}),
        expires_at: None,
        condition: Condition::Absent,
    };
    write(&store, &[put("a", json!({"of": "stock"}), Condition::Absent), other("stoc"), other("stocks"), other("stock#a")]).await;
    assert_eq!(store.items("stock", None, 10, at(0)).await, Ok(vec![item("a", json!({"of": "stock"}), None, 1)]));
    let read = store.item(&item_key("stocks", "a"), at(0)).await.unwrap().unwrap();
    assert_eq!(read.body, json!({"of": "stocks"}));
}
