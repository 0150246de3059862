//! What is asked of each service, and what is made of its answer: a file each.

pub(crate) mod dynamodb;
pub(crate) mod events;
pub(crate) mod http;
mod json;
pub(crate) mod lambda;
mod s3;
pub(crate) mod sdk;
pub(crate) mod sns;
pub(crate) mod sqs;
pub(crate) mod states;
mod xml;

use worker::HandlerError;

/// What is not known here was not called.
pub(crate) fn unknown(function: &str) -> HandlerError {
    crate::failure::unsendable(format!("the service integration `{function}` is not supported"))
}

/// With a capital letter in front: as AWS names actions.
fn capitalized(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
}

/// With a small letter in front.
fn small(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_lowercase().to_string() + characters.as_str()).unwrap_or_default()
}
