//! Each party is told once, and what is told is there to be read.

use super::*;
use crate::bench::{Bench, Job};

fn email<'b>(bench: &'b Bench, mailbox: &str) -> Job<'b> {
    let input = json!({ "orderId": "ord-1", "email": format!("{mailbox}@example.com"), "trackingNumber": "BST1" });
    bench.action("EmailCustomer", input)
}

fn sending(bench: &Bench) -> SendEmail {
    SendEmail::new(Arc::clone(&bench.providers.mail))
}

async fn told(bench: &Bench) -> Vec<String> {
    let effects = bench.effects().await;
    effects.notifications.into_iter().map(|sent| sent.channel).collect()
}

#[tokio::test]
async fn a_mail_is_sent_once() {
    let bench = Bench::new();
    for _ in 0..2 {
        let result = email(&bench, "ada").perform(&sending(&bench)).await.unwrap();
        assert_eq!(result, json!({ "channel": "email", "status": "sent" }));
    }
    assert_eq!(told(&bench).await, ["email"]);
    assert_eq!(bench.effects().await.providers.mails, ["ord-1"]);
}

#[tokio::test]
async fn each_mailbox_of_the_test_mode_does_what_it_says() {
    let bench = Bench::new();
    let error = email(&bench, "bounce").perform(&sending(&bench)).await.unwrap_err();
    assert_eq!(error, refused(error_name::MAILBOX_UNAVAILABLE, "the mailbox takes no mail"));
    let error = email(&bench, "greylist").perform(&sending(&bench)).await.unwrap_err();
    assert_eq!(error, refused(error_name::MAIL_UNAVAILABLE, "greylisted, try again"));
    assert_eq!(told(&bench).await, Vec::<String>::new());
    email(&bench, "greylist").attempt(2).perform(&sending(&bench)).await.unwrap();
    assert_eq!(told(&bench).await, ["email"]);

    let bench = Bench::new();
    let error = email(&bench, "lost").perform_unanswered(&sending(&bench)).await;
    assert_eq!(error, failed(error_name::MAIL_UNANSWERED, "the connection was lost"));
    email(&bench, "lost").attempt(2).perform(&sending(&bench)).await.unwrap();
    assert_eq!(bench.effects().await.providers.mails, ["ord-1"]);
}

#[tokio::test]
async fn the_read_model_lists_the_latest_orders_first_and_each_once() {
    let bench = Bench::new();
    let started = [("ord-1", "2026-11-01T10:00:00.000Z"), ("ord-3", "2026-11-01T12:00:00Z"), ("ord-2", "2026-11-01T11:00:00Z")];
    for (order_id, started_at) in started.into_iter().chain(started) {
        let total = json!({ "minor": 2500, "currency": "EUR", "exponent": 2 });
        let input = json!({ "orderId": order_id, "total": total, "trackingNumber": "BST1", "startedAt": started_at });
        bench.action("UpdateRecentOrders", input).perform(&UpdateRecentOrders).await.unwrap();
    }
    let listed = async |limit| {
        let recent = recent_orders(bench.ledger.as_ref(), limit, bench.now()).await.unwrap();
        recent.into_iter().map(|order| order.order_id).collect::<Vec<_>>()
    };
    assert_eq!(listed(10).await, ["ord-3", "ord-2", "ord-1"]);
    assert_eq!(listed(2).await, ["ord-3", "ord-2"]);
}

#[tokio::test]
async fn the_warehouse_is_told_what_to_pack() {
    let bench = Bench::new();
    let line = |quantity: u64| json!({ "sku": "MUG-BLUE", "quantity": quantity, "unitPriceMinor": 1 });
    let input = json!({ "orderId": "ord-1", "lines": [line(2), line(3)], "trackingNumber": "BST1" });
    for _ in 0..2 {
        bench.action("NotifyWarehouse", input.clone()).perform(&NotifyWarehouse).await.unwrap();
    }
    let kept = item::all::<Notification>(bench.ledger.as_ref(), OUTBOX, bench.now()).await.unwrap();
    let messages: Vec<&Value> = kept.iter().map(|stored| &stored.body.message).collect();
    assert_eq!(messages, [&json!({ "pack": { "MUG-BLUE": 5 }, "trackingNumber": "BST1" })]);
}
