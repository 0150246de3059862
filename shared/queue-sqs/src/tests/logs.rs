//! What goes wrong is logged without what was sent: messages carry what customers entered.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use messages::{GiveBack, MessageQueue, Outgoing, QueueSource, Receipt};
use serde_json::json;

use super::located;
use super::service::{Plan, failed, successful};

/// What customers entered.
const SECRET: &str = "Ada, 1 Lane";

/// Keeps what is written to it.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An error whose message quotes the value that it is about, as SQS's do.
fn quoting(status: u16, code: &'static str) -> Plan {
    let message = format!("Value {SECRET} for parameter reason is invalid.");
    Plan::Answer(status, Some(code), json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": message}))
}

#[tokio::test]
async fn no_line_of_the_log_has_what_was_sent() {
    let kept = Kept::default();
    let writer = kept.clone();
    // As long as there is one subscriber alone, a callsite that another test's thread comes to first is asked about there, where nobody listens,
    // and stays silent for everybody (tracing-core: `has_just_one`). With two it is not.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    // The SDK itself writes whole requests and answers at its level `trace`, and only there.
    let levels = "debug,queue_sqs=trace";
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(levels).with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let (service, queues) = located().await;
    let mut entry = failed("1", "InvalidParameterValue", true);
    entry["Message"] = json!(format!("Value {SECRET} for parameter reason is invalid."));
    service.plan([
        quoting(403, "AccessDenied"),
        quoting(400, "InvalidParameterValue"),
        Plan::good(json!({"Successful": [successful("0")], "Failed": [entry.clone()]})),
        Plan::good(json!({"Successful": [], "Failed": [entry]})),
        Plan::Answer(200, None, json!(SECRET)),
        Plan::Answer(403, None, json!(SECRET)),
        Plan::LostAnswer,
        Plan::LostAnswer,
        Plan::LostAnswer,
        quoting(400, "InvalidParameterValue"),
    ]);
    let mut message = Outgoing::standard(SECRET);
    message.attributes.insert("reason".to_owned(), SECRET.to_owned());
    let mut told = String::new();
    for _ in 0..5 {
        told += &format!("{:?}\n", queues.send("hints", &[message.clone(), message.clone()]).await);
    }
    let give_back = GiveBack { receipt: Receipt("receipt".to_owned()), delay: std::time::Duration::ZERO };
    told += &format!("{:?}\n", queues.give_back("hints", &give_back).await);

    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(log.lines().count() >= 6 && log.contains("AccessDenied") && log.contains("hints"), "{log}");
    assert!(!log.contains("Ada") && !log.contains("1 Lane"), "{log}");
    assert!(!told.contains("Ada") && !told.contains("1 Lane"), "{told}");
}
