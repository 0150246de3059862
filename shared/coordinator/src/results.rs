//! Writes the results of a Map Run, page by page, once all of its executions have ended.

use asl::error_name;
use interpreter::{Message, Payload, RunResults, RunSpec, StateFailure, ValueHash, WriteRequest};
use objects::{ObjectError, ResultFiles};
use serde_json::{Value, json};

use crate::describe::text;
use crate::items::NO_OBJECTS;
use crate::publish::Publication;
use crate::{Coordinator, DeliverError, PublishError};

/// Why results were not written.
enum WriteError {
    /// The Map Run fails with this.
    Failed(String),
    /// Trying again can help.
    Again(PublishError),
}

impl From<ObjectError> for WriteError {
    fn from(error: ObjectError) -> Self {
        Self::Failed(match error {
            ObjectError::NoSuchBucket(_) => "The specified bucket does not exist. (Service: S3, Status Code: 404)".to_owned(),
            ObjectError::Denied(reason) => format!("Access Denied (Service: S3, Status Code: 403): {reason}"),
            error => error.to_string(),
        })
    }
}

impl From<DeliverError> for WriteError {
    fn from(error: DeliverError) -> Self {
        Self::Again(PublishError::FollowUp(Box::new(error)))
    }
}

impl Coordinator {
    /// Writes them, and answers what the run is to be told. Repeated, it writes the same.
    pub(crate) async fn write_results(
        &self,
        publication: &Publication<'_>,
        request: &WriteRequest,
    ) -> Result<Message, PublishError> {
        let outcome = match self.written(publication, request).await {
            Ok(details) => Ok(details),
            Err(WriteError::Failed(cause)) => Err(StateFailure::new(error_name::RESULT_WRITER_FAILED, cause)),
            Err(WriteError::Again(error)) => return Err(error),
        };
        Ok(Message::ResultsWritten { visit: request.visit, revision: request.revision, outcome })
    }

    async fn written(&self, publication: &Publication<'_>, request: &WriteRequest) -> Result<Value, WriteError> {
        let identity = &publication.execution.identity;
        let id = &identity.id;
        let texts = self.texts(id, [Some(&request.spec)]).await.map_err(DeliverError::from)?;
        let spec: RunSpec = parsed(&text(&texts, &request.spec)?)?;
        let Some(writer) = spec.writer else { return Err(WriteError::Failed("There is nothing to write to.".to_owned())) };
        let Some(objects) = &self.ports.objects else { return Err(WriteError::Failed(NO_OBJECTS.to_owned())) };
        let mut files = ResultFiles::new(&**objects, &writer.bucket, &writer.prefix, &identity.name, writer.lines);
        self.write_page(publication, &mut files, &request.results).await?;
        let mut sealed: Vec<ValueHash> = request.sealed.clone();
        while let Some(hash) = sealed.pop() {
            let page = Payload::item(hash, 0);
            let texts = self.texts(id, [Some(&page)]).await.map_err(DeliverError::from)?;
            let page: RunResults = parsed(&text(&texts, &page)?)?;
            self.write_page(publication, &mut files, &page).await?;
            sealed.extend(page.earlier);
        }
        let key = files.finish(&identity.arn).await?;
        Ok(json!({ "Bucket": writer.bucket, "Key": key }))
    }

    async fn write_page(
        &self,
        publication: &Publication<'_>,
        files: &mut ResultFiles<'_>,
        page: &RunResults,
    ) -> Result<(), WriteError> {
        let all = || page.succeeded.iter().chain(&page.failed).map(|(_, result)| Some(result));
        let texts = self.texts(&publication.execution.identity.id, all()).await.map_err(DeliverError::from)?;
        for (succeeded, results) in [(true, &page.succeeded), (false, &page.failed)] {
            for (_, result) in results {
                files.push(succeeded, &text(&texts, result)?).await?;
            }
        }
        Ok(())
    }
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, WriteError> {
    serde_json::from_str(text).map_err(|error| DeliverError::Corrupt(error.to_string()).into())
}
