//! Asks the interpreter what follows, reading for it what it asks for.

use std::sync::Arc;

use asl::Definition;
use interpreter::{Execution, Message, Needs, Reads, Seed, Surroundings, Timestamp, Transition, TransitionError, transition};
use store::{LedgerEntry, StoreError};

use crate::{Coordinator, DeliverError};

impl Coordinator {
    /// The transition that follows from `messages`. `reads` is kept by the caller, so that a decision made again after a conflict does not read values
    /// again.
    pub(crate) async fn decide(
        &self,
        definition: &Arc<Definition>,
        execution: &Execution,
        messages: &[Message],
        (now, seed): (Timestamp, Seed),
        reads: &mut Reads,
    ) -> Result<Transition, DeliverError> {
        for _ in 0..self.settings.bounds.reads_per_decision {
            let surroundings =
                Surroundings { definition, routes: &self.settings.routes, limits: &self.settings.limits, reads: &*reads };
            match transition(surroundings, execution, messages, now, seed) {
                Ok(transition) => return Ok(transition),
                Err(TransitionError::Corrupt { reason, .. }) => return Err(DeliverError::Corrupt(reason)),
                Err(TransitionError::Missing(needs)) => self.read(execution, &needs, reads).await?,
            }
        }
        Err(DeliverError::Corrupt("it asks for ever more to be read".to_owned()))
    }

    async fn read(&self, execution: &Execution, needs: &Needs, reads: &mut Reads) -> Result<(), DeliverError> {
        if !needs.values.is_empty() {
            let hashes: Vec<_> = needs.values.iter().cloned().collect();
            let found = self.retried(|| self.ports.executions.values(&execution.identity.id, &hashes)).await?;
            if let Some(hash) = hashes.iter().find(|hash| !found.contains_key(*hash)) {
                return Err(DeliverError::Corrupt(format!("its value item `{hash}` does not exist")));
            }
            reads.values.extend(found);
        }
        let heartbeats = needs.heartbeats.iter().map(async |key| {
            let entry = self.retried(|| self.ports.ledger.ledger(key)).await?;
            Ok::<_, StoreError>((key.clone(), entry.as_ref().and_then(heard_of)))
        });
        reads.heartbeats.extend(futures::future::try_join_all(heartbeats).await?);
        for request in &needs.items {
            reads.items.insert(request.clone(), self.read_items(request).await);
        }
        Ok(())
    }
}

fn heard_of(entry: &LedgerEntry) -> Option<Timestamp> {
    entry.heartbeat_at
}
