//! State machines by name, in the region and account of a system.

use coordinator::{MachineRegistration, RegisterError};
use store::StateMachine;

use crate::System;

impl System {
    /// The ARN of a state machine with this name.
    pub fn machine_arn(&self, name: &str) -> String {
        format!("arn:aws:states:{}:{}:stateMachine:{name}", self.parts.region, self.parts.account)
    }

    /// Registers a standard state machine, as [`coordinator::Coordinator::register_machine`] says.
    ///
    /// # Errors
    ///
    /// [`RegisterError`].
    pub async fn register_machine(&self, name: &str, definition: &str) -> Result<StateMachine, RegisterError> {
        let arn = self.machine_arn(name);
        let role_arn = format!("arn:aws:iam::{}:role/backstep", self.parts.account);
        self.parts.coordinator.register_machine(&MachineRegistration { arn: &arn, role_arn: &role_arn, definition }).await
    }
}
