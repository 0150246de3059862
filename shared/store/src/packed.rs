//! Stored text: a format byte, then the compressed text with a checksum, so that damage is noticed.
//!
//! | format | what it is of | what follows the format byte |
//! |---|---|---|
//! | 1 | any text | the text as a zlib stream (RFC 1950) |
//! | 2 | a journal entry's JSON | its CRC-32 (4 bytes, the lowest first), then a raw deflate stream (RFC 1951) that goes on behind [`ENTRY_DICTIONARY`] |
//!
//! An entry has the same names and beginnings as any other, and no room to say them twice: what is written up to a kibibyte is one write unit. So its stream
//! refers to a text that both sides know. The dictionary is part of the format: it never changes, a better one is a format of its own.
//!
//! The format byte is read before anything else: bytes of a newer release are told from damaged ones, and are given back instead of being taken for
//! corrupt (ARCHITECTURE.md, invariant 17).

use std::io::{Read, Write};

use flate2::read::{DeflateDecoder, ZlibDecoder};
use flate2::write::{DeflateEncoder, ZlibEncoder};
use flate2::{Compression, Crc};

use crate::EntryError;

/// The format of any text.
pub const PACKED_FORMAT: u8 = 1;

/// The format of a journal entry's JSON.
pub const PACKED_ENTRY_FORMAT: u8 = 2;

/// What the stream of [`PACKED_ENTRY_FORMAT`] goes on behind: names and values as entries have them, the most frequent ones last, where a reference to them is
/// shortest. Frozen.
pub const ENTRY_DICTIONARY: &[u8] = include_bytes!("entry_dictionary.txt");

/// Entries up to this many bytes are compressed as well as can be: they may come to fewer write units. Of longer ones time is worth more.
const COMPRESSED_WELL_BYTES: usize = 64 * 1024;

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

/// Packs a journal entry's JSON.
///
/// # Errors
///
/// As [`pack`].
pub fn pack_entry(json: &[u8]) -> Result<Vec<u8>, EntryError> {
    let bytes = u64::try_from(json.len()).unwrap_or(u64::MAX);
    if bytes > UNPACKED_BYTES_MAX {
        return Err(EntryError::TooLarge { bytes, limit: UNPACKED_BYTES_MAX });
    }
    let stream = deflated(json).map_err(|error| EntryError::Corrupt(error.to_string()))?;
    let mut packed = vec![PACKED_ENTRY_FORMAT];
    packed.extend(checksum(json));
    packed.extend(stream);
    Ok(packed)
}

/// The stream of `json` behind the dictionary: that of both, without what the dictionary alone came to. Flushing ends that at a whole byte.
fn deflated(json: &[u8]) -> std::io::Result<Vec<u8>> {
    let level = if json.len() <= COMPRESSED_WELL_BYTES { Compression::best() } else { Compression::fast() };
    let mut encoder = DeflateEncoder::new(Vec::new(), level);
    encoder.write_all(ENTRY_DICTIONARY)?;
    encoder.flush()?;
    let known = encoder.get_ref().len();
    encoder.write_all(json)?;
    let mut stream = encoder.finish()?;
    Ok(stream.split_off(known.min(stream.len())))
}

/// The text that a stream is of, with the dictionary put before it again, as a block that is not compressed (RFC 1951, 3.2.4).
fn inflated(stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let length = u16::try_from(ENTRY_DICTIONARY.len()).map_err(std::io::Error::other)?;
    let mut header = vec![0];
    header.extend(length.to_le_bytes());
    header.extend((!length).to_le_bytes());
    let mut decoder = DeflateDecoder::new(header.chain(ENTRY_DICTIONARY).chain(stream));
    std::io::copy(&mut decoder.by_ref().take(u64::from(length)), &mut std::io::sink())?;
    let mut text = Vec::new();
    decoder.take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn checksum(text: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(text);
    crc.sum().to_le_bytes()
}

fn unpacked_entry(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let (sum, stream) = packed.split_first_chunk::<4>().ok_or_else(|| std::io::Error::other("too short"))?;
    let text = inflated(stream)?;
    if checksum(&text) == *sum { Ok(text) } else { Err(std::io::Error::other("the checksum is another one")) }
}

fn unzipped(stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    ZlibDecoder::new(stream).take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// Unpacks what [`pack`] or [`pack_entry`] packed.
///
/// # Errors
///
/// [`EntryError::Newer`] if a newer release wrote it, [`EntryError::Corrupt`] if it is damaged.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, EntryError> {
    let corrupt = |reason: &str| EntryError::Corrupt(reason.to_owned());
    let text = match packed.split_first() {
        None => return Err(corrupt("empty")),
        Some((&PACKED_FORMAT, stream)) => unzipped(stream),
        Some((&PACKED_ENTRY_FORMAT, rest)) => unpacked_entry(rest),
        Some((&0, _)) => return Err(corrupt("there is no format 0")),
        Some((&newer, _)) => return Err(EntryError::Newer(newer)),
    };
    let text = text.map_err(|error| corrupt(&error.to_string()))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > UNPACKED_BYTES_MAX {
        return Err(corrupt("longer than anything that is written"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Packing = fn(&[u8]) -> Result<Vec<u8>, EntryError>;

    /// Both ways of packing.
    const WAYS: [Packing; 2] = [pack, pack_entry];

    #[test]
    fn a_text_is_unpacked_as_it_was_packed() {
        let known = String::from_utf8(ENTRY_DICTIONARY.to_vec()).unwrap();
        for (text, pack) in
            ["", "{}", &known, &"lorem ipsum ".repeat(10_000)].into_iter().flat_map(|text| WAYS.map(|way| (text, way)))
        {
            assert_eq!(unpack(&pack(text.as_bytes()).unwrap()).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn the_longest_text_is_packed_and_one_byte_more_is_not() {
        let limit = usize::try_from(UNPACKED_BYTES_MAX).unwrap();
        let longest = vec![b' '; limit];
        for pack in WAYS {
            assert_eq!(unpack(&pack(&longest).unwrap()).unwrap().len(), limit);
            assert!(matches!(pack(&vec![b' '; limit + 1]), Err(EntryError::TooLarge { .. })));
        }
    }

    #[test]
    fn damage_is_noticed_wherever_it_changes_the_text() {
        let text = br#"{"revision":1,"seed":"0123456789"}"#;
        for packed in WAYS.map(|pack| pack(text).unwrap()) {
            for place in 1..packed.len() {
                let mut damaged = packed.clone();
                damaged[place] ^= 0x40;
                // Some bits mean nothing: the padding before a stored block.
                let found = unpack(&damaged);
                assert!(matches!(found, Err(EntryError::Corrupt(_))) || found == Ok(text.to_vec()), "{place}");
                assert!(matches!(unpack(&packed[..place]), Err(EntryError::Corrupt(_))), "cut at {place}");
            }
        }
    }

    /// Whatever was written with it is read with it.
    #[test]
    fn the_dictionary_is_what_it_has_always_been() {
        assert!(ENTRY_DICTIONARY.len() <= usize::from(u16::MAX) && ENTRY_DICTIONARY.len() <= 32 * 1024);
        assert_eq!(format!("{:08x}", u32::from_le_bytes(checksum(ENTRY_DICTIONARY))), "20c5862a");
    }

    #[test]
    fn bytes_of_a_newer_release_are_not_taken_for_damaged() {
        assert_eq!(unpack(&[3, 1, 2, 3]), Err(EntryError::Newer(3)));
        assert_eq!(unpack(&[255]), Err(EntryError::Newer(255)));
        assert!(matches!(unpack(&[]), Err(EntryError::Corrupt(_))));
        assert!(matches!(unpack(&[0, 1]), Err(EntryError::Corrupt(_))));
    }
}
