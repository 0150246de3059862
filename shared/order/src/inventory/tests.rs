//! Stock is never oversold, reserved whole or not at all, and returned exactly once.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::bench::{Bench, reserve_input};

async fn release(bench: &Bench) -> Value {
    let handler = ReleaseInventory::new(Arc::clone(&bench.ledger));
    bench.compensation("ReserveInventory").perform(&handler).await.unwrap()
}

async fn state(bench: &Bench) -> Option<ReservationState> {
    reservation(bench.ledger.as_ref(), "ord-1", bench.now()).await.unwrap().map(|stored| stored.body.state)
}

#[tokio::test]
async fn reserving_takes_out_of_the_stock_and_releasing_returns() {
    let bench = Bench::new();
    bench.reserve().await.unwrap();
    assert_eq!((bench.available("MUG-BLUE").await, state(&bench).await), (8, Some(ReservationState::Held)));
    assert_eq!(release(&bench).await["released"], json!(true));
    assert_eq!((bench.available("MUG-BLUE").await, state(&bench).await), (10, Some(ReservationState::Released)));
}

#[tokio::test]
async fn what_is_reserved_or_released_twice_is_so_once() {
    let bench = Bench::new();
    let first = bench.reserve().await.unwrap();
    assert_eq!(bench.reserve().await.unwrap(), first);
    assert_eq!(bench.available("MUG-BLUE").await, 8);
    release(&bench).await;
    assert_eq!(release(&bench).await, json!({ "released": false }));
    assert_eq!(bench.available("MUG-BLUE").await, 10);
}

#[tokio::test]
async fn releasing_tolerates_that_nothing_was_reserved() {
    let bench = Bench::new();
    assert_eq!(release(&bench).await, json!({ "released": false }));
}

#[tokio::test]
async fn a_release_leaves_the_reservation_of_another_task_alone() {
    let bench = Bench::new();
    bench.stock("MUG-BLUE", 10).await;
    let input = reserve_input("ord-1", "MUG-BLUE", 2);
    bench.visit("ReserveInventory", 2, input).perform(&bench.reserving()).await.unwrap();
    assert_eq!(release(&bench).await, json!({ "released": false }));
    assert_eq!(bench.available("MUG-BLUE").await, 8);
}

#[tokio::test]
async fn all_lines_are_reserved_or_none() {
    let bench = Bench::new();
    bench.stock("MUG-BLUE", 10).await;
    bench.stock("TEA-GREEN", 1).await;
    let line = |sku: &str, quantity: u64| json!({ "sku": sku, "quantity": quantity, "unitPriceMinor": 1 });
    let lines = [line("MUG-BLUE", 2), line("TEA-GREEN", 1), line("TEA-GREEN", 1), line("NOWHERE", 1)];
    let input = json!({ "orderId": "ord-1", "lines": lines, "holdSeconds": 600 });
    let error = bench.action("ReserveInventory", input).perform(&bench.reserving()).await.unwrap_err();
    let cause = "`NOWHERE`: 1 wanted, 0 in stock; `TEA-GREEN`: 2 wanted, 1 in stock";
    assert_eq!(error, refused(error_name::OUT_OF_STOCK, cause));
    assert_eq!((bench.available("MUG-BLUE").await, bench.available("TEA-GREEN").await), (10, 1));
}

#[tokio::test]
async fn an_order_that_holds_a_reservation_gets_no_second_one() {
    let bench = Bench::new();
    bench.reserve().await.unwrap();
    let again = bench.visit("ReserveInventory", 2, reserve_input("ord-1", "MUG-BLUE", 2));
    let error = again.perform(&bench.reserving()).await.unwrap_err();
    assert_eq!(error, refused(error_name::ALREADY_RESERVED, "`ord-1` holds a reservation of another task"));
    release(&bench).await;
    again.perform(&bench.reserving()).await.unwrap();
    assert_eq!(bench.available("MUG-BLUE").await, 8);
}

/// All of them have read that there is enough before the first one writes. To be taken out for this to fail: the floor of `moved`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_orders_at_once_never_oversell_a_hundred_pieces() {
    let bench = Arc::new(Bench::new());
    bench.stock("MUG-BLUE", 100).await;
    let all_have_read = Arc::new(tokio::sync::Barrier::new(1_000));
    let orders: Vec<_> = (0..1_000)
        .map(|number| {
            let (bench, all_have_read) = (Arc::clone(&bench), Arc::clone(&all_have_read));
            tokio::spawn(async move {
                let mut job = bench.action("ReserveInventory", reserve_input(&format!("ord-{number}"), "MUG-BLUE", 1));
                job.task.key = interpreter::IdempotencyKey(format!("execution-{number}/ReserveInventory/1"));
                let decided = bench.reserving().perform(&job.task).await.unwrap();
                all_have_read.wait().await;
                let committed = bench.ledger.transact(&[], &decided.writes, bench.now()).await.is_ok();
                committed || job.perform(&bench.reserving()).await.is_ok()
            })
        })
        .collect();
    let mut reserved = 0;
    for order in orders {
        reserved += usize::from(order.await.unwrap());
    }
    assert_eq!((reserved, bench.available("MUG-BLUE").await), (100, 0));
}

/// Both have read that there is enough; only one of the transactions can hold.
#[tokio::test]
async fn a_piece_that_two_orders_saw_goes_to_one_of_them() {
    let bench = Bench::new();
    bench.stock("LAST-ONE", 1).await;
    let reserving = bench.reserving();
    let first = bench.action("ReserveInventory", reserve_input("ord-1", "LAST-ONE", 1));
    let second = bench.visit("ReserveInventory", 2, reserve_input("ord-2", "LAST-ONE", 1));
    let decided = reserving.perform(&second.task).await.unwrap();
    first.perform(&reserving).await.unwrap();
    assert!(bench.ledger.transact(&[], &decided.writes, bench.now()).await.is_err());
    let error = second.perform(&reserving).await.unwrap_err();
    assert_eq!(error, refused(error_name::OUT_OF_STOCK, "`LAST-ONE`: 1 wanted, 0 in stock"));
}

#[tokio::test]
async fn a_reservation_expires_at_its_time_and_returns_its_stock_once() {
    let bench = Bench::new();
    bench.reserve().await.unwrap();
    let expire = async || expire_reservations(bench.ledger.as_ref(), bench.now()).await.unwrap();
    bench.clock.advance(Duration::from_secs(600) - Duration::from_millis(1));
    assert_eq!((expire().await, bench.available("MUG-BLUE").await), (0, 8));
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!((expire().await, bench.available("MUG-BLUE").await), (1, 10));
    assert_eq!(expire().await, 0);
    assert_eq!(state(&bench).await, Some(ReservationState::Expired));
    assert_eq!(release(&bench).await, json!({ "released": false }));
    assert_eq!(bench.available("MUG-BLUE").await, 10);
}

#[tokio::test]
async fn what_was_shipped_is_not_released() {
    let bench = Bench::new();
    bench.reserve().await.unwrap();
    let stored = reservation(bench.ledger.as_ref(), "ord-1", bench.now()).await.unwrap().unwrap();
    let shipped = [turned(&stored, ReservationState::Shipped, bench.now())];
    assert!(item::write(bench.ledger.as_ref(), &shipped, bench.now()).await.unwrap());
    let handler = ReleaseInventory::new(Arc::clone(&bench.ledger));
    let error = bench.compensation("ReserveInventory").perform(&handler).await.unwrap_err();
    assert_eq!(error, failed(error_name::RESERVATION_SHIPPED, "what `ord-1` reserved was shipped"));
}

#[tokio::test]
async fn a_sku_is_stocked_once() {
    let bench = Bench::new();
    assert!(stock(bench.ledger.as_ref(), "MUG-BLUE", 10, bench.now()).await.unwrap());
    bench.reserve().await.unwrap();
    assert!(!stock(bench.ledger.as_ref(), "MUG-BLUE", 10, bench.now()).await.unwrap());
    assert_eq!(bench.available("MUG-BLUE").await, 8);
}
