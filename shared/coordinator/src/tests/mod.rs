//! What must hold of the coordinator whatever is killed, lost or repeated: scenarios by topic.

mod activities;
mod alarms;
mod callback;
mod commit;
mod crash;
mod definitions;
mod history;
mod loss;
mod pages;
mod publish;
mod redrive;
mod retention;
mod sendable;
mod start;
mod stop;
mod time;
mod unreadable;
mod world;
