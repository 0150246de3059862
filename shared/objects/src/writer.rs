//! The files that a `ResultWriter` writes (Step Functions Developer Guide, "ResultWriter"): the results by what became of them, and a manifest of those
//! files.
//!
//! The keys follow from the Map Run, so that whoever writes again writes the same.

use serde_json::{Value, json};

use crate::{ObjectError, ObjectStore};

/// Bytes of a file after which another is begun.
const FILE_BYTES: usize = 8_388_608;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFile {
    /// Its key.
    pub key: String,
    /// Its length in bytes.
    pub bytes: usize,
}

/// The files of one Map Run, as they are written.
pub struct ResultFiles<'w> {
    objects: &'w dyn ObjectStore,
    bucket: &'w str,
    folder: String,
    lines: bool,
    succeeded: File,
    failed: File,
}

/// A file that is being filled, and those before it.
struct File {
    kind: &'static str,
    text: String,
    written: Vec<ResultFile>,
}

impl File {
    fn new(kind: &'static str) -> Self {
        Self { kind, text: String::new(), written: Vec::new() }
    }
}

impl<'w> ResultFiles<'w> {
    /// The files of the Map Run `run`, under a prefix that may be empty; with `lines` each result has a line of its own.
    pub fn new(objects: &'w dyn ObjectStore, bucket: &'w str, prefix: &str, run: &str, lines: bool) -> Self {
        let prefix = prefix.trim_end_matches('/');
        let folder = if prefix.is_empty() { run.to_owned() } else { format!("{prefix}/{run}") };
        Self { objects, bucket, folder, lines, succeeded: File::new("SUCCEEDED"), failed: File::new("FAILED") }
    }

    /// Writes the result of an execution: JSON text.
    ///
    /// # Errors
    ///
    /// The store's, where a file has become full.
    pub async fn push(&mut self, succeeded: bool, result: &str) -> Result<(), ObjectError> {
        let file = if succeeded { &mut self.succeeded } else { &mut self.failed };
        let between = match (file.text.is_empty(), self.lines) {
            (_, true) => "",
            (true, false) => "[",
            (false, false) => ",",
        };
        file.text.push_str(between);
        file.text.push_str(result);
        if self.lines {
            file.text.push('\n');
        }
        if file.text.len() >= FILE_BYTES { self.flush(succeeded).await } else { Ok(()) }
    }

    async fn flush(&mut self, succeeded: bool) -> Result<(), ObjectError> {
        let file = if succeeded { &mut self.succeeded } else { &mut self.failed };
        if file.text.is_empty() {
            return Ok(());
        }
        let mut text = std::mem::take(&mut file.text);
        if !self.lines {
            text.push(']');
        }
        let ending = if self.lines { "jsonl" } else { "json" };
        let key = format!("{}/{}_{}.{ending}", self.folder, file.kind, file.written.len());
        let bytes = text.len();
        self.objects.put(self.bucket, &key, text.into_bytes()).await?;
        file.written.push(ResultFile { key, bytes });
        Ok(())
    }

    /// Writes what is left, and the manifest. Answers the manifest's key.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn finish(mut self, map_run_arn: &str) -> Result<String, ObjectError> {
        self.flush(true).await?;
        self.flush(false).await?;
        let files = |files: &[ResultFile]| -> Vec<Value> {
            files.iter().map(|file| json!({ "Key": file.key, "Size": file.bytes })).collect()
        };
        let manifest = json!({
            "DestinationBucket": self.bucket,
            "MapRunArn": map_run_arn,
            "ResultFiles": {
                "FAILED": files(&self.failed.written),
                "PENDING": [],
                "SUCCEEDED": files(&self.succeeded.written),
            },
        });
        let key = format!("{}/manifest.json", self.folder);
        self.objects.put(self.bucket, &key, manifest.to_string().into_bytes()).await?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryObjects;

    async fn text(objects: &MemoryObjects, key: &str) -> String {
        String::from_utf8(objects.get("b", key, 0, u64::MAX).await.unwrap().bytes).unwrap()
    }

    #[tokio::test]
    async fn results_are_written_by_what_became_of_them_with_a_manifest() {
        let objects = MemoryObjects::new();
        objects.create_bucket("b");
        let mut files = ResultFiles::new(&objects, "b", "out/", "run", false);
        for (succeeded, result) in [(true, "1"), (false, "{}"), (true, "2")] {
            files.push(succeeded, result).await.unwrap();
        }
        assert_eq!(files.finish("arn").await.unwrap(), "out/run/manifest.json");
        assert_eq!(text(&objects, "out/run/SUCCEEDED_0.json").await, "[1,2]");
        assert_eq!(text(&objects, "out/run/FAILED_0.json").await, "[{}]");
        let manifest: Value = serde_json::from_str(&text(&objects, "out/run/manifest.json").await).unwrap();
        assert_eq!(manifest["ResultFiles"]["SUCCEEDED"], json!([{"Key": "out/run/SUCCEEDED_0.json", "Size": 5}]));
        assert_eq!((&manifest["DestinationBucket"], &manifest["MapRunArn"]), (&json!("b"), &json!("arn")));
    }

    #[tokio::test]
    async fn a_file_that_is_full_is_followed_by_another() {
        let objects = MemoryObjects::new();
        objects.create_bucket("b");
        let mut files = ResultFiles::new(&objects, "b", "", "run", true);
        let result = format!("\"{}\"", "x".repeat(3_000_000));
        for _ in 0..4 {
            files.push(true, &result).await.unwrap();
        }
        files.finish("arn").await.unwrap();
        assert_eq!(text(&objects, "run/SUCCEEDED_0.jsonl").await.lines().count(), 3);
        assert_eq!(text(&objects, "run/SUCCEEDED_1.jsonl").await.lines().count(), 1);
    }
}
