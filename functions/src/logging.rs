//! Logs: a JSON object per line on standard output, and a metric for each line that is an alarm.
//!
//! Libraries mark what a person must look at with the field `alarm`. Each such line becomes a metric of that name besides, in CloudWatch's embedded metric
//! format: the template's alarms watch those. Lines never hold payloads; the SDK's own are kept at `warn` (its level `trace` has whole requests).
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The variable with the filter of log lines.
const FILTER: &str = "BACKSTEP_LOG";
/// The filter where there is none.
const DEFAULT_FILTER: &str = "info,aws_config=warn,aws_runtime=warn,aws_smithy_runtime=warn,hyper=warn,lambda_runtime=warn";
/// The namespace of metrics.
const NAMESPACE: &str = "Backstep";
/// The variable with the stack's name: the metrics' dimension.
const STACK: &str = "BACKSTEP_STACK";

/// Begins to log, for the whole process.
pub fn begin_logging() {
    let filter = std::env::var(FILTER).unwrap_or_else(|_| DEFAULT_FILTER.to_owned());
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    let stack = std::env::var(STACK).unwrap_or_default();
    let alarms = AlarmMetrics { stack, output: Mutex::new(std::io::stdout()) };
    tracing_subscriber::registry().with(levels(&filter)).with(lines).with(alarms).init();
}

/// Levels by module, as in `info,hyper=warn`; the default's if that cannot be read. Spans and fields select nothing: that would link regular expressions.
fn levels(filter: &str) -> Targets {
    filter.parse().or_else(|_| DEFAULT_FILTER.parse()).unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO))
}

/// Writes a metric for each event that has an alarm's name.
struct AlarmMetrics<W> {
    stack: String,
    output: Mutex<W>,
}

/// Finds the alarm's name in an event.
#[derive(Default)]
struct AlarmName(Option<String>);

impl Visit for AlarmName {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "alarm" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn Debug) {}
}

impl<S: Subscriber, W: Write + Send + 'static> Layer<S> for AlarmMetrics<W> {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut name = AlarmName::default();
        event.record(&mut name);
        if let Some(alarm) = name.0 {
            let now_millis = clock::Clock::now_millis(&clock::SystemClock);
            let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
            // A metric that cannot be written is no reason to stop what is alarming.
            let _ = writeln!(output, "{}", metric(&alarm, &self.stack, now_millis));
        }
    }
}

/// One count of a metric, in the embedded metric format.
fn metric(alarm: &str, stack: &str, now_millis: i64) -> serde_json::Value {
    json!({
        "_aws": {
            "Timestamp": now_millis,
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": [{ "Name": alarm, "Unit": "Count" }] }],
        },
        "Stack": stack,
        alarm: 1,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn levels_are_said_by_module_and_those_of_the_sdk_stay_low_where_nothing_readable_is_said() {
        let check = |filter: &str, target: &str, level: tracing::Level, wanted: bool| {
            assert_eq!(levels(filter).would_enable(target, &level), wanted, "{filter}: {target} at {level}");
        };
        check("debug,hyper=warn", "coordinator::handle", tracing::Level::DEBUG, true);
        check("debug,hyper=warn", "hyper::client", tracing::Level::INFO, false);
        for filter in [DEFAULT_FILTER, "info,hyper=loud"] {
            check(filter, "coordinator::handle", tracing::Level::INFO, true);
            check(filter, "aws_smithy_runtime::client", tracing::Level::INFO, false);
        }
    }

    #[test]
    fn what_is_an_alarm_is_counted_and_nothing_else_is() {
        let kept = Kept::default();
        let alarms = AlarmMetrics { stack: "shop".to_owned(), output: Mutex::new(kept.clone()) };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(alarms), || {
            tracing::info!(queue = "orders", "nothing to see");
            tracing::error!(message = "1", alarm = "parked_message", "a message was parked");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 1, "{text}");
        assert_eq!((&lines[0]["parked_message"], &lines[0]["Stack"]), (&json!(1), &json!("shop")));
        let directive = &lines[0]["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Metrics"][0]["Name"], "parked_message");
        assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Backstep"), &json!([["Stack"]])));
    }
}
