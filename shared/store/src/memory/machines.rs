//! State machines, by ARN.

use std::collections::BTreeMap;

use crate::{MachineChange, StateMachine, StoreError};

#[derive(Debug, Default)]
pub(super) struct Machines(BTreeMap<String, StateMachine>);

impl Machines {
    pub(super) fn put(&mut self, machine: &StateMachine) -> Result<MachineChange, StoreError> {
        let change = machine.written_over(self.0.get(&machine.arn))?;
        if change == MachineChange::Written {
            self.0.insert(machine.arn.clone(), machine.clone());
        }
        Ok(change)
    }

    pub(super) fn get(&self, arn: &str) -> Option<StateMachine> {
        self.0.get(arn).cloned()
    }

    pub(super) fn list(&self, after: Option<&str>, limit: usize) -> Vec<StateMachine> {
        let mut machines: Vec<&StateMachine> =
            self.0.values().filter(|machine| after.is_none_or(|after| machine.name.as_str() > after)).collect();
        machines.sort_by(|a, b| a.name.cmp(&b.name));
        machines.into_iter().take(limit).cloned().collect()
    }

    pub(super) fn delete(&mut self, arn: &str) {
        self.0.remove(arn);
    }
}
