//! Alarms: which there are, whether they are raised, whether anybody hears of them.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};

use super::{Seen, unseen};

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is raised.
    pub state: AlarmState,
    /// Whether somebody is told when it is raised.
    pub is_heard: bool,
}

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// All is well.
    Fine,
    /// It is raised.
    Raised,
    /// Nothing was measured yet.
    Unknown,
}

/// The alarms of a stack: those whose names begin with this.
pub(super) async fn of(cloudwatch: &Client, prefix: &str) -> Seen<Vec<Alarm>> {
    let mut alarms = Vec::new();
    let mut next = None;
    loop {
        let page = cloudwatch.describe_alarms().alarm_name_prefix(prefix).alarm_types(AlarmType::MetricAlarm);
        let asked = page.set_next_token(next).send().await;
        let answered = asked.map_err(|error| unseen("cloudwatch:DescribeAlarms", &error))?;
        alarms.extend(answered.metric_alarms().iter().map(|alarm| Alarm {
            name: alarm.alarm_name().unwrap_or_default().to_owned(),
            description: alarm.alarm_description().unwrap_or_default().to_owned(),
            state: match alarm.state_value() {
                Some(StateValue::Alarm) => AlarmState::Raised,
                Some(StateValue::Ok) => AlarmState::Fine,
                _ => AlarmState::Unknown,
            },
            is_heard: alarm.actions_enabled().unwrap_or(true) && !alarm.alarm_actions().is_empty(),
        }));
        next = answered.next_token().map(str::to_owned);
        if next.is_none() {
            return Ok(alarms);
        }
    }
}
