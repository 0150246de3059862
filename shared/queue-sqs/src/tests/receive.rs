//! What receiving, deleting and giving back ask for, and what the answers mean.

use std::collections::BTreeMap;
use std::time::Duration;

use messages::{Delivery, GiveBack, QueueError, QueueSource, Receipt};
use serde_json::json;

use super::service::Plan;
use super::{SDK_TRIES, located};

#[tokio::test]
async fn a_message_comes_with_its_attributes_and_its_receive_count() {
    let (service, queues) = located().await;
    service.plan([Plan::good(json!({"Messages": [
        {
            "MessageId": "id", "ReceiptHandle": "receipt", "Body": "body", "Attributes": {"ApproximateReceiveCount": "3"},
            "MessageAttributes": {
                "reason": {"DataType": "String", "StringValue": "why"},
                "digest": {"DataType": "Binary", "BinaryValue": "AAAA"},
            },
        },
        {"MessageId": "without a receipt", "Body": "body"},
    ]}))]);
    let delivery = Delivery {
        id: "id".to_owned(),
        receipt: Receipt("receipt".to_owned()),
        body: "body".to_owned(),
        attributes: BTreeMap::from([("reason".to_owned(), "why".to_owned())]),
        receive_count: 3,
    };
    assert_eq!(queues.receive("hints", 10, Duration::from_millis(1900)).await, Ok(vec![delivery]));
    let expected = json!({
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/orders-hints",
        "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
        "MessageAttributeNames": ["All"],
        "MaxNumberOfMessages": 10,
        "WaitTimeSeconds": 1,
    });
    assert_eq!(service.bodies(), [("ReceiveMessage".to_owned(), expected)]);
}

#[tokio::test]
async fn the_tries_of_one_receive_from_a_fifo_queue_ask_for_the_same_messages() {
    let (service, queues) = located().await;
    service.plan([Plan::LostAnswer]);
    for _ in 0..2 {
        assert_eq!(queues.receive("answers", 10, Duration::ZERO).await, Ok(Vec::new()));
    }
    let attempts: Vec<String> = service
        .seen()
        .iter()
        .map(|seen| seen.body["ReceiveRequestAttemptId"].as_str().expect("it is said on a FIFO queue").to_owned())
        .collect();
    assert_eq!(attempts.len(), 3);
    assert_eq!(attempts[0], attempts[1]);
    assert_ne!(attempts[1], attempts[2]);
}

#[tokio::test]
async fn what_no_call_may_ask_for_is_refused_without_asking() {
    let (service, queues) = located().await;
    for (most, wait_seconds) in [(0, 0), (11, 0), (1, 21)] {
        let answer = queues.receive("hints", most, Duration::from_secs(wait_seconds)).await;
        assert!(matches!(answer, Err(QueueError::Refused { .. })), "{most} {wait_seconds}: {answer:?}");
    }
    let too_long = GiveBack { receipt: Receipt("receipt".to_owned()), delay: Duration::from_secs(43_201) };
    assert!(matches!(queues.give_back("hints", &too_long).await, Err(QueueError::Refused { .. })));
    assert_eq!(service.seen().len(), 0);
}

#[tokio::test]
async fn a_receipt_deletes_and_gives_back() {
    let (service, queues) = located().await;
    let receipt = Receipt("receipt".to_owned());
    assert_eq!(queues.delete("hints", &receipt).await, Ok(()));
    let give_back = GiveBack { receipt, delay: Duration::from_millis(1001) };
    assert_eq!(queues.give_back("answers", &give_back).await, Ok(()));
    let url = |name: &str| format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}");
    let expected = [
        ("DeleteMessage".to_owned(), json!({"QueueUrl": url("orders-hints"), "ReceiptHandle": "receipt"})),
        (
            "ChangeMessageVisibility".to_owned(),
            json!({"QueueUrl": url("orders-answers.fifo"), "ReceiptHandle": "receipt", "VisibilityTimeout": 2}),
        ),
    ];
    assert_eq!(service.bodies(), expected);
}

#[tokio::test]
async fn a_receipt_that_is_no_longer_good_is_refused_and_what_passes_is_not() {
    let check = async |plans: Vec<Plan>, refused: bool| {
        let receipt = Receipt("receipt".to_owned());
        let (service, queues) = located().await;
        service.plan(plans.clone());
        let answers = [queues.delete("hints", &receipt).await, {
            service.plan(plans);
            queues.give_back("hints", &GiveBack { receipt, delay: Duration::ZERO }).await
        }];
        for answer in answers {
            assert!(matches!(&answer, Err(QueueError::Refused { .. })) == refused && answer.is_err(), "{answer:?}");
        }
    };
    check(vec![Plan::error(400, "ReceiptHandleIsInvalid")], true).await;
    check(vec![Plan::error(400, "InvalidParameterValue")], true).await;
    check(vec![Plan::error(400, "AWS.SimpleQueueService.MessageNotInflight")], true).await;
    check(vec![Plan::error(400, "AWS.SimpleQueueService.NonExistentQueue")], true).await;
    check(vec![Plan::error(403, "RequestThrottled"); SDK_TRIES], false).await;
    check(vec![Plan::LostAnswer; SDK_TRIES], false).await;
}
