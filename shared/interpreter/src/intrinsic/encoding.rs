//! Base64, the MIME alphabet without line breaks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::arguments::Arguments;
use super::{Failure, refused};
use crate::limits::BASE64_CHARACTERS_MAX;

/// `States.Base64Encode(text)`: its UTF-8 in Base64.
pub(super) fn encode(arguments: &mut Arguments<'_>) -> Result<Value, Failure> {
    let text = arguments.text_of_at_most(BASE64_CHARACTERS_MAX)?;
    Ok(Value::String(STANDARD.encode(text.as_bytes())))
}

/// `States.Base64Decode(text)`: the text that was encoded; bytes that are no UTF-8 become U+FFFD, as in Java.
pub(super) fn decode(arguments: &mut Arguments<'_>) -> Result<Value, Failure> {
    let text = arguments.text_of_at_most(BASE64_CHARACTERS_MAX)?;
    match STANDARD.decode(text.as_bytes()) {
        Ok(bytes) => Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned())),
        Err(_) => refused("The argument is not valid Base64."),
    }
}
