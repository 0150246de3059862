//! Queues: how long they hide what was received, where they give up on it, what lies in them.

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde::Deserialize;

use super::{Seen, Unseen, unseen};
use crate::Environment;

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Our name for it, as in `answers`; of a queue that only a redrive names, its own.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// For how long a message that was received is hidden, in seconds.
    pub visibility_seconds: u64,
    /// For how long it keeps messages, in seconds.
    pub retention_seconds: u64,
    /// Where it gives up on messages.
    pub redrive: Option<Redrive>,
    /// About how many messages wait in it.
    pub waiting: u64,
    /// Whether another queue of the stack gives messages up to it.
    pub is_dead_letters: bool,
}

/// Where a queue gives up on messages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redrive {
    /// The ARN of the queue that takes them.
    pub dead_letter_target_arn: String,
    /// Behind how many receives; SQS writes it as a number or as a text.
    #[serde(deserialize_with = "number_or_text")]
    pub max_receive_count: u64,
}

fn number_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
    }
    match Written::deserialize(deserializer)? {
        Written::Number(number) => Ok(number),
        Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// All queues of a stack, and those that they give messages up to.
pub(super) async fn of(sqs: &Client, environment: &Environment) -> Seen<Vec<Queue>> {
    let mut queues = Vec::new();
    for (name, url) in &environment.queues {
        queues.push(look(sqs, name.clone(), url).await?);
    }
    let targets: Vec<String> =
        queues.iter().filter_map(|queue| queue.redrive.as_ref()).map(|redrive| redrive.dead_letter_target_arn.clone()).collect();
    for target in &targets {
        if let Some(known) = queues.iter_mut().find(|queue| queue.arn == *target) {
            known.is_dead_letters = true;
            continue;
        }
        let name = target.rsplit(':').next().unwrap_or(target).to_owned();
        let located = sqs.get_queue_url().queue_name(&name).send().await.map_err(|error| unseen("sqs:GetQueueUrl", &error))?;
        let looked = look(sqs, name, located.queue_url().unwrap_or_default()).await?;
        queues.push(Queue { is_dead_letters: true, ..looked });
    }
    Ok(queues)
}

async fn look(sqs: &Client, name: String, url: &str) -> Seen<Queue> {
    let asked = sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All).send().await;
    let answered = asked.map_err(|error| unseen("sqs:GetQueueAttributes", &error))?;
    let attributes = answered.attributes().cloned().unwrap_or_default();
    let number = |attribute| number_of(&attributes, &attribute);
    Ok(Queue {
        arn: attributes.get(&QueueAttributeName::QueueArn).cloned().unwrap_or_default(),
        visibility_seconds: number(QueueAttributeName::VisibilityTimeout)?,
        retention_seconds: number(QueueAttributeName::MessageRetentionPeriod)?,
        redrive: attributes.get(&QueueAttributeName::RedrivePolicy).and_then(|text| serde_json::from_str(text).ok()),
        waiting: number(QueueAttributeName::ApproximateNumberOfMessages)?,
        is_dead_letters: false,
        name,
    })
}

fn number_of(attributes: &HashMap<QueueAttributeName, String>, attribute: &QueueAttributeName) -> Seen<u64> {
    attributes
        .get(attribute)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Unseen { operation: "sqs:GetQueueAttributes", reason: format!("no number for `{}`", attribute.as_str()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redrive_counts_in_numbers_or_in_texts() {
        for count in ["20", "\"20\""] {
            let text = format!(r#"{{"deadLetterTargetArn": "arn:aws:sqs:r:1:dead", "maxReceiveCount": {count}}}"#);
            let redrive: Redrive = serde_json::from_str(&text).unwrap();
            assert_eq!((redrive.dead_letter_target_arn.as_str(), redrive.max_receive_count), ("arn:aws:sqs:r:1:dead", 20));
        }
    }
}
