//! ARNs of state machines and executions.

use interpreter::partition_of;

use crate::{ApiError, ErrorName, Place};

/// The kinds of resources that a call may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    StateMachine,
    Execution,
    Activity,
    MapRun,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::StateMachine => "stateMachine",
            Self::Execution => "execution",
            Self::Activity => "activity",
            Self::MapRun => "mapRun",
        }
    }

    /// The names behind the kind. A state machine's may be followed by a version or an alias.
    fn names(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::StateMachine => 1..=2,
            Self::Execution | Self::MapRun => 2..=2,
            Self::Activity => 1..=1,
        }
    }
}

/// The ARN of the state machine with this name.
pub(crate) fn of_machine(place: &Place, name: &str) -> String {
    format!("arn:{}:states:{}:{}:stateMachine:{name}", partition_of(&place.region), place.region, place.account)
}

/// The ARN of the activity with this name.
pub(crate) fn of_activity(place: &Place, name: &str) -> String {
    format!("arn:{}:states:{}:{}:activity:{name}", partition_of(&place.region), place.region, place.account)
}

/// What stands behind a state machine's name in its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Qualifier {
    /// A version, by its number.
    Version(u64),
    /// An alias, by its name, which is never a number alone.
    Alias(String),
}

/// A state machine's ARN, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MachineArn {
    /// The machine's own ARN.
    pub(crate) base: String,
    /// Its version or alias, if the ARN has one.
    pub(crate) qualifier: Option<Qualifier>,
}

/// Takes a state machine's ARN apart; refuses what is none.
pub(crate) fn machine(arn: &str) -> Result<MachineArn, ApiError> {
    check(arn, Kind::StateMachine)?;
    let unqualified = || MachineArn { base: arn.to_owned(), qualifier: None };
    let names = arn.splitn(7, ':').nth(6).unwrap_or_default();
    let Some((_, qualifier)) = names.split_once(':') else { return Ok(unqualified()) };
    let base = arn.strip_suffix(qualifier).and_then(|base| base.strip_suffix(':')).unwrap_or(arn).to_owned();
    let is_number = qualifier.bytes().all(|byte| byte.is_ascii_digit());
    let qualifier = match qualifier.parse() {
        Ok(number) if is_number => Qualifier::Version(number),
        _ => Qualifier::Alias(qualifier.to_owned()),
    };
    Ok(MachineArn { base, qualifier: Some(qualifier) })
}

/// The ARN of a machine that must not be qualified: for operations on the machine itself.
pub(crate) fn unqualified_machine(arn: &str) -> Result<String, ApiError> {
    let MachineArn { base, qualifier } = machine(arn)?;
    match qualifier {
        None => Ok(base),
        Some(_) => Err(ApiError::new(
            ErrorName::Validation,
            format!("The state machine ARN must not be qualified by a version or an alias. Received: {arn}"),
        )),
    }
}

/// Refuses what is no ARN of this kind: `arn:PARTITION:states:REGION:ACCOUNT:KIND:NAME`. Whether there is such a thing is another question.
pub(crate) fn check(arn: &str, kind: Kind) -> Result<(), ApiError> {
    let Some(rest) = arn.strip_prefix("arn:") else { return Err(invalid(&format!("Invalid ARN prefix: {arn}"))) };
    let parts: Vec<&str> = rest.split(':').collect();
    let [partition, service, _region, _account, resource, names @ ..] = parts.as_slice() else {
        return Err(invalid(arn));
    };
    if !partition.starts_with("aws") || *service != "states" {
        return Err(invalid(arn));
    }
    if *resource != kind.as_str() {
        return Err(invalid(&format!("Resource type not valid in this context: {resource}")));
    }
    if !kind.names().contains(&names.len()) || names.iter().any(|name| name.is_empty()) {
        return Err(invalid(arn));
    }
    Ok(())
}

fn invalid(reason: &str) -> ApiError {
    ApiError::new(ErrorName::InvalidArn, format!("Invalid Arn: '{reason}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(arn: &str, kind: Kind) -> String {
        check(arn, kind).map_or_else(|error| error.message, |()| "valid".to_owned())
    }

    #[test]
    fn an_arn_is_of_its_kind_or_refused() {
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:order";
        let execution = "arn:aws:states:us-east-1:123456789012:execution:order:1";
        assert_eq!(told(machine, Kind::StateMachine), "valid");
        assert_eq!(told(&format!("{machine}:1"), Kind::StateMachine), "valid");
        assert_eq!(told("arn:aws-cn:states:cn-north-1:123456789012:stateMachine:a", Kind::StateMachine), "valid");
        assert_eq!(told(execution, Kind::Execution), "valid");
        assert_eq!(told("order", Kind::StateMachine), "Invalid Arn: 'Invalid ARN prefix: order'");
        assert_eq!(told(execution, Kind::StateMachine), "Invalid Arn: 'Resource type not valid in this context: execution'");
        for arn in [
            "arn:",
            "arn:aws:states",
            "arn:aws:sqs:us-east-1:123456789012:stateMachine:a",
            "arn:gcp:states:us-east-1:123456789012:stateMachine:a",
            "arn:aws:states:us-east-1:123456789012:stateMachine:",
            "arn:aws:states:us-east-1:123456789012:stateMachine:a:b:c",
        ] {
            assert_eq!(told(arn, Kind::StateMachine), format!("Invalid Arn: '{arn}'"));
        }
        assert_eq!(
            told("arn:aws:states:us-east-1:1:execution:a", Kind::Execution),
            "Invalid Arn: 'arn:aws:states:us-east-1:1:execution:a'"
        );
    }

    #[test]
    fn a_machines_arn_may_be_qualified_by_a_version_or_an_alias() {
        let base = "arn:aws:states:us-east-1:123456789012:stateMachine:order";
        for (suffix, qualifier) in [
            ("", None),
            (":1", Some(Qualifier::Version(1))),
            (":live", Some(Qualifier::Alias("live".into()))),
            (":1a", Some(Qualifier::Alias("1a".into()))),
            (":+1", Some(Qualifier::Alias("+1".into()))),
        ] {
            assert_eq!(machine(&format!("{base}{suffix}")), Ok(MachineArn { base: base.into(), qualifier }));
        }
        assert_eq!(unqualified_machine(base), Ok(base.to_owned()));
        assert_eq!(unqualified_machine(&format!("{base}:1")).unwrap_err().name, ErrorName::Validation);
        assert_eq!(machine("order").unwrap_err().name, ErrorName::InvalidArn);
    }

    #[test]
    fn the_arn_of_a_machine_is_in_its_place() {
        let place = Place { region: "eu-west-1".into(), account: "000000000001".into() };
        assert_eq!(of_machine(&place, "order"), "arn:aws:states:eu-west-1:000000000001:stateMachine:order");
        let elsewhere = Place { region: "us-gov-west-1".to_owned(), ..place };
        assert_eq!(of_machine(&elsewhere, "order"), "arn:aws-us-gov:states:us-gov-west-1:000000000001:stateMachine:order");
    }
}
