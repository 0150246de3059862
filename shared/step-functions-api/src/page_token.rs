//! Tokens of pages: opaque to clients, and versioned, so that an old one is refused and not misread.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ApiError;

/// What this version's tokens begin with, before they are encoded.
const VERSION: &str = "1:";

/// The token that stands for this place.
pub(crate) fn encode(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION}{place}"))
}

/// The place that a token stands for.
pub(crate) fn decode(token: &str) -> Result<String, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| ApiError::invalid_token())?;
    let text = String::from_utf8(bytes).map_err(|_| ApiError::invalid_token())?;
    text.strip_prefix(VERSION).map(str::to_owned).ok_or_else(ApiError::invalid_token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorName;

    #[test]
    fn a_token_names_the_place_that_it_was_made_of() {
        for place in ["", "order", "12.7", "a:b/ä"] {
            assert_eq!(decode(&encode(place)), Ok(place.to_owned()));
        }
    }

    #[test]
    fn what_is_no_token_of_ours_is_refused() {
        for token in ["", "order", "!!", "MTI", &URL_SAFE_NO_PAD.encode("2:order"), &URL_SAFE_NO_PAD.encode(b"1:\xff")] {
            assert_eq!(decode(token).unwrap_err().name, ErrorName::InvalidToken, "{token}");
        }
    }
}
