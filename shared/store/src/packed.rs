//! Stored text: a format byte, then the text as a zlib stream (RFC 1950: deflate with a checksum, so that damage is noticed).
//!
//! What journal entries and value items are kept as. The format byte is read before anything else: bytes of a newer release are
//! told from damaged ones, and are given back instead of being taken for corrupt (ARCHITECTURE.md, invariant 17).

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::EntryError;

/// The format that is written.
pub const PACKED_FORMAT: u8 = 1;

/// The longest text that is unpacked, in bytes: damaged or foreign bytes do not fill the memory.
pub const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Packs a text.
///
/// # Errors
///
/// [`EntryError::TooLarge`] if it is longer than [`UNPACKED_BYTES_MAX`], and so could not be read again.
pub fn pack(text: &[u8]) -> Result<Vec<u8>, EntryError> {
    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if bytes > UNPACKED_BYTES_MAX {
        return Err(EntryError::TooLarge { bytes, limit: UNPACKED_BYTES_MAX });
    }
    let mut encoder = ZlibEncoder::new(vec![PACKED_FORMAT], Compression::fast());
    encoder.write_all(text).and_then(|()| encoder.finish()).map_err(|error| EntryError::Corrupt(error.to_string()))
}

/// Unpacks what [`pack`] packed.
///
/// # Errors
///
/// [`EntryError::Newer`] if a newer release wrote it, [`EntryError::Corrupt`] if it is damaged.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, EntryError> {
    let corrupt = |reason: &str| EntryError::Corrupt(reason.to_owned());
    let stream = match packed.split_first() {
        None => return Err(corrupt("empty")),
        Some((&PACKED_FORMAT, stream)) => stream,
        Some((&0, _)) => return Err(corrupt("there is no format 0")),
        Some((&newer, _)) => return Err(EntryError::Newer(newer)),
    };
    let mut text = Vec::new();
    let decoder = ZlibDecoder::new(stream);
    decoder.take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut text).map_err(|error| corrupt(&error.to_string()))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > UNPACKED_BYTES_MAX {
        return Err(corrupt("longer than anything that is written"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_unpacked_as_it_was_packed() {
        for text in ["", "{}", &"lorem ipsum ".repeat(10_000)] {
            assert_eq!(unpack(&pack(text.as_bytes()).unwrap()).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn the_longest_text_is_packed_and_one_byte_more_is_not() {
        let limit = usize::try_from(UNPACKED_BYTES_MAX).unwrap();
        let longest = vec![b' '; limit];
        assert_eq!(unpack(&pack(&longest).unwrap()).unwrap().len(), limit);
        assert!(matches!(pack(&vec![b' '; limit + 1]), Err(EntryError::TooLarge { .. })));
    }

    #[test]
    fn damage_is_noticed_wherever_it_changes_the_text() {
        let text = br#"{"revision":1,"seed":"0123456789"}"#;
        let packed = pack(text).unwrap();
        for place in 1..packed.len() {
            let mut damaged = packed.clone();
            damaged[place] ^= 0x40;
            // Some bits mean nothing: the padding before a stored block.
            assert!(matches!(unpack(&damaged), Err(EntryError::Corrupt(_))) || unpack(&damaged) == Ok(text.to_vec()), "{place}");
            assert!(matches!(unpack(&packed[..place]), Err(EntryError::Corrupt(_))), "cut at {place}");
        }
    }

    #[test]
    fn bytes_of_a_newer_release_are_not_taken_for_damaged() {
        assert_eq!(unpack(&[2, 1, 2, 3]), Err(EntryError::Newer(2)));
        assert_eq!(unpack(&[255]), Err(EntryError::Newer(255)));
        assert!(matches!(unpack(&[]), Err(EntryError::Corrupt(_))));
        assert!(matches!(unpack(&[0, 1]), Err(EntryError::Corrupt(_))));
    }
}
