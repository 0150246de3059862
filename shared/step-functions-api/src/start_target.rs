//! What a start is of: a machine, one of its versions, or whatever version its alias leads to.

use coordinator::StartedBy;
use store::StateMachine;

use crate::arn::{self, MachineArn, Qualifier};
use crate::version::version_arn;
use crate::{Api, ApiError, alias};

/// A machine to be started, as its version has it, and by what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StartTarget {
    pub(crate) machine: StateMachine,
    pub(crate) by: StartedBy,
}

impl Api<'_> {
    /// What a start of this ARN is of. Of an alias's versions one is drawn.
    pub(crate) async fn start_target(&self, machine_arn: &str) -> Result<StartTarget, ApiError> {
        let missing = || ApiError::state_machine_does_not_exist(machine_arn);
        let MachineArn { base, qualifier } = arn::machine(machine_arn)?;
        let machine = self.executions().machine(&base).await?.ok_or_else(missing)?;
        let (number, alias_arn) = match qualifier {
            None => return Ok(StartTarget { machine, by: StartedBy::default() }),
            Some(Qualifier::Version(number)) => (number, None),
            Some(Qualifier::Alias(name)) => {
                let alias = self.alias(&machine, &name).await?.ok_or_else(missing)?;
                let drawn = alias.value.drawn(self.coordinator.ports().entropy.bits()).ok_or_else(missing)?;
                (drawn, Some(alias::alias_arn(&base, &name)))
            }
        };
        let version = self.version(&machine, number).await?.ok_or_else(missing)?;
        let by = StartedBy { version_arn: Some(version_arn(&base, number)), alias_arn, execution_arn: None };
        Ok(StartTarget { machine: version.value.of_machine(machine), by })
    }
}
