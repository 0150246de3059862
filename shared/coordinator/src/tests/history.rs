//! Histories, page by page.

use interpreter::HistoryEvent;

use super::definitions::SAGA;
use super::world::World;
use crate::{HistoryCursor, HistoryError, HistoryQuery};

async fn pages(world: &World, limit: usize, newest_first: bool) -> Vec<HistoryEvent> {
    let mut query = HistoryQuery { execution_arn: World::arn("order-1"), limit, newest_first, with_data: true, after: None };
    let mut events = Vec::new();
    loop {
        let page = world.coordinator().history(&query).await.unwrap();
        assert!(page.events.len() <= limit);
        events.extend(page.events);
        // As a token travels through a client.
        query.after = match page.next {
            Some(cursor) => Some(cursor.to_string().parse::<HistoryCursor>().unwrap()),
            None => return events,
        };
    }
}

// Fails if a page begins anywhere but behind the last event of the page before.
#[tokio::test]
async fn pages_of_any_length_and_both_directions_tell_the_same() {
    let mut world = World::new(SAGA).await;
    world.settings.bounds.entries_per_page = 2;
    let input = format!(r#"{{"text": "{}"}}"#, "x".repeat(10_000));
    world.start("order-1", &input).await.unwrap();
    world.run(&world.coordinator()).await;
    let whole = pages(&world, 1_000, false).await;
    assert!(whole.len() > 10);
    assert!(whole.iter().zip(1..).all(|(event, id)| event.id == id), "numbered without gaps");
    let reversed: Vec<_> = whole.iter().rev().cloned().collect();
    for limit in 1..=whole.len() + 1 {
        assert_eq!(pages(&world, limit, false).await, whole, "{limit}");
        assert_eq!(pages(&world, limit, true).await, reversed, "{limit}");
    }
}

// Fails if a page holds more than its bytes, or none of what alone exceeds them.
#[tokio::test]
async fn a_page_ends_before_the_payload_that_would_exceed_its_bytes() {
    let mut world = World::new(SAGA).await;
    let input = format!(r#"{{"text": "{}"}}"#, "x".repeat(10_000));
    world.start("order-1", &input).await.unwrap();
    world.run(&world.coordinator()).await;
    let whole = pages(&world, 1_000, false).await;
    let bytes = u64::try_from(input.len()).unwrap();
    for (page_bytes, most) in [(2 * bytes, 2), (2 * bytes - 1, 1), (1, 1)] {
        world.settings.bounds.history_page_bytes = page_bytes;
        assert_eq!(pages(&world, 1_000, false).await, whole, "{page_bytes}");
        let query = HistoryQuery { execution_arn: World::arn("order-1"), limit: 9, with_data: true, ..HistoryQuery::default() };
        assert_eq!(world.coordinator().history(&query).await.unwrap().events.len(), most, "{page_bytes}");
        let without_data = HistoryQuery { with_data: false, ..query };
        assert_eq!(world.coordinator().history(&without_data).await.unwrap().events.len(), 9);
    }
}

// Fails if value items are not read, or read though nobody asked.
#[tokio::test]
async fn payloads_are_read_on_demand() {
    let world = World::new(SAGA).await;
    let input = format!(r#"{{"text": "{}"}}"#, "x".repeat(10_000));
    world.start("order-1", &input).await.unwrap();
    for with_data in [true, false] {
        let query = HistoryQuery { execution_arn: World::arn("order-1"), limit: 1, with_data, ..HistoryQuery::default() };
        let page = world.coordinator().history(&query).await.unwrap();
        let interpreter::HistoryEventKind::ExecutionStarted { input: told } = &page.events[0].kind else { panic!("{page:?}") };
        assert_eq!(told.text(), with_data.then_some(&*input));
    }
}

#[tokio::test]
async fn what_does_not_exist_has_no_history() {
    let world = World::new(SAGA).await;
    let query = HistoryQuery { execution_arn: World::arn("order-1"), limit: 1, ..HistoryQuery::default() };
    let error = world.coordinator().history(&query).await.unwrap_err();
    assert_eq!(error, HistoryError::ExecutionDoesNotExist(World::arn("order-1")));
    for text in ["", "1", "1.", "a.1", "1.2.3"] {
        assert!(text.parse::<HistoryCursor>().is_err(), "{text}");
    }
}
