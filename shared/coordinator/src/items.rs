//! Reads items of distributed Maps for the interpreter.

use asl::error_name;
use interpreter::{ItemsPage, ItemsRequest, ReaderSpec, StateFailure};
use objects::{ReadError, read_items};

use crate::Coordinator;

impl Coordinator {
    /// The items, or what the Map Run fails with. A store that does not answer is tried again a bounded number of times: then it is the program's to
    /// try again.
    pub(crate) async fn read_items(&self, request: &ItemsRequest) -> Result<ItemsPage, StateFailure> {
        let failed = |cause: String| StateFailure::new(error_name::ITEM_READER_FAILED, cause);
        let reader: ReaderSpec = serde_json::from_str(&request.reader).map_err(|error| failed(error.to_string()))?;
        let Some(objects) = &self.ports.objects else { return Err(failed(NO_OBJECTS.to_owned())) };
        let mut tries = 1;
        loop {
            match read_items(&**objects, &reader, request.cursor.as_deref()).await {
                Ok(page) => return Ok(page),
                Err(ReadError::Failed(failure)) => return Err(failure),
                Err(ReadError::Unavailable(reason)) if tries >= self.settings.bounds.tries_per_call => {
                    return Err(failed(reason));
                }
                Err(ReadError::Unavailable(reason)) => {
                    tracing::debug!(reason, tries, "the object store did not answer");
                    self.pause(tries).await;
                    tries += 1;
                }
            }
        }
    }
}

/// What is said where no object store was configured.
pub(crate) const NO_OBJECTS: &str = "No object store is configured: say where buckets are (see docs/distributed-map.md)";
