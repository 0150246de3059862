//! Objects in a directory: a bucket is a directory in it, a key a path in that.

use std::fs;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use async_trait::async_trait;

use crate::memory::{page, summary};
use crate::{ObjectError, ObjectPage, ObjectPart, ObjectStore};

/// Objects in a directory.
#[derive(Debug, Clone)]
pub struct DirectoryObjects {
    root: PathBuf,
}

impl DirectoryObjects {
    /// The objects in `root`, whose directories are the buckets.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn bucket(&self, bucket: &str) -> Result<PathBuf, ObjectError> {
        let path = inside(&self.root, bucket).filter(|path| path.is_dir());
        path.ok_or_else(|| ObjectError::NoSuchBucket(bucket.to_owned()))
    }
}

/// The path of a name in a directory; none if it leads out of it.
fn inside(directory: &Path, name: &str) -> Option<PathBuf> {
    let stays = !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    stays.then(|| directory.join(name))
}

fn failed(bucket: &str, key: &str, error: &std::io::Error) -> ObjectError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory => {
            ObjectError::NoSuchKey { bucket: bucket.to_owned(), key: key.to_owned() }
        }
        ErrorKind::PermissionDenied => ObjectError::Denied(error.to_string()),
        _ => ObjectError::Unavailable(error.to_string()),
    }
}

#[async_trait]
impl ObjectStore for DirectoryObjects {
    async fn get(&self, bucket: &str, key: &str, from: u64, most: u64) -> Result<ObjectPart, ObjectError> {
        let missing = || ObjectError::NoSuchKey { bucket: bucket.to_owned(), key: key.to_owned() };
        let path = inside(&self.bucket(bucket)?, key).ok_or_else(missing)?;
        let read = || -> std::io::Result<ObjectPart> {
            let mut file = fs::File::open(&path)?;
            let about = file.metadata()?;
            if about.is_dir() {
                return Err(ErrorKind::NotFound.into());
            }
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(from))?;
            file.take(most).read_to_end(&mut bytes)?;
            Ok(ObjectPart { bytes, total_bytes: about.len() })
        };
        read().map_err(|error| failed(bucket, key, &error))
    }

    async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let refused = || ObjectError::Refused(format!("`{key}` is no key that a directory can have"));
        let path = inside(&self.bucket(bucket)?, key).ok_or_else(refused)?;
        let write = || -> std::io::Result<()> {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            // Whoever reads meanwhile reads all of the old or all of the new.
            let mut beside = path.clone().into_os_string();
            beside.push(PARTIAL);
            fs::write(&beside, &bytes)?;
            fs::rename(&beside, &path)
        };
        write().map_err(|error| failed(bucket, key, &error))
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<ObjectPage, ObjectError> {
        let directory = self.bucket(bucket)?;
        let mut keys = Vec::new();
        collect(&directory, "", &mut keys).map_err(|error| failed(bucket, prefix, &error))?;
        keys.sort();
        let wanted = keys.iter().filter(|key| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        let summaries = wanted.filter_map(|key| {
            let path = directory.join(key);
            let modified = fs::metadata(&path).and_then(|about| about.modified()).ok()?;
            let seconds = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            Some(summary(key, &fs::read(&path).ok()?, i64::try_from(seconds).unwrap_or(i64::MAX)))
        });
        Ok(page(summaries, limit))
    }
}

/// How the name of a file ends that is being written.
const PARTIAL: &str = ".backstep-partial";

fn collect(directory: &Path, prefix: &str, keys: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let key = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{key}/"), keys)?;
        } else if !name.ends_with(PARTIAL) {
            keys.push(key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("backstep-objects-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("orders")).unwrap();
        root
    }

    #[tokio::test]
    async fn objects_in_a_directory_keep_the_contract() {
        let root = scratch("contract");
        crate::contract::check(&DirectoryObjects::new(&root), "orders").await;
        fs::remove_dir_all(root).unwrap();
    }

    #[tokio::test]
    async fn no_key_leads_out_of_its_bucket() {
        let root = scratch("outside");
        fs::write(root.join("secret"), "x").unwrap();
        let objects = DirectoryObjects::new(&root);
        for (bucket, key) in [("orders", "../secret"), ("orders", "/etc/passwd"), ("..", "secret"), ("", "secret")] {
            let got = objects.get(bucket, key, 0, 10).await;
            assert!(matches!(got, Err(ObjectError::NoSuchKey { .. } | ObjectError::NoSuchBucket(_))), "{bucket} {key}");
            assert!(objects.put(bucket, key, Vec::new()).await.is_err(), "{bucket} {key}");
        }
        fs::remove_dir_all(root).unwrap();
    }
}
