//! Handlers that come to grief.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use worker::{Completion, Effect, Handler, HandlerError, Task};

/// What happens to a handler's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Nothing is done, and the handler can prove it.
    Refused,
    /// Nothing is done, and nobody can know.
    Failed,
    /// It is done (outside; what lies in the table is not written), and the handler never returns.
    Unheard,
    /// It is done twice.
    Repeated,
}

impl Mishap {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Failed, Self::Unheard, Self::Repeated];
}

/// The error of [`Mishap::Refused`] and [`Mishap::Failed`].
const ERROR: &str = "Mishap";

struct Beset {
    handler: Arc<dyn Handler>,
    mishap: Mishap,
    left: AtomicU32,
}

/// These handlers, where the first `times` calls of one function come to grief.
pub fn beset(handlers: Vec<Arc<dyn Handler>>, function: &str, mishap: Mishap, times: u32) -> Vec<Arc<dyn Handler>> {
    let one = |handler: Arc<dyn Handler>| -> Arc<dyn Handler> {
        if handler.function() == function { Arc::new(Beset { handler, mishap, left: AtomicU32::new(times) }) } else { handler }
    };
    handlers.into_iter().map(one).collect()
}

#[async_trait]
impl Handler for Beset {
    fn function(&self) -> &str {
        self.handler.function()
    }

    fn effect(&self) -> Effect {
        self.handler.effect()
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left.is_err() {
            return self.handler.perform(task).await;
        }
        let (error, cause) = (ERROR.to_owned(), "as the test says".to_owned());
        match self.mishap {
            Mishap::Refused => Err(HandlerError::Refused { error, cause }),
            Mishap::Failed => Err(HandlerError::Failed { error, cause }),
            Mishap::Unheard => {
                // Its outcome is not heard of, whatever it is.
                let _ = self.handler.perform(task).await;
                std::future::pending().await
            }
            Mishap::Repeated => {
                self.handler.perform(task).await?;
                self.handler.perform(task).await
            }
        }
    }
}
