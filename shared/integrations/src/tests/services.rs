//! The other services.

use serde_json::{Value, json};
use worker::HandlerError;

use super::{Answer, Called, call};

fn error_of(called: Called) -> (String, String, bool) {
    match called.outcome.expect_err("an error") {
        HandlerError::Refused { error, cause } => (error, cause, true),
        HandlerError::Failed { error, cause } => (error, cause, false),
        HandlerError::NotNow(why) => panic!("{why}"),
    }
}

#[track_caller]
fn check_json(function: &str, input: Value, target: &str, body: &str, answer: &str) -> Value {
    let called = call(function, input, (200, &[("x-amzn-requestid", "id")], answer));
    let sent = &called.sent[0];
    assert_eq!((sent.headers["x-amz-target"].as_str(), sent.body.as_str()), (target, body));
    called.outcome.expect("a result")
}

#[test]
fn a_message_that_is_no_text_is_sent_as_the_text_of_its_json() {
    let input = json!({"QueueUrl": "u", "MessageBody": {"a": 1}});
    let body = r#"{"QueueUrl":"u","MessageBody":"{\"a\":1}"}"#;
    for function in ["sqs:sendMessage", "sqs:sendMessage.waitForTaskToken"] {
        let result = check_json(function, input.clone(), "AmazonSQS.SendMessage", body, r#"{"MessageId":"m"}"#);
        assert_eq!((&result["MessageId"], &result["SdkResponseMetadata"]["RequestId"]), (&json!("m"), &json!("id")));
    }
    let body = r#"{"QueueUrl":"u","MessageBody":"text"}"#;
    check_json("sqs:sendMessage", json!({"QueueUrl": "u", "MessageBody": "text"}), "AmazonSQS.SendMessage", body, "{}");
}

#[test]
fn an_event_names_the_execution_and_its_machine() {
    let input = json!({"Entries": [{"Detail": {"a": 1}, "Source": "s", "Resources": ["r"]}]});
    let body = concat!(
        r#"{"Entries":[{"Detail":"{\"a\":1}","Source":"s","Resources":["r","arn:aws:states:eu-west-1:123456789012:execution:m:run","#,
        r#""arn:aws:states:eu-west-1:123456789012:stateMachine:m"]}]}"#
    );
    check_json("events:putEvents", input, "AWSEvents.PutEvents", body, r#"{"Entries":[{"EventId":"e"}],"FailedEntryCount":0}"#);
}

#[test]
fn events_of_which_some_were_taken_are_an_unknown_outcome() {
    let check = |answer: &'static str, refused: bool| {
        let answer: Answer<'_> = (200, &[], answer);
        let (error, cause, is_refusal) = error_of(call("events:putEvents", json!({"Entries": [{}, {}]}), answer));
        assert_eq!((error.as_str(), cause.as_str(), is_refusal), ("EventBridge.FailedEntry", answer.2, refused));
    };
    check(r#"{"Entries":[{"ErrorCode":"x"},{"ErrorCode":"x"}],"FailedEntryCount":2}"#, true);
    check(r#"{"Entries":[{"EventId":"e"},{"ErrorCode":"x"}],"FailedEntryCount":1}"#, false);
}

#[test]
fn items_are_put_as_they_are_written() {
    let input = json!({"TableName": "t", "Item": {"id": {"S": "1"}}});
    let body = r#"{"TableName":"t","Item":{"id":{"S":"1"}}}"#;
    let result = check_json("dynamodb:putItem", input.clone(), "DynamoDB_20120810.PutItem", body, "{}");
    assert_eq!(result["SdkHttpMetadata"]["HttpHeaders"]["Connection"], "keep-alive");
    // Through the SDK's integration results say nothing of HTTP.
    let result = check_json("aws-sdk:dynamodb:putItem", input, "DynamoDB_20120810.PutItem", body, "{}");
    assert_eq!(result, json!({}));
}

#[test]
fn a_condition_that_does_not_hold_is_a_refusal() {
    let answer: Answer<'_> =
        (400, &[], r#"{"__type":"x#ConditionalCheckFailedException","message":"The conditional request failed"}"#);
    let (error, cause, refused) = error_of(call("dynamodb:putItem", json!({}), answer));
    assert_eq!((error.as_str(), refused), ("DynamoDB.ConditionalCheckFailedException", true));
    assert!(cause.starts_with("The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400;"), "{cause}");
}

#[test]
fn a_topic_is_asked_by_a_form_and_answers_in_xml() {
    let input = json!({
        "TopicArn": "arn", "Message": {"a": 1}, "MessageAttributes": {"n": {"DataType": "String", "StringValue": "a b"}},
    });
    let answer = "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult>\
        <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></PublishResponse>";
    let called = call("sns:publish", input, (200, &[], answer));
    let body = "Action=Publish&Version=2010-03-31&TopicArn=arn&Message=%7B%22a%22%3A1%7D&MessageAttributes.entry.1.Name=n\
        &MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=a%20b";
    assert_eq!(called.sent[0].body, body);
    let result = called.outcome.expect("a result");
    assert_eq!((&result["MessageId"], &result["SdkResponseMetadata"]["RequestId"]), (&json!("m"), &json!("id")));
    let answer = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>No group</Message></Error>\
        <RequestId>id</RequestId></ErrorResponse>";
    let (error, cause, refused) = error_of(call("sns:publish", json!({"Message": "m"}), (400, &[], answer)));
    let expected = "No group (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter; Request ID: id; Proxy: null)";
    assert_eq!((error.as_str(), cause.as_str(), refused), ("SNS.InvalidParameterException", expected, true));
}

#[test]
fn a_service_that_is_not_known_is_refused() {
    for function in ["aws-sdk:nosuch:doThis", "aws-sdk:s3:listBuckets", "nosuch:doThis", "states:startExecution.sync:2"] {
        let called = call(function, json!({"Bucket": "b", "Key": "k"}), (200, &[], ""));
        assert!(called.sent.is_empty());
        let (error, cause, refused) = error_of(called);
        assert!(error == "States.Runtime" && cause.contains("is not supported") && refused, "{error}: {cause}");
    }
}

#[test]
fn objects_are_put_and_got_by_their_paths() {
    let called =
        call("aws-sdk:s3:putObject", json!({"Bucket": "b", "Key": "a b/c", "Body": {"x": 1}}), (200, &[("etag", "\"e\"")], ""));
    let sent = &called.sent[0];
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("PUT", "https://s3.eu-west-1.amazonaws.com/b/a%20b/c"));
    assert_eq!((sent.body.as_str(), called.outcome), (r#"{"x":1}"#, Ok(json!({"ETag": "\"e\""}))));
    assert_eq!(sent.headers["x-amz-checksum-crc32"], "O+tZXA==");
    let answer = (
        404,
        &[("x-amz-request-id", "r"), ("x-amz-id-2", "x")][..],
        "<Error><Code>NoSuchKey</Code><Message>No key.</Message></Error>",
    );
    let (error, cause, refused) = error_of(call("aws-sdk:s3:getObject", json!({"Bucket": "b", "Key": "k"}), answer));
    let expected = "No key. (Service: S3, Status Code: 404, Request ID: r, Extended Request ID: x)";
    assert_eq!((error.as_str(), cause.as_str(), refused), ("S3.NoSuchKeyException", expected, true));
}

#[test]
fn an_endpoint_is_called_as_it_is_told_and_its_status_is_an_error() {
    let input = json!({
        "ApiEndpoint": "https://api.test/v1?a=1", "Method": "POST", "QueryParameters": {"q": ["x y", 2]}, "Headers": {"X-A": "b"},
        "RequestBody": {"k": "v w"}, "Transform": {"RequestBodyEncoding": "URL_ENCODED"},
    });
    let called = call("http:invoke", input, (201, &[("content-type", "application/json")], r#"{"id":1}"#));
    let sent = &called.sent[0];
    assert_eq!((sent.url.as_str(), sent.body.as_str()), ("https://api.test/v1?a=1&q=x%20y&q=2", "k=v%20w"));
    assert_eq!((sent.headers["x-a"].as_str(), sent.headers.get("authorization")), ("b", None));
    let result = json!({
        "Headers": {"content-type": ["application/json"]}, "ResponseBody": {"id": 1}, "StatusCode": 201, "StatusText": "Created",
    });
    assert_eq!(called.outcome, Ok(result));
    let request = || json!({"ApiEndpoint": "https://api.test", "Method": "GET"});
    let failed = |status| error_of(call("http:invoke", request(), (status, &[], "why")));
    assert_eq!(failed(404), ("States.Http.StatusCode.404".to_owned(), "why".to_owned(), true));
    assert_eq!(failed(503), ("States.Http.StatusCode.503".to_owned(), "why".to_owned(), false));
    assert_eq!(failed(408), ("States.Http.StatusCode.408".to_owned(), "why".to_owned(), false));
}

#[test]
fn a_connection_that_is_not_configured_is_named_with_what_to_add() {
    let arn = "arn:aws:events:eu-west-1:123456789012:connection/stripe/1";
    let input = json!({"ApiEndpoint": "https://api.test", "Method": "GET", "Authentication": {"ConnectionArn": arn}});
    let (error, cause, refused) = error_of(call("http:invoke", input, (200, &[], "")));
    assert_eq!((error.as_str(), refused), ("States.Runtime", true));
    assert_eq!(cause, "there is no connection `stripe`: add it to the file that `BACKSTEP_CONNECTIONS` names");
}

#[test]
fn without_an_own_system_executions_are_started_at_aws_under_a_name_that_a_repetition_has_again() {
    let input = json!({"StateMachineArn": "arn", "Input": {"a": 1}});
    let answer = r#"{"executionArn":"e","startDate":1700000000.25}"#;
    let sent = |function: &str| call(function, input.clone(), (200, &[], answer)).sent[0].body.clone();
    let first = sent("states:startExecution.waitForTaskToken");
    assert_eq!(first, sent("states:startExecution"));
    assert!(first.starts_with(r#"{"stateMachineArn":"arn","input":"{\"a\":1}","name":""#), "{first}");
    let result = call("states:startExecution", input, (200, &[], answer)).outcome.expect("a result");
    assert_eq!((&result["ExecutionArn"], &result["StartDate"]), (&json!("e"), &json!(1_700_000_000_250_i64)));
}
