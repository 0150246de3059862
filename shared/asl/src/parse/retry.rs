//! `Retry`: States Language specification, "Retrying after error".

use super::fields::Fields;
use super::report::Report;
use super::{error_names, scalar};
use crate::code;
use crate::limits::{MAX_RETRY_ATTEMPTS, MAX_RETRY_DELAY_SECONDS, MAX_SECONDS};
use crate::raw::{Content, Member, Value};
use crate::state::{JitterStrategy, Retrier};

/// Reads the field `Retry` of an object; none when it is absent.
pub(super) fn read(fields: &mut Fields<'_>, report: &mut Report) -> Option<Vec<Retrier>> {
    let member = fields.take("Retry")?;
    let Content::Array(elements) = &member.value.content else {
        return scalar::wrong_type(member, "an array of retriers", report);
    };
    let retriers = elements.iter().filter_map(|element| retrier(element, report)).collect();
    let lists: Vec<&Member> = elements.iter().filter_map(|element| element.member("ErrorEquals")).collect();
    error_names::check_states_all(&lists, report);
    Some(retriers)
}

fn retrier(value: &Value, report: &mut Report) -> Option<Retrier> {
    let mut fields = Fields::of(value, "a retrier", report)?;
    let errors = fields.require("ErrorEquals", "name the errors after which to retry: `[\"States.ALL\"]`", report);
    if let Some(comment) = fields.take("Comment") {
        scalar::text(comment, report);
    }
    // The specification asks for at least one second; AWS takes 0.
    let mut whole = |name, bounds, default| {
        let member = fields.take(name);
        member.and_then(|member| scalar::whole_number(member, bounds, report)).or(default)
    };
    let interval_seconds = whole("IntervalSeconds", 0..=MAX_SECONDS, Some(1));
    let max_attempts = whole("MaxAttempts", 0..=MAX_RETRY_ATTEMPTS, Some(3));
    let max_delay_seconds = whole("MaxDelaySeconds", 1..=MAX_RETRY_DELAY_SECONDS, None);
    let backoff_rate = fields.take("BackoffRate").and_then(|member| backoff_rate(member, report)).unwrap_or(2.0);
    let strategies = [("NONE", JitterStrategy::None), ("FULL", JitterStrategy::Full)];
    let jitter = fields.take("JitterStrategy").and_then(|member| scalar::one_of(member, &strategies, report)).unwrap_or_default();
    let error_equals = errors.map(|member| error_names::read(member, report)).unwrap_or_default();
    fields.finish(report);
    Some(Retrier {
        error_equals,
        interval_seconds: interval_seconds?,
        max_attempts: max_attempts?,
        backoff_rate,
        max_delay_seconds,
        jitter,
    })
}

fn backoff_rate(member: &Member, report: &mut Report) -> Option<f64> {
    let Content::Number(number) = &member.value.content else {
        return scalar::wrong_type(member, "a number", report);
    };
    let rate = number.as_f64().filter(|rate| *rate >= 1.0);
    if rate.is_none() {
        let message = format!("`BackoffRate` cannot be `{number}`");
        report.error(
            code::OUT_OF_RANGE,
            &member.value.place,
            message,
            "write a number of at least 1; 1 keeps the interval as it is",
        );
    }
    rate
}
