//! Definitions are kept by content hash.

use std::sync::Arc;

use interpreter::DefinitionHash;

use super::{SharedStore, samples};

pub(super) async fn a_definition_is_kept_under_its_hash(store: SharedStore) {
    let (text, other) = ("{\"StartAt\": \"Ä\"}\n", "{\"StartAt\": \"B\"}");
    assert_eq!(store.definition(&DefinitionHash::of(text)).await, Ok(None));
    store.put_definition(&DefinitionHash::of(text), text).await.unwrap();
    store.put_definition(&DefinitionHash::of(other), other).await.unwrap();
    assert_eq!(store.definition(&DefinitionHash::of(text)).await, Ok(Some(Arc::from(text))), "byte by byte");
}

pub(super) async fn the_first_text_under_a_hash_stays(store: SharedStore) {
    let hash = DefinitionHash::of("a");
    store.put_definition(&hash, "a").await.unwrap();
    store.put_definition(&hash, "b").await.unwrap();
    assert_eq!(store.definition(&hash).await, Ok(Some(Arc::from("a"))));
}

pub(super) async fn a_large_definition_is_kept(store: SharedStore) {
    let text = format!("{{\"Comment\": \"{}\"}}", samples::noise(300 * 1024));
    let hash = DefinitionHash::of(&text);
    store.put_definition(&hash, &text).await.unwrap();
    assert_eq!(store.definition(&hash).await, Ok(Some(Arc::from(text))));
}
