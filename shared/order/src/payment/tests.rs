//! Every token of the processor's test mode; one order is charged once, and what was charged is refunded.

use serde_json::Value;

use super::*;
use crate::bench::{Bench, Job};
use crate::provider::mend_refunds;

fn charging(bench: &Bench) -> ChargePayment {
    ChargePayment::new(Arc::clone(&bench.ledger), Arc::clone(&bench.providers.payments))
}

fn charge<'b>(bench: &'b Bench, token: &str) -> Job<'b> {
    bench.action("ChargePayment", charge_input(token))
}

fn charge_input(token: &str) -> Value {
    json!({ "orderId": "ord-1", "amount": { "minor": 2500, "currency": "EUR", "exponent": 2 }, "token": token })
}

async fn refund(bench: &Bench) -> Result<Value, HandlerError> {
    let handler = RefundPayment::new(Arc::clone(&bench.ledger), Arc::clone(&bench.providers.payments));
    bench.compensation("ChargePayment").perform(&handler).await
}

/// Charges that stand by our ledger, charges that were refunded, charges that stand by the processor's books.
async fn charges(bench: &Bench) -> (usize, usize, usize) {
    let effects = bench.effects().await;
    let standing = effects.charges.iter().filter(|charge| !charge.refunded).count();
    (standing, effects.refunds.len(), effects.providers.charges.len())
}

fn unavailable() -> HandlerError {
    failed(error_name::REFUND_UNAVAILABLE, "the provider is unavailable: refunds are not taken at the moment")
}

#[tokio::test]
async fn a_charge_that_comes_twice_is_made_once_and_refunded_once() {
    let bench = Bench::new();
    let first = charge(&bench, "tok_ok").perform(&charging(&bench)).await.unwrap();
    assert_eq!(charge(&bench, "tok_ok").perform(&charging(&bench)).await.unwrap(), first);
    assert_eq!(charge(&bench, "tok_ok").attempt(2).perform(&charging(&bench)).await.unwrap(), first);
    assert_eq!(charges(&bench).await, (1, 0, 1));
    let given_back = refund(&bench).await.unwrap();
    assert_eq!(given_back["refunded"], json!(true));
    assert_eq!(given_back["amount"]["minor"], json!(2500));
    assert_eq!(refund(&bench).await.unwrap(), given_back);
    assert_eq!(charges(&bench).await, (0, 1, 0));
}

/// To be taken out for this to fail: the intent.
#[tokio::test]
async fn one_order_is_charged_under_one_key_only() {
    let bench = Bench::new();
    charge(&bench, "tok_ok").perform(&charging(&bench)).await.unwrap();
    let other = bench.visit("ChargePayment", 2, charge_input("tok_ok"));
    let error = other.perform(&charging(&bench)).await.unwrap_err();
    assert_eq!(error, refused(error_name::ALREADY_CHARGED, "`ord-1` is charged by another task"));
    assert_eq!(charges(&bench).await, (1, 0, 1));
    refund(&bench).await.unwrap();
    other.perform(&charging(&bench)).await.unwrap();
    assert_eq!(charges(&bench).await, (1, 0, 1));
}

#[tokio::test]
async fn an_order_that_is_being_charged_is_not_charged_under_another_key() {
    let bench = Bench::new();
    charge(&bench, "tok_timeout_after_charge").perform_unanswered(&charging(&bench)).await;
    let error = bench.visit("ChargePayment", 2, charge_input("tok_ok")).perform(&charging(&bench)).await.unwrap_err();
    assert_eq!(error, refused(error_name::ALREADY_CHARGED, "`ord-1` is charged by another task"));
}

#[tokio::test]
async fn a_declined_charge_is_a_refusal_and_frees_the_order() {
    let bench = Bench::new();
    for (token, cause) in [("tok_declined", "the card has insufficient funds"), ("tok_nonsense", "no such token")] {
        let error = charge(&bench, token).perform(&charging(&bench)).await.unwrap_err();
        assert_eq!(error, refused(error_name::PAYMENT_DECLINED, cause));
    }
    assert_eq!(charges(&bench).await, (0, 0, 0));
    bench.visit("ChargePayment", 2, charge_input("tok_ok")).perform(&charging(&bench)).await.unwrap();
}

#[tokio::test]
async fn a_processor_that_took_nothing_is_asked_again() {
    let bench = Bench::new();
    let error = charge(&bench, "tok_retry_once").perform(&charging(&bench)).await.unwrap_err();
    assert_eq!(error, refused(error_name::PAYMENT_UNAVAILABLE, "try again"));
    charge(&bench, "tok_retry_once").attempt(2).perform(&charging(&bench)).await.unwrap();
    assert_eq!(charges(&bench).await, (1, 0, 1));
}

#[tokio::test]
async fn a_processor_that_never_takes_anything_refuses() {
    let bench = Bench::new();
    for attempt in 1..4 {
        let error = charge(&bench, "tok_unavailable").attempt(attempt).perform(&charging(&bench)).await.unwrap_err();
        assert_eq!(error, refused(error_name::PAYMENT_UNAVAILABLE, "try again later"));
    }
    assert_eq!(charges(&bench).await, (0, 0, 0));
}

#[tokio::test]
async fn a_lost_answer_is_had_by_asking_again_with_the_same_key() {
    let bench = Bench::new();
    let error = charge(&bench, "tok_timeout_once_after_charge").perform_unanswered(&charging(&bench)).await;
    assert_eq!(error, failed(error_name::PAYMENT_UNANSWERED, "the connection was lost"));
    assert_eq!(charges(&bench).await, (0, 0, 1));
    charge(&bench, "tok_timeout_once_after_charge").attempt(2).perform(&charging(&bench)).await.unwrap();
    assert_eq!(charges(&bench).await, (1, 0, 1));
}

#[tokio::test]
async fn a_charge_of_which_no_answer_ever_came_is_refunded() {
    let bench = Bench::new();
    for attempt in 1..3 {
        charge(&bench, "tok_timeout_after_charge").attempt(attempt).perform_unanswered(&charging(&bench)).await;
    }
    assert_eq!(charges(&bench).await, (0, 0, 1));
    assert_eq!(refund(&bench).await.unwrap()["refunded"], json!(true));
    assert_eq!(charges(&bench).await, (0, 1, 0));
}

#[tokio::test]
async fn a_decline_after_a_lost_answer_proves_nothing() {
    let bench = Bench::new();
    charge(&bench, "tok_timeout_then_declined").perform_unanswered(&charging(&bench)).await;
    let error = charge(&bench, "tok_timeout_then_declined").attempt(2).perform(&charging(&bench)).await.unwrap_err();
    let cause = "the card was blocked; an earlier request under the same key was charged";
    assert_eq!(error, failed(error_name::PAYMENT_DECLINED, cause));
    refund(&bench).await.unwrap();
    assert_eq!(charges(&bench).await, (0, 1, 0));
}

#[tokio::test]
async fn a_slow_processor_answers_after_a_second() {
    let bench = Bench::new();
    let job = charge(&bench, "tok_slow");
    let handler = charging(&bench);
    let charged = job.perform(&handler);
    let clock = Arc::clone(&bench.clock);
    let (charged, ()) = tokio::join!(charged, async move {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        clock.advance(std::time::Duration::from_secs(1));
    });
    assert!(charged.is_ok());
}

#[tokio::test]
async fn refunds_fail_as_the_token_says() {
    let check = async |token: &str, fails: usize, mended: bool, then_works: bool| {
        let bench = Bench::new();
        charge(&bench, token).perform(&charging(&bench)).await.unwrap();
        for _ in 0..fails {
            assert_eq!(refund(&bench).await.unwrap_err(), unavailable(), "{token}");
            assert_eq!(charges(&bench).await, (1, 0, 1), "{token}");
        }
        if mended {
            mend_refunds(bench.ledger.as_ref(), bench.now()).await.unwrap();
        }
        assert_eq!(refund(&bench).await.is_ok(), then_works, "{token}");
    };
    check("tok_refund_fails_once", 1, false, true).await;
    check("tok_refund_fails_forever", 5, true, false).await;
    check("tok_refund_fails_until_mended", 5, false, false).await;
    check("tok_refund_fails_until_mended", 5, true, true).await;
}

#[tokio::test]
async fn a_refund_tolerates_that_nothing_was_charged() {
    let bench = Bench::new();
    assert_eq!(refund(&bench).await.unwrap(), json!({ "refunded": false }));
    assert_eq!(refund(&bench).await.unwrap(), json!({ "refunded": false }));
}

/// The harness revokes the key; should a request be under way to the processor all the same, its key is void there.
#[tokio::test]
async fn a_charge_that_comes_after_its_refund_has_no_effect() {
    let bench = Bench::new();
    refund(&bench).await.unwrap();
    let error = charge(&bench, "tok_ok").perform(&charging(&bench)).await.unwrap_err();
    assert_eq!(error, refused(error_name::PAYMENT_DECLINED, "the idempotency key is void"));
    assert_eq!(charges(&bench).await, (0, 0, 0));
}

#[tokio::test]
async fn a_charge_under_a_key_that_was_refunded_is_refused() {
    let bench = Bench::new();
    charge(&bench, "tok_ok").perform(&charging(&bench)).await.unwrap();
    refund(&bench).await.unwrap();
    let error = charge(&bench, "tok_ok").attempt(2).perform(&charging(&bench)).await.unwrap_err();
    assert_eq!(error, refused(error_name::PAYMENT_DECLINED, "the payment of `ord-1` was given up"));
    assert_eq!(charges(&bench).await, (0, 1, 0));
}

#[tokio::test]
async fn a_refund_that_is_not_told_what_it_undoes_fails() {
    let bench = Bench::new();
    let handler = RefundPayment::new(Arc::clone(&bench.ledger), Arc::clone(&bench.providers.payments));
    let mut job = bench.compensation("ChargePayment");
    job.task.undoes = None;
    let error = job.perform(&handler).await.unwrap_err();
    let cause = "the task of `ChargePayment` does not say which key it undoes";
    assert_eq!(error, failed(error_name::NOTHING_NAMED, cause));
}
