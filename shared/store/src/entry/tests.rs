//! The encoding of entries, and the frozen samples of its versions.

use interpreter::Payload;

use super::*;
use crate::contract::samples;
use crate::{StoreError, pack};

#[test]
fn an_entry_reads_back_as_it_was_written() {
    let entry = samples::entry(&samples::identity("order", "o-1"), 3, 1);
    assert_eq!(Entry::decode(&entry.encode().unwrap()), Ok(entry));
}

#[test]
fn an_entry_of_a_newer_format_is_told_from_a_damaged_one() {
    let mut encoded = samples::entry(&samples::identity("order", "o-1"), 1, 1).encode().unwrap();
    encoded[0] = 2;
    assert_eq!(Entry::decode(&encoded), Err(EntryError::Newer(2)));
    assert!(matches!(Entry::decode(&pack(b"{}").unwrap()), Err(EntryError::Corrupt(_))));
    assert!(matches!(Entry::decode(b""), Err(EntryError::Corrupt(_))));
}

#[test]
fn an_entry_longer_than_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let mut entry = samples::entry(&samples::identity("order", "o-1"), 1, 1);
    let mut check = |noise_bytes: usize| {
        entry.execution.input = Payload::inline(samples::noise(noise_bytes));
        entry.encode().map(|encoded| u64::try_from(encoded.len()).unwrap())
    };
    // Noise is text of 6 bits a byte, so it shrinks; the largest length that fits is found by halving.
    let (mut fits, mut exceeds) = (1, 1024 * 1024);
    while exceeds - fits > 1 {
        let middle = (fits + exceeds) / 2;
        if check(middle).is_ok() { fits = middle } else { exceeds = middle }
    }
    assert!(check(fits).unwrap() > ENTRY_BYTES_MAX - 16);
    let error = check(exceeds).unwrap_err();
    assert!(matches!(error, EntryError::TooLarge { limit: ENTRY_BYTES_MAX, .. }), "{error}");
    assert!(matches!(StoreError::from(error), StoreError::Refused(_)));
}
