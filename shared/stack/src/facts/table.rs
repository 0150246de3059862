//! The table: whether it survives its operators.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PointInTimeRecoveryStatus, TableDescription, TimeToLiveStatus};

use super::{Seen, unseen};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether it cannot be deleted.
    pub is_protected: bool,
    /// Whether it can be restored as it was at any second of the last weeks.
    pub is_recoverable: bool,
    /// The attribute by which items expire, where they do.
    pub expires_by: Option<String>,
    /// The regions of its replicas: none, for a conditional put has no meaning across them.
    pub replicas: Vec<String>,
}

pub(super) async fn of(dynamodb: &Client, name: &str) -> Seen<Table> {
    let asked = dynamodb.describe_table().table_name(name).send().await;
    let described = asked.map_err(|error| unseen("dynamodb:DescribeTable", &error))?;
    let asked = dynamodb.describe_continuous_backups().table_name(name).send().await;
    let backups = asked.map_err(|error| unseen("dynamodb:DescribeContinuousBackups", &error))?;
    let asked = dynamodb.describe_time_to_live().table_name(name).send().await;
    let expiry = asked.map_err(|error| unseen("dynamodb:DescribeTimeToLive", &error))?;
    let table = described.table();
    let recovery = backups.continuous_backups_description().and_then(|backups| backups.point_in_time_recovery_description());
    let expiry = expiry
        .time_to_live_description()
        .filter(|expiry| matches!(expiry.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)));
    Ok(Table {
        name: name.to_owned(),
        is_protected: table.and_then(TableDescription::deletion_protection_enabled).unwrap_or_default(),
        is_recoverable: recovery.and_then(|recovery| recovery.point_in_time_recovery_status())
            == Some(&PointInTimeRecoveryStatus::Enabled),
        expires_by: expiry.and_then(|expiry| expiry.attribute_name()).map(str::to_owned),
        replicas: table
            .map(|table| table.replicas().iter().filter_map(|replica| replica.region_name()).map(str::to_owned).collect())
            .unwrap_or_default(),
    })
}
