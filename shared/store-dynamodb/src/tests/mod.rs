//! Tests against a table: an embedded DynamoDB in this process, or whatever stands at `AWS_ENDPOINT_URL`.

mod contract;
mod endpoint;
mod faults;
mod frozen;
mod proxy;
mod races;
mod requests;
mod retention;
