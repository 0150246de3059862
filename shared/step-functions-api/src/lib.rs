//! The Step Functions JSON API, one file per operation, as functions over the ports.
//!
//! [`Api::answer`] takes what a client sent (the `X-Amz-Target` header and the body) and gives back a status and a JSON body; each
//! operation is also a method of [`Api`] of its own. Names, members, constraints and error names are those of the Step Functions API
//! Reference; the protocol is AWS JSON 1.0, in which times are seconds since 1970 as numbers. HTTP itself is not known here.
//!
//! Nothing is kept between two calls. An operation that changes an execution has committed when it answers (ARCHITECTURE.md, invariant 14).
//!
//! Reading order: `api.rs`, `operation/mod.rs` (all operations), one file under `operation/`, `history_event.rs`.

mod activity;
mod alias;
mod answer;
mod api;
mod arn;
mod constraints;
mod definition;
mod epoch_seconds;
mod error;
mod express;
mod failure;
mod history_event;
mod jackson;
mod machine_settings;
mod member;
mod name;
pub mod operation;
mod page_token;
mod record;
mod start_target;
mod uuid;
mod version;

#[cfg(test)]
mod tests;

pub use answer::{Answer, CONTENT_TYPE};
pub use api::{Api, Place};
pub use epoch_seconds::EpochSeconds;
pub use error::{ApiError, ErrorName};
pub use operation::{Operation, TARGET_PREFIX};
