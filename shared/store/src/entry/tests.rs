//! The encoding of entries, and the frozen samples of its versions.

use interpreter::Payload;

use super::*;
use crate::contract::samples;
use crate::{PACKED_ENTRY_FORMAT, StoreError, pack};

#[test]
fn an_entry_reads_back_as_it_was_written() {
    let entry = samples::entry(&samples::identity("order", "o-1"), 3, 1);
    assert_eq!(Entry::decode(&entry.encode().unwrap()), Ok(entry));
}

/// Every version that was ever written is read for ever: a sample is added with a new version, and none is ever changed. Both are of the JSON beside them:
/// the first is the format byte and its zlib stream, the second has a checksum and a stream that goes on behind the dictionary.
#[test]
fn entries_of_every_version_are_read() {
    let json = include_str!("../../tests/samples/entry-v1.json");
    for encoded in [&include_bytes!("../../tests/samples/entry-v1.bin")[..], include_bytes!("../../tests/samples/entry-v2.bin")] {
        let entry = Entry::decode(encoded).expect("the frozen sample is read");
        assert_eq!(entry, serde_json::from_str(json).expect("its JSON is read"));
        assert_eq!((entry.revision, entry.execution.revision, entry.events.len()), (4, 4, 6));
    }
}

#[test]
fn an_entry_is_written_as_what_is_known_goes_on() {
    let entry = samples::entry(&samples::identity("order", "o-1"), 3, 1);
    let (encoded, unknown) = (entry.encode().unwrap(), pack(&serde_json::to_vec(&entry).unwrap()).unwrap());
    assert_eq!(encoded[0], PACKED_ENTRY_FORMAT);
    assert!(2 * encoded.len() < unknown.len(), "{} bytes, {} without the dictionary", encoded.len(), unknown.len());
}

/// What is read is written again without loss: no field of the sample is dropped.
#[test]
fn what_this_release_writes_for_the_sample_of_version_1_is_that_sample() {
    let json: serde_json::Value = serde_json::from_str(include_str!("../../tests/samples/entry-v1.json")).unwrap();
    let entry: Entry = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&entry).unwrap(), json);
}

#[test]
fn an_entry_of_a_newer_format_is_told_from_a_damaged_one() {
    let mut encoded = samples::entry(&samples::identity("order", "o-1"), 1, 1).encode().unwrap();
    encoded[0] = 3;
    assert_eq!(Entry::decode(&encoded), Err(EntryError::Newer(3)));
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
