//! The objects of a bucket (Step Functions Developer Guide, "ItemReader", `s3:listObjectsV2`).

use interpreter::ItemsPage;
use serde_json::json;

use super::{Cursor, Gathered, ReadError};
use crate::ObjectStore;

/// Objects of a page, as S3 lists them.
const LISTED_OBJECTS: usize = 500;

pub(super) async fn read(
    objects: &dyn ObjectStore,
    bucket: &str,
    prefix: &str,
    cursor: Option<Cursor>,
) -> Result<ItemsPage, ReadError> {
    let token = cursor.and_then(|cursor| cursor.token);
    let page = objects.list(bucket, prefix, token.as_deref(), LISTED_OBJECTS).await?;
    let mut gathered = Gathered::default();
    for object in page.objects {
        gathered.push(json!({
            "Etag": object.etag,
            "Key": object.key,
            "LastModified": object.modified_seconds,
            "Size": object.bytes,
            "StorageClass": object.storage_class,
        }));
    }
    Ok(gathered.page(page.next.map(|token| Cursor { token: Some(token), ..Cursor::default() })))
}
