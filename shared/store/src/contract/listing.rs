//! Heads are listed newest first, in pages.

use interpreter::ExecutionStatus;

use super::samples::{at, head, identity};
use super::{SharedStore, eventually};
use crate::{HeadPage, HeadQuery, StoreError};

async fn create(store: &SharedStore, machine: &str, names: &[(&str, i64)]) {
    for (name, seconds) in names {
        store.create_head(&head(machine, name, *seconds)).await.unwrap();
    }
}

async fn end(store: &SharedStore, name: &str, status: ExecutionStatus) {
    store.report(&identity("order", name), status, Some(at(99)), None, 2).await.unwrap();
}

fn names_of(page: &HeadPage) -> Vec<String> {
    page.heads.iter().map(|head| head.identity.name.clone()).collect()
}

/// The names on all pages of a query, read page by page; no page is longer than the limit.
async fn names(store: &SharedStore, query: HeadQuery) -> Vec<String> {
    let (mut names, mut query) = (Vec::new(), query);
    loop {
        let page = store.list_heads(&query).await.unwrap();
        assert!(page.heads.len() <= query.limit);
        names.extend(names_of(&page));
        match page.next {
            None => return names,
            next => query.after = next,
        }
    }
}

fn pages_of(limit: usize) -> HeadQuery {
    HeadQuery { limit, ..HeadQuery::default() }
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

pub(super) async fn heads_are_listed_newest_first(store: SharedStore) {
    create(&store, "order", &[("b", 20), ("c", 30), ("a", 10)]).await;
    eventually(|| names(&store, pages_of(10)), texts(&["c", "b", "a"])).await;
    let page = store.list_heads(&pages_of(10)).await.unwrap();
    assert_eq!(page.heads[0], head("order", "c", 30), "whole heads are listed");
}

pub(super) async fn pages_follow_each_other_without_gap_or_repetition(store: SharedStore) {
    let all: Vec<String> = (0..25).map(|number| format!("o-{number}")).collect();
    let created: Vec<(&str, i64)> = all.iter().map(String::as_str).zip(0..).collect();
    create(&store, "order", &created).await;
    let newest_first: Vec<String> = all.iter().rev().cloned().collect();
    for limit in [1, 7, 25, 100] {
        eventually(|| names(&store, pages_of(limit)), newest_first.clone()).await;
    }
}

pub(super) async fn executions_started_at_the_same_time_are_each_listed_once(store: SharedStore) {
    let all: Vec<String> = (0..12).map(|number| format!("o-{number:02}")).collect();
    let created: Vec<(&str, i64)> = all.iter().map(|name| (name.as_str(), 5)).collect();
    create(&store, "order", &created).await;
    let sorted = async || {
        let mut names = names(&store, pages_of(5)).await;
        names.sort();
        names
    };
    eventually(sorted, all).await;
}

pub(super) async fn a_machine_lists_its_own_executions(store: SharedStore) {
    create(&store, "order", &[("a", 10), ("b", 20)]).await;
    create(&store, "return", &[("c", 15)]).await;
    let of = |machine: &str| HeadQuery { machine_arn: Some(identity(machine, "").machine_arn), ..pages_of(1) };
    eventually(|| names(&store, of("order")), texts(&["b", "a"])).await;
    eventually(|| names(&store, of("return")), texts(&["c"])).await;
    eventually(|| names(&store, of("nothing")), texts(&[])).await;
}

pub(super) async fn heads_are_listed_by_status(store: SharedStore) {
    create(&store, "order", &[("a", 10), ("b", 20), ("c", 30), ("d", 40)]).await;
    end(&store, "a", ExecutionStatus::Failed).await;
    end(&store, "c", ExecutionStatus::Succeeded).await;
    end(&store, "d", ExecutionStatus::Failed).await;
    let with = |status| HeadQuery { status: Some(status), ..pages_of(1) };
    eventually(|| names(&store, with(ExecutionStatus::Failed)), texts(&["d", "a"])).await;
    eventually(|| names(&store, with(ExecutionStatus::Succeeded)), texts(&["c"])).await;
    eventually(|| names(&store, with(ExecutionStatus::Running)), texts(&["b"])).await;
    eventually(|| names(&store, with(ExecutionStatus::Aborted)), texts(&[])).await;
}

pub(super) async fn machine_and_status_narrow_together(store: SharedStore) {
    create(&store, "order", &[("a", 10), ("b", 20), ("c", 30)]).await;
    create(&store, "return", &[("d", 40)]).await;
    end(&store, "b", ExecutionStatus::Failed).await;
    let machine_arn = Some(identity("order", "").machine_arn);
    let query = HeadQuery { machine_arn, status: Some(ExecutionStatus::Running), ..pages_of(1) };
    eventually(|| names(&store, query.clone()), texts(&["c", "a"])).await;
}

pub(super) async fn what_starts_between_two_pages_does_not_move_the_second(store: SharedStore) {
    create(&store, "order", &[("a", 10), ("b", 20), ("c", 30), ("d", 40)]).await;
    eventually(|| names(&store, pages_of(10)), texts(&["d", "c", "b", "a"])).await;
    let first = store.list_heads(&pages_of(2)).await.unwrap();
    assert_eq!(names_of(&first), ["d", "c"]);
    create(&store, "order", &[("e", 50)]).await;
    eventually(|| names(&store, pages_of(10)), texts(&["e", "d", "c", "b", "a"])).await;
    assert_eq!(names(&store, HeadQuery { after: first.next, ..pages_of(2) }).await, ["b", "a"]);
}

pub(super) async fn a_token_can_be_used_again(store: SharedStore) {
    create(&store, "order", &[("a", 10), ("b", 20), ("c", 30)]).await;
    eventually(|| names(&store, pages_of(10)), texts(&["c", "b", "a"])).await;
    let first = store.list_heads(&pages_of(1)).await.unwrap();
    let second = HeadQuery { after: first.next, ..pages_of(1) };
    assert!(second.after.is_some());
    let read = store.list_heads(&second).await.unwrap();
    assert_eq!(names_of(&read), ["b"]);
    assert_eq!(store.list_heads(&second).await, Ok(read));
}

pub(super) async fn a_token_that_no_page_had_is_refused(store: SharedStore) {
    create(&store, "order", &[("a", 10)]).await;
    for token in ["", "nonsense", "ÄÖ", "{}"] {
        let query = HeadQuery { after: Some(token.to_owned()), ..pages_of(1) };
        assert!(matches!(store.list_heads(&query).await, Err(StoreError::Refused(_))), "`{token}`");
    }
}
