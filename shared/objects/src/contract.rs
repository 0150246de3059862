//! The contract of the port: every implementation runs it.

use crate::{ObjectError, ObjectStore};

/// Checks a store with the empty bucket `bucket` in it, and no other.
///
/// # Panics
///
/// If the store does anything else.
#[expect(clippy::panic, reason = "the contract is a test, which every implementation runs")]
pub async fn check(objects: &dyn ObjectStore, bucket: &str) {
    let holds = |holds: bool, what: &str| {
        if !holds {
            panic!("contract of object stores: {what}");
        }
    };
    let missing = ObjectError::NoSuchKey { bucket: bucket.to_owned(), key: "a.txt".to_owned() };
    holds(objects.get(bucket, "a.txt", 0, 10).await == Err(missing), "what was never put does not exist");
    let elsewhere = objects.get("no-such-bucket-of-ours", "a.txt", 0, 10).await;
    holds(matches!(elsewhere, Err(ObjectError::NoSuchBucket(_))), "a bucket that does not exist is told");
    for (key, text) in [("a.txt", "0123456789"), ("in/b.txt", "b"), ("in/c.txt", "c"), ("in/d.txt", "d"), ("inside", "x")] {
        holds(objects.put(bucket, key, text.into()).await == Ok(()), "a put succeeds");
    }
    for (from, most, expected) in [(0, 4, "0123"), (4, 3, "456"), (8, 100, "89"), (10, 5, ""), (0, 100, "0123456789")] {
        let part = objects.get(bucket, "a.txt", from, most).await;
        let told = part.as_ref().is_ok_and(|part| part.bytes == expected.as_bytes() && part.total_bytes == 10);
        holds(told, "a part is what lies between, with the whole length");
    }
    holds(objects.put(bucket, "a.txt", "new".into()).await == Ok(()), "a put succeeds again");
    let replaced = objects.get(bucket, "a.txt", 0, 100).await;
    holds(replaced.is_ok_and(|part| part.bytes == b"new" && part.total_bytes == 3), "a put replaces");
    holds(objects.put(bucket, "empty", Vec::new()).await == Ok(()), "an object may be empty");
    let empty = objects.get(bucket, "empty", 0, 100).await;
    holds(empty.is_ok_and(|part| part.bytes.is_empty() && part.total_bytes == 0), "an empty object is read as that");
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let page = objects.list(bucket, "in/", after.as_deref(), 2).await;
        let Ok(page) = page else { panic!("contract of object stores: a list is answered: {page:?}") };
        holds(page.objects.len() <= 2 && page.objects.iter().all(|object| object.bytes == 1), "a page is as asked for");
        keys.extend(page.objects.into_iter().map(|object| object.key));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    holds(keys == ["in/b.txt", "in/c.txt", "in/d.txt"], "pages tell each object of the prefix once, in order");
    let nobody = objects.list("no-such-bucket-of-ours", "", None, 10).await;
    holds(matches!(nobody, Err(ObjectError::NoSuchBucket(_))), "a bucket that does not exist has no list");
}
