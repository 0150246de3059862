//! Alarms: what is raised, and whether anybody hears of it.

use stack::facts::{Alarm, AlarmState};

use super::{Finding, Level};

/// Judges alarms.
pub(super) fn judge(alarms: &[Alarm]) -> Vec<Finding> {
    if alarms.is_empty() {
        let remedy = "deploy the template again; was the stack deployed without its alarms?";
        return vec![Finding::new(Level::Warning, "no-alarms", "alarms", "there are none", remedy)];
    }
    let mut findings: Vec<Finding> = alarms
        .iter()
        .filter(|alarm| alarm.state == AlarmState::Raised)
        .map(|alarm| {
            let text = format!("is raised: {}", alarm.description);
            Finding::new(
                Level::Error,
                "alarm-raised",
                &alarm.name,
                text,
                "the log has lines with a field `alarm`: they say what and where",
            )
        })
        .collect();
    let unheard = alarms.iter().filter(|alarm| !alarm.is_heard).count();
    if unheard > 0 {
        let text = format!("{unheard} of {} tell nobody when they are raised", alarms.len());
        findings.push(Finding::new(
            Level::Warning,
            "alarms-unheard",
            "alarms",
            text,
            "deploy with AlarmTopicArn, the ARN of an SNS topic",
        ));
    }
    findings
}
