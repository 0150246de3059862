//! What a batch looks like on its way, and what each answer to it means.

use std::time::Duration;

use messages::queue_limits::MESSAGE_BYTES;
use messages::{MessageQueue, Outgoing, QueueError, SendFailure};
use serde_json::{Value, json};

use super::service::{Plan, failed, successful};
use super::{SDK_TRIES, located};

/// What `send` says of a batch, in short.
fn said(answer: &Result<Vec<Result<(), SendFailure>>, QueueError>) -> String {
    match answer {
        Ok(answers) => answers
            .iter()
            .map(|answer| match answer {
                Ok(()) => "sent",
                Err(SendFailure::Retryable(_)) => "retryable",
                Err(SendFailure::Permanent(_)) => "permanent",
            })
            .collect::<Vec<_>>()
            .join(" "),
        Err(QueueError::Refused { .. }) => "refused".to_owned(),
        Err(QueueError::Unavailable { .. }) => "unavailable".to_owned(),
    }
}

/// Sends `count` messages to a service with this plan; says what came of it, after how many requests.
async fn check(count: usize, plans: impl IntoIterator<Item = Plan>, expected: &str, requests: usize) {
    let (service, queues) = located().await;
    service.plan(plans);
    let messages: Vec<Outgoing> = (0..count).map(|number| Outgoing::standard(format!("body {number}"))).collect();
    let answer = queues.send("hints", &messages).await;
    assert_eq!((said(&answer).as_str(), service.seen().len()), (expected, requests), "{answer:?}");
}

#[tokio::test]
async fn an_answer_travels_with_its_group_and_its_deduplication_id() {
    let (service, queues) = located().await;
    assert_eq!(queues.send("answers", &[Outgoing::fifo("body", "execution", "fresh")]).await, Ok(vec![Ok(())]));
    let expected = json!({
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/orders-answers.fifo",
        "Entries": [{"Id": "0", "MessageBody": "body", "MessageGroupId": "execution", "MessageDeduplicationId": "fresh"}],
    });
    assert_eq!(service.bodies(), [("SendMessageBatch".to_owned(), expected)]);
}

#[tokio::test]
async fn a_hint_travels_with_its_delay_in_seconds_that_are_begun_and_its_attributes() {
    let (service, queues) = located().await;
    let mut hint = Outgoing::delayed("a", Duration::from_millis(899_001));
    hint.attributes.insert("reason".to_owned(), "why".to_owned());
    assert_eq!(queues.send("hints", &[hint, Outgoing::standard("b")]).await, Ok(vec![Ok(()), Ok(())]));
    let expected = json!({
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/orders-hints",
        "Entries": [
            {"Id": "0", "MessageBody": "a", "DelaySeconds": 900, "MessageAttributes": {"reason": {"DataType": "String", "StringValue": "why"}}},
            {"Id": "1", "MessageBody": "b", "DelaySeconds": 0},
        ],
    });
    assert_eq!(service.bodies(), [("SendMessageBatch".to_owned(), expected)]);
}

#[tokio::test]
async fn each_entry_of_an_answer_is_about_its_own_message() {
    let mixed = json!({
        "Successful": [successful("3"), successful("0")],
        "Failed": [failed("2", "InternalError", false), failed("1", "InvalidMessageContents", true), failed("4", "KMS.ThrottlingException", true)],
    });
    check(5, [Plan::good(mixed)], "sent permanent retryable sent retryable", 1).await;
}

#[tokio::test]
async fn a_message_that_the_answer_does_not_name_is_not_sent() {
    let strange = json!({"Successful": [successful("0"), successful("77"), successful("x")], "Failed": []});
    check(2, [Plan::good(strange)], "sent retryable", 1).await;
}

#[tokio::test]
async fn what_can_never_be_taken_is_told_from_what_passes() {
    check(2, [Plan::error(400, "AWS.SimpleQueueService.NonExistentQueue")], "refused", 1).await;
    check(2, [Plan::error(403, "AccessDenied")], "refused", 1).await;
    check(2, [Plan::error(403, "ExpiredToken")], "unavailable", 1).await;
    check(2, vec![Plan::error(400, "RequestThrottled"); SDK_TRIES], "unavailable", SDK_TRIES).await;
    check(2, vec![Plan::error(500, "InternalError"); SDK_TRIES], "unavailable", SDK_TRIES).await;
    check(2, vec![Plan::LostAnswer; SDK_TRIES], "unavailable", SDK_TRIES).await;
    check(2, [Plan::Answer(403, None, json!("no error of SQS"))], "unavailable", 1).await;
}

#[tokio::test]
async fn the_sdk_tries_again_what_passes() {
    check(2, [Plan::error(400, "RequestThrottled")], "sent sent", 2).await;
    check(2, [Plan::error(503, "ServiceUnavailable"), Plan::LostAnswer], "sent sent", 3).await;
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_does_not_prove_that_nothing_was_sent() {
    check(1, [Plan::LostAnswer, Plan::error(403, "AccessDenied")], "unavailable", 2).await;
    let refused_entry = json!({"Successful": [], "Failed": [failed("0", "AccessDenied", true)]});
    check(1, [Plan::LostAnswer, Plan::good(refused_entry.clone())], "retryable", 2).await;
    check(1, [Plan::good(refused_entry)], "permanent", 1).await;
}

#[tokio::test]
async fn a_message_that_spoils_its_batch_does_not_take_the_others_with_it() {
    let refused = || Plan::error(400, "InvalidParameterValue");
    let one = |id: &str| Plan::good(json!({"Successful": [successful(id)], "Failed": []}));
    check(3, [refused(), one("0"), refused(), one("2")], "sent permanent sent", 4).await;
    check(2, [refused(), Plan::error(403, "ExpiredToken"), Plan::error(403, "AccessDenied")], "retryable permanent", 3).await;
    check(1, [refused()], "permanent", 1).await;
}

#[tokio::test]
async fn what_sqs_would_refuse_by_its_limits_is_not_asked() {
    let (service, queues) = located().await;
    let too_large = Outgoing::standard("x".repeat(MESSAGE_BYTES + 1));
    let answer = queues.send("hints", &[too_large.clone(), Outgoing::standard("small"), Outgoing::standard("")]).await;
    assert_eq!(said(&answer), "permanent sent permanent");
    let [(_, body)] = service.bodies().try_into().unwrap();
    let ids: Vec<&Value> = body["Entries"].as_array().unwrap().iter().map(|entry| &entry["Id"]).collect();
    assert_eq!(ids, ["1"]);

    assert_eq!(said(&queues.send("hints", &[too_large]).await), "permanent");
    assert_eq!(said(&queues.send("answers", &[Outgoing::standard("without a group")]).await), "permanent");
    assert_eq!(said(&queues.send("hints", &vec![Outgoing::standard("x"); 11]).await), "refused");
    assert_eq!(said(&queues.send("hints", &vec![Outgoing::standard("x".repeat(MESSAGE_BYTES / 2 + 1)); 2]).await), "refused");
    assert_eq!(said(&queues.send("hints", &[]).await), "");
    assert_eq!(service.seen().len(), 1);
}
