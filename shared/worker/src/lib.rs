//! The harness around task handlers: ledger, lease, deadline, heartbeat, revocation, answer, partial batches.
//!
//! A [`Handler`] says what a task does. The [`Harness`] sees to it that it is done once, whatever is delivered twice, late, out of order,
//! or dies half-way; and that somebody hears of it. It does so with one ledger entry per idempotency key, which is only ever
//! written on condition that it is as it was read:
//!
//! * *absent*: nobody has acted on the key;
//! * *live*: in progress, and its lease has not ended: one invocation may act on the key until then;
//! * *expired*: in progress, and its lease has ended: that invocation is dead, or gave up;
//! * *failed*, *succeeded*: what came of it;
//! * *revoked*: it is never to be executed.
//!
//! # What a request meets
//!
//! The attempt is the request's, compared with the entry's. The table is the same for an action and for a compensation, each by its own
//! key; a compensation that runs has to do with its action's key besides (below).
//!
//! | entry | lower attempt | same attempt | higher attempt |
//! |---|---|---|---|
//! | absent | runs | runs | runs |
//! | live | dropped | given back until the lease's end | given back until the lease's end |
//! | expired | dropped | takes the lease over and runs | takes the lease over and runs |
//! | failed | dropped | answers that failure again | runs |
//! | succeeded | answers that result | answers that result | answers that result |
//! | revoked | dropped | dropped | dropped |
//!
//! The ledger says of an effect outside that its lease ends a little later than its handler is stopped (`clock_skew`): hosts' clocks differ, and nothing but time
//! keeps such an effect from happening after somebody else has taken its lease for ended.
//!
//! *Dropped* means acknowledged without an answer: the later attempt's own request is answered, or nobody waits any more. A request whose
//! deadline has passed does not run either; where the ledger has its answer it is given all the same. An entry that only records
//! heartbeats (of a callback task) is as none.
//!
//! A request that hands a task token out (`callback`) is answered by a success of its own attempt alone: each attempt has another token, and
//! nobody has the later one yet. A higher attempt runs, a lower one is dropped.
//!
//! # What a compensation does about its action's key
//!
//! Whatever the attempts are: the action is never to be executed after its compensation.
//!
//! | action's entry | compensation |
//! |---|---|
//! | absent | writes *revoked* where nothing stood |
//! | live | is given back until the lease's end: nothing is executed, no attempt spent |
//! | expired, failed, succeeded | writes *revoked* in its place |
//! | revoked | nothing is left to do |
//!
//! With [`Effect::Table`] that is written in the same transaction as the compensation's effect (or failure) and its own entry; with
//! [`Effect::Outside`] before the handler is called.
//!
//! # What a heartbeat meets
//!
//! While a handler works on a task with a heartbeat, the harness records three in each such time and moves the lease's end with it. An
//! entry can only be the holder's own with the same attempt, and then only if nobody has written to it:
//!
//! | entry | lower attempt than its | same attempt | higher attempt than its |
//! |---|---|---|---|
//! | absent | lost | lost | lost |
//! | live | lost | extended if it is the holder's own, else lost | lost |
//! | expired | lost | extended if it is the holder's own, else lost | lost |
//! | failed, succeeded, revoked | lost | lost | lost |
//!
//! *Lost* stops the handler where it is; then the first table says what follows. A handler whose lease has ended is stopped as well:
//! nothing acts on a key without a lease.
//!
//! # What is absent
//!
//! No store error becomes a task's answer: throttling and conflicts are tried again, then the request is given back. No retry of a task: that is the
//! coordinator's, by the definition. No payload in a log line.

mod answer;
mod decision;
mod handler;
mod harness;
mod lease;
mod performance;
mod retry;
mod serve;
mod serving;
mod settings;
#[cfg(test)]
mod tests;

pub use handler::{Completion, Effect, Handler, HandlerError, Task};
pub use harness::Harness;
pub use messages::{Caller, REASON_ATTRIBUTE, SOURCE_ATTRIBUTE};
pub use serving::{Served, ServesAny, Serving};
pub use settings::HarnessSettings;
