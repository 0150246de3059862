//! State machines by name, in the region and account of a system.

use coordinator::{MachineRegistration, RegisterError};
use interpreter::partition_of;
use store::StateMachine;

use crate::System;

impl System {
    /// The ARN of a state machine with this name.
    pub fn machine_arn(&self, name: &str) -> String {
        let (region, account) = (&self.parts.region, &self.parts.account);
        format!("arn:{}:states:{region}:{account}:stateMachine:{name}", partition_of(region))
    }

    /// Registers a standard state machine, as [`coordinator::Coordinator::register_machine`] says.
    ///
    /// # Errors
    ///
    /// [`RegisterError`].
    pub async fn register_machine(&self, name: &str, definition: &str) -> Result<StateMachine, RegisterError> {
        let arn = self.machine_arn(name);
        let role_arn = format!("arn:{}:iam::{}:role/backstep", partition_of(&self.parts.region), self.parts.account);
        self.parts.coordinator.register_machine(&MachineRegistration { arn: &arn, role_arn: &role_arn, definition }).await
    }
}
