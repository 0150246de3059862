//! Lambda.

use serde_json::json;
use worker::HandlerError;

use super::call;

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:ship:live";
const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("content-length", "7"),
    ("date", "today"),
    ("server", "a stand-in"),
    ("x-amz-executed-version", "$LATEST"),
    ("x-amzn-requestid", "r-1"),
];

#[test]
fn a_function_is_called_by_its_arn_and_its_answer_is_the_result() {
    let called = call(ARN, json!({"a": [1, 2]}), (200, HEADERS, r#"{"b":2}"#));
    assert_eq!(called.outcome, Ok(json!({"b": 2})));
    let [sent] = called.sent.as_slice() else { panic!("{:?}", called.sent) };
    let name = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Aship%3Alive";
    assert_eq!(sent.url, format!("https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/{name}/invocations"));
    assert_eq!((sent.method.as_str(), sent.body.as_str()), ("POST", r#"{"a":[1,2]}"#));
    let authorization = &sent.headers["authorization"];
    assert!(authorization.contains("Credential=AKID/20231114/eu-west-1/lambda/aws4_request"), "{authorization}");
    assert!(!sent.headers.values().any(|value| value.contains("secret")));
}

#[test]
fn invoke_sends_what_it_is_told_and_answers_as_the_api_does() {
    let parameters = json!({
        "FunctionName": "ship", "Qualifier": "1", "InvocationType": "RequestResponse", "LogType": "Tail", "ClientContext": "e30=",
        "Payload": "text",
    });
    let called = call("lambda:invoke", parameters, (200, HEADERS, r#"{"b":2}"#));
    let sent = &called.sent[0];
    assert!(sent.url.ends_with("/2015-03-31/functions/ship/invocations?Qualifier=1"), "{}", sent.url);
    assert_eq!(sent.body, r#""text""#);
    let header = |name: &str| sent.headers.get(name).map(String::as_str);
    assert_eq!(
        (header("x-amz-invocation-type"), header("x-amz-log-type"), header("x-amz-client-context")),
        (Some("RequestResponse"), Some("Tail"), Some("e30="))
    );
    let told = concat!(
        r#"{"ExecutedVersion":"$LATEST","Payload":{"b":2},"SdkHttpMetadata":{"AllHttpHeaders":{"Connection":["keep-alive"],"#,
        r#""Content-Length":["7"],"Content-Type":["application/json"],"Date":["today"],"X-Amz-Executed-Version":["$LATEST"],"#,
        r#""x-amzn-RequestId":["r-1"]},"HttpHeaders":{"Connection":"keep-alive","Content-Length":"7","Content-Type":"application/json","#,
        r#""Date":"today","X-Amz-Executed-Version":"$LATEST","x-amzn-RequestId":"r-1"},"HttpStatusCode":200},"#,
        r#""SdkResponseMetadata":{"RequestId":"r-1"},"StatusCode":200}"#
    );
    assert_eq!(called.outcome.map(|result| result.to_string()), Ok(told.to_owned()));
}

#[test]
fn what_a_function_threw_is_its_own_error_with_its_answer_as_the_cause() {
    let thrown = r#"{"errorMessage": "no", "errorType": "OutOfStock"}"#;
    let answer: (u16, &[_], &str) = (200, &[("x-amz-function-error", "Unhandled")], thrown);
    let expected = Err(HandlerError::Failed { error: "OutOfStock".to_owned(), cause: thrown.to_owned() });
    assert_eq!(call(ARN, json!(1), answer).outcome, expected);
    // The integration reads it, and writes it anew.
    let cause = r#"{"errorMessage":"no","errorType":"OutOfStock"}"#;
    let expected = Err(HandlerError::Failed { error: "OutOfStock".to_owned(), cause: cause.to_owned() });
    assert_eq!(call("lambda:invoke", json!({"FunctionName": "f"}), answer).outcome, expected);
    let answer: (u16, &[_], &str) = (200, &[("x-amz-function-error", "Unhandled")], r#"{"errorMessage":"timed out"}"#);
    let cause = r#"The cause could not be determined because Lambda did not return an error type. Returned payload: {"errorMessage":"timed out"}"#;
    let expected = Err(HandlerError::Failed { error: "Lambda.Unknown".to_owned(), cause: cause.to_owned() });
    assert_eq!(call(ARN, json!(1), answer).outcome, expected);
}

#[test]
fn a_function_that_was_not_called_is_a_refusal_by_the_name_of_the_apis_error() {
    let check = |status, code: &'static str, error: &str, refused: bool| {
        let outcome = call("f", json!(1), (status, &[("x-amzn-errortype", code)], r#"{"Message":"m"}"#)).outcome;
        let expected_cause =
            format!("m (Service: AWSLambda; Status Code: {status}; Error Code: {code}; Request ID: null; Proxy: null)");
        match outcome.expect_err("an error") {
            HandlerError::Refused { error: found, cause } => {
                assert!(refused && found == error && cause.starts_with(&expected_cause), "{found} {cause}")
            }
            HandlerError::Failed { error: found, cause } => {
                assert!(!refused && found == error && cause == expected_cause, "{found} {cause}")
            }
            HandlerError::NotNow(why) => panic!("{why}"),
        }
    };
    check(404, "ResourceNotFoundException", "Lambda.ResourceNotFoundException", true);
    check(429, "TooManyRequestsException", "Lambda.TooManyRequestsException", true);
    check(403, "AccessDeniedException", "Lambda.AWSLambdaException", true);
    check(500, "ServiceException", "Lambda.ServiceException", false);
}

#[test]
fn a_payload_that_is_json_as_text_is_sent_as_it_is() {
    let check = |payload: serde_json::Value, sent: &str| {
        let called = call("lambda:invoke", json!({"FunctionName": "f", "Payload": payload}), (200, &[], "1"));
        assert_eq!(called.sent[0].body, sent);
    };
    check(json!("[ 1]"), "[ 1]");
    check(json!("text"), r#""text""#);
    check(json!({"a": "1"}), r#"{"a":"1"}"#);
    assert_eq!(call("lambda:invoke", json!({"FunctionName": "f"}), (200, &[], "1")).sent[0].body, "{}");
}

#[test]
fn a_request_of_an_older_release_names_the_function_alone() {
    let called = call("ship", json!({}), (200, &[], "3"));
    assert_eq!(called.outcome, Ok(json!(3)));
    assert!(called.sent[0].url.ends_with("/functions/ship/invocations"));
}
