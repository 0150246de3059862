//! Tests against a table: an embedded DynamoDB in this process, or whatever stands at `AWS_ENDPOINT_URL`.

mod endpoint;
mod faults;
mod frozen;
mod proxy;
mod races;
mod requests;
