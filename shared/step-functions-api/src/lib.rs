//! The Step Functions JSON API, one file per operation, as functions over the ports.
