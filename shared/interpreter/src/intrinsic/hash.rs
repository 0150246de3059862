//! `States.Hash`.

use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::arguments::Arguments;
use super::{Failure, refused};
use crate::limits::HASH_CHARACTERS_MAX;

/// `States.Hash(text, algorithm)`: the hash of its UTF-8, in lower-case hexadecimal digits.
pub(super) fn hash(arguments: &mut Arguments<'_>) -> Result<Value, Failure> {
    let text = arguments.text_of_at_most(HASH_CHARACTERS_MAX)?;
    let algorithm = arguments.text()?;
    let bytes = text.as_bytes();
    let digits = match algorithm.as_ref() {
        "MD5" => hexadecimal(&Md5::digest(bytes)),
        "SHA-1" => hexadecimal(&Sha1::digest(bytes)),
        "SHA-256" => hexadecimal(&Sha256::digest(bytes)),
        "SHA-384" => hexadecimal(&Sha384::digest(bytes)),
        "SHA-512" => hexadecimal(&Sha512::digest(bytes)),
        other => return refused(format!("The algorithm '{other}' is none of MD5, SHA-1, SHA-256, SHA-384 and SHA-512.")),
    };
    Ok(Value::String(digits))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
