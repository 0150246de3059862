//! Frozen samples, round trips and what cannot be read.

use interpreter::{ExecutionStatus, Part, StateFailure};
use serde_json::{Value, json};

use super::*;

fn execution() -> ExecutionId {
    ExecutionId::from_random(0x0a11_ce00)
}

fn token() -> TaskToken {
    TaskToken { execution: execution(), revision: 4, visit: 3, attempt: 2, proof: 0xfeed }
}

fn answer(outcome: TaskOutcome) -> CoordinatorBody {
    CoordinatorBody::new(execution(), CoordinatorMessage::Answer { token: token(), outcome })
}

fn child() -> CoordinatorBody {
    let arn = |kind: &str| format!("arn:aws:states:us-east-1:123456789012:{kind}");
    let identity = Identity {
        id: execution(),
        name: "item".to_owned(),
        arn: arn("execution:map/Rows:item"),
        machine_name: "map".to_owned(),
        machine_arn: arn("mapRun:map/Rows:run"),
        role_arn: "arn:aws:iam::123456789012:role/map".to_owned(),
        version_arn: None,
        alias_arn: None,
    };
    let parent = Parent { token: token(), arn: arn("mapRun:map/Rows:run"), part: Part::Item { state: "Rows".to_owned() } };
    let child = ChildBody {
        identity,
        parent,
        definition: DefinitionHash("d".repeat(64)),
        input: Payload::inline("{\"row\":1}"),
        carried: vec![ValueHash("h".to_owned())],
        stop: true,
    };
    CoordinatorBody::new(execution(), CoordinatorMessage::Child(Box::new(child)))
}

fn child_ended() -> CoordinatorBody {
    let end = ChildEnd {
        arn: "arn:aws:states:us-east-1:123456789012:execution:map/Rows:item".to_owned(),
        name: "item".to_owned(),
        status: ExecutionStatus::Failed,
        output: None,
        failure: Some(StateFailure::new("Bad", "row 1")),
        started_at: Timestamp::from_millis(1_793_534_400_000),
        closed_at: Timestamp::from_millis(1_793_534_400_250),
    };
    CoordinatorBody::new(execution(), CoordinatorMessage::ChildEnded { token: token(), end: Box::new(end) })
}

fn request(input: InputBody) -> RequestBody {
    let key = IdempotencyKey::of_action(&execution(), "ChargePayment", 3, None);
    RequestBody {
        v: FORMAT,
        token: token(),
        execution: execution(),
        execution_name: "order-1".to_owned(),
        state: "ChargePayment".to_owned(),
        function: "charge-payment".to_owned(),
        provider: None,
        input,
        attempt: 2,
        deadline: Some(Timestamp::from_millis(1_793_534_400_000)),
        heartbeat_seconds: Some(30),
        callback: false,
        key: key.of_compensation(),
        undoes: Some(key),
        caller: None,
    }
}

/// What was written by format 1 is read for ever, and this release still writes it, byte by byte.
fn check_sample<T: PartialEq + std::fmt::Debug>(
    sample: &str,
    body: &T,
    encode: impl Fn(&T) -> String,
    decode: impl Fn(&str) -> Result<T, BodyError>,
) {
    let sample = sample.trim_end();
    assert_eq!(decode(sample).as_ref(), Ok(body), "{sample}");
    assert_eq!(encode(body), sample);
}

fn check_coordinator_sample(sample: &str, body: &CoordinatorBody) {
    check_sample(sample, body, CoordinatorBody::encode, CoordinatorBody::decode);
}

fn check_request_sample(sample: &str, body: &RequestBody) {
    check_sample(sample, body, RequestBody::encode, RequestBody::decode);
}

#[test]
fn the_samples_of_format_1_are_read_and_written() {
    let result = json!({"charge": "ch_1", "amount": 1250, "rate": 0.1});
    check_coordinator_sample(include_str!("../../samples/answer-succeeded.v1.json"), &answer(TaskOutcome::Succeeded { result }));
    check_coordinator_sample(
        include_str!("../../samples/answer-refused.v1.json"),
        &answer(TaskOutcome::Failed { failure: StateFailure::new("CardDeclined", "the issuer declined"), refusal: true }),
    );
    check_coordinator_sample(
        include_str!("../../samples/answer-failed.v1.json"),
        &answer(TaskOutcome::Failed { failure: StateFailure::named("States.Timeout"), refusal: false }),
    );
    check_coordinator_sample(include_str!("../../samples/child.v1.json"), &child());
    check_coordinator_sample(include_str!("../../samples/child-ended.v1.json"), &child_ended());
    let due = Timestamp::from_millis(1_793_534_400_250);
    let timer =
        CoordinatorBody { resent: 3, ..CoordinatorBody::new(execution(), CoordinatorMessage::Timer { due, revision: 7 }) };
    check_coordinator_sample(include_str!("../../samples/timer.v1.json"), &timer);
    check_coordinator_sample(
        include_str!("../../samples/wake.v1.json"),
        &CoordinatorBody::new(execution(), CoordinatorMessage::wake()),
    );
    let after = CommandPlace { revision: 12, key: Some(IdempotencyKey::of_action(&execution(), "Notify", 9, Some(41))) };
    let wake_at = Timestamp::from_millis(1_793_535_300_000);
    for (sample, began_with) in [
        (include_str!("../../samples/wake-rest.v1.json"), ""),
        (include_str!("../../samples/wake-rest-of.v1.json"), "5fea7756-0ea4-451a-a703-a558b933e274"),
    ] {
        let rest = WakeRest { after: after.clone(), before: 17, wake_at, began_with: began_with.to_owned() };
        check_coordinator_sample(sample, &CoordinatorBody::new(execution(), CoordinatorMessage::Wake { rest: Some(rest) }));
    }
    let renew = |after: Option<&str>| {
        let began_at = Timestamp::from_millis(1_793_534_400_000);
        CoordinatorBody::new(execution(), CoordinatorMessage::Renew { began_at, after: after.map(str::to_owned) })
    };
    check_coordinator_sample(include_str!("../../samples/renew.v1.json"), &renew(None));
    let key = "ledger:0000000000000000000000000a11ce00/Notify/9/41";
    check_coordinator_sample(include_str!("../../samples/renew-rest.v1.json"), &renew(Some(key)));
    check_request_sample(
        include_str!("../../samples/request.v1.json"),
        &request(InputBody::Input(json!({"order": "order-1", "lines": [{"sku": "A", "quantity": 2}]}))),
    );
    let referring = RequestBody {
        deadline: None,
        heartbeat_seconds: None,
        callback: false,
        undoes: None,
        caller: None,
        ..request(InputBody::InputRef(ValueHash::of("{}")))
    };
    check_request_sample(include_str!("../../samples/request-by-reference.v1.json"), &referring);
    check_request_sample(
        include_str!("../../samples/request-with-provider.v1.json"),
        &RequestBody { provider: Some("lambda".to_owned()), ..referring },
    );
}

#[test]
fn fields_that_may_be_left_out_are_read_as_nothing() {
    let wake = format!(r#"{{"v":1,"execution":"{}","message":{{"kind":"wake"}}}}"#, execution());
    assert_eq!(CoordinatorBody::decode(&wake), Ok(CoordinatorBody::new(execution(), CoordinatorMessage::wake())));
}

#[test]
fn what_a_newer_release_wrote_is_newer_whatever_else_it_says() {
    for (text, version) in [
        (r#"{"v":2,"execution":"x","message":{"kind":"telepathy"}}"#, 2),
        (r#"{"message":7,"v":3}"#, 3),
        (r#"{"v":99999999999}"#, u32::MAX),
    ] {
        assert_eq!(CoordinatorBody::decode(text), Err(BodyError::Newer(version)), "{text}");
        assert_eq!(RequestBody::decode(text), Err(BodyError::Newer(version)), "{text}");
    }
}

#[test]
fn what_is_no_body_is_malformed_and_says_where() {
    let check = |text: &str, where_it_is: &str| {
        let Err(BodyError::Malformed(reason)) = CoordinatorBody::decode(text) else { panic!("{text} was read") };
        assert!(reason.contains(where_it_is), "{text}: {reason}");
    };
    check("", "line 1 column 0");
    check("hello", "line 1 column 1");
    check("{}", "missing field `v`");
    check(r#"{"v":0}"#, "format 0");
    check(r#"{"v":1,"execution":"x"}"#, "missing field `message`");
    check("{\"v\":1,\n\"execution\":7,\"message\":{\"kind\":\"wake\"}}", "line 2 column 13");
    check(r#"{"v":1,"execution":"x","message":{"kind":"wake"}} trailing"#, "trailing characters");
}

#[test]
fn the_reason_of_a_malformed_body_quotes_none_of_it() {
    for text in [
        r#"{"v":1,"execution":"x","message":{"kind":"Jane Doe"}}"#,
        r#"{"v":1,"execution":"x","message":"Jane Doe"}"#,
        r#"{"v":"Jane Doe"}"#,
    ] {
        let reason = CoordinatorBody::decode(text).unwrap_err().to_string();
        assert!(!reason.contains("Jane"), "{reason}");
    }
}

#[test]
fn a_payload_at_its_nesting_limit_travels() {
    let deepest = (0..interpreter::Limits::default().payload_depth).fold(json!(1), |inner, _| json!([inner]));
    let body = request(InputBody::Input(deepest));
    assert_eq!(RequestBody::decode(&body.encode()), Ok(body));
}

#[test]
fn characters_that_a_queue_refuses_are_escaped() {
    let text = "a\u{fffe}b\u{ffff}c\u{0}d\u{1f600}\\ufffe";
    let body = answer(TaskOutcome::Succeeded { result: json!({ text: text }) });
    let encoded = body.encode();
    assert!(!encoded.contains(['\u{fffe}', '\u{ffff}', '\u{0}']));
    assert_eq!(CoordinatorBody::decode(&encoded), Ok(body));
}

#[test]
fn numbers_come_through_as_they_were() {
    for number in ["0", "-0.0", "1.0", "1e300", "0.1", "18446744073709551615", "-9223372036854775808"] {
        let value: Value = serde_json::from_str(number).unwrap();
        let body = answer(TaskOutcome::Succeeded { result: value.clone() });
        let CoordinatorMessage::Answer { outcome: TaskOutcome::Succeeded { result }, .. } =
            CoordinatorBody::decode(&body.encode()).unwrap().message
        else {
            panic!("another message came back")
        };
        assert_eq!(result.to_string(), value.to_string());
    }
}
