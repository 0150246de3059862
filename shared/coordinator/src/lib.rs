//! Load, transition, commit, publish: the shell around the interpreter.
//!
//! A [`Coordinator`] is given messages about executions (from the queues by [`Coordinator::handle`], from the API by one method per
//! operation) and brings each into the execution's journal: it loads the latest entry, asks the interpreter what follows, commits that by one
//! conditional write, publishes what is outstanding since, and only then acknowledges. It holds nothing between two calls but a cache of
//! parsed definitions, so that any number of coordinators may work on the same store, and any of them may be stopped at any moment.
//!
//! Reading order: [`ports`](Ports), `deliver.rs` (the heart), `decide.rs`, `commit.rs`, `selection.rs`, `publish.rs`, `handle.rs`, then a file per operation.

mod activity;
mod alarm;
mod callback;
mod child;
mod commit;
mod coordinator;
mod dead_letters;
mod decide;
mod definitions;
mod deliver;
mod describe;
mod handle;
mod history;
mod items;
mod load;
mod map_run;
mod owed;
mod ports;
mod publish;
mod received;
mod redrive;
mod refill;
mod register;
mod renew;
mod request;
mod results;
mod retry;
mod revoke;
mod selection;
mod send;
mod send_task_failure;
mod send_task_heartbeat;
mod send_task_success;
mod settings;
mod start;
mod stop;
mod wake;
mod watch;
mod withdraw;

#[cfg(test)]
mod tests;

pub use activity::{ActivityTask, TakeActivityTaskError};
pub use coordinator::Coordinator;
pub use definitions::{DefinitionError, ParsedDefinitions};
pub use deliver::DeliverError;
pub use describe::{DescribeError, Description};
pub use history::{HistoryCursor, HistoryCursorError, HistoryError, HistoryPage, HistoryQuery};
pub use map_run::{MapRunDescription, MapRunError};
pub use owed::{OwedAction, owed_actions};
pub use ports::Ports;
pub use publish::PublishError;
pub use redrive::{RedriveError, Redriven};
pub use refill::RefillReport;
pub use register::{MachineRegistration, RegisterError};
pub use send_task_failure::SendTaskFailureError;
pub use send_task_heartbeat::SendTaskHeartbeatError;
pub use send_task_success::SendTaskSuccessError;
pub use settings::{Bounds, Settings, SettingsError};
pub use start::{Novelty, StartError, StartRequest, Started, StartedBy};
pub use stop::{StopError, StopRequest, Stopped};
pub use watch::{WatchError, WatchReport};
