//! The backstep binary.
fn main() {}
