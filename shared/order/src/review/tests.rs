//! The queue of reviews: what waits is listed, what was answered leaves it, and so does what nobody answered.

use std::time::Duration;

use super::*;
use crate::bench::{Bench, Job};

fn request<'b>(bench: &'b Bench, token: &str) -> Job<'b> {
    let total = json!({ "minor": 200_000, "currency": "EUR", "exponent": 2 });
    let input = json!({ "token": token, "orderId": "ord-1", "total": total, "flagged": false, "answerWithinSeconds": 5 });
    bench.action("RequestReview", input)
}

async fn waiting(bench: &Bench) -> Vec<PendingReview> {
    pending(bench.ledger.as_ref(), bench.now()).await.unwrap()
}

#[tokio::test]
async fn a_review_waits_until_it_is_closed() {
    let bench = Bench::new();
    request(&bench, "token-1").perform(&RequestReview).await.unwrap();
    let reviews = waiting(&bench).await;
    assert_eq!(reviews.len(), 1);
    assert_eq!((reviews[0].token.reveal(), reviews[0].total.to_string()), ("token-1", "2000.00 EUR".to_owned()));
    close(bench.ledger.as_ref(), &reviews[0], bench.now()).await.unwrap();
    close(bench.ledger.as_ref(), &reviews[0], bench.now()).await.unwrap();
    assert_eq!(waiting(&bench).await, []);
}

#[tokio::test]
async fn a_later_attempt_waits_with_its_own_token() {
    let bench = Bench::new();
    request(&bench, "token-1").perform(&RequestReview).await.unwrap();
    let first = waiting(&bench).await.remove(0);
    request(&bench, "token-2").attempt(2).perform(&RequestReview).await.unwrap();
    close(bench.ledger.as_ref(), &first, bench.now()).await.unwrap();
    let tokens: Vec<String> = waiting(&bench).await.iter().map(|review| review.token.reveal().to_owned()).collect();
    assert_eq!(tokens, ["token-2"]);
}

#[tokio::test]
async fn a_review_that_nobody_answered_leaves_the_queue() {
    let bench = Bench::new();
    request(&bench, "token-1").perform(&RequestReview).await.unwrap();
    bench.clock.advance(Duration::from_secs(5));
    assert_eq!(waiting(&bench).await, []);
}

#[test]
fn a_decision_is_what_the_definition_asks_for() {
    assert_eq!(Decision::Approved.output(), json!({ "decision": "approved" }));
    assert_eq!(Decision::Rejected.output(), json!({ "decision": "rejected" }));
}

#[tokio::test]
async fn the_token_does_not_show_when_a_review_is_debugged() {
    let bench = Bench::new();
    request(&bench, "token-1").perform(&RequestReview).await.unwrap();
    assert!(!format!("{:?}", waiting(&bench).await).contains("token-1"));
}
