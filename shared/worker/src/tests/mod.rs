//! The harness in memory: a table of what requests meet, deadlines, heartbeats, crashes.

mod batches;
mod bench;
mod compensation;
mod crashes;
mod heartbeats;
mod logs;
mod outcomes;
mod requests;
mod through_the_queue;
