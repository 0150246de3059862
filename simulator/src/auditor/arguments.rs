//! What a compensation may be called with.

use interpreter::Payload;

use super::evaluation::{Fails, Partial, data_of, empty, evaluate};
use super::model::Model;
use super::program::undoing;

impl Model<'_> {
    /// Whether a compensation's arguments show that its action's success was heard of, or may have been.
    pub(super) fn holds_result(&self, id: usize, input: &Payload) -> bool {
        let Some(obligation) = self.obligations.get(id) else { return true };
        let without = self.call(obligation.task, self.received(obligation.task, 0), Partial::Known(serde_json::Value::Null));
        let Some(value) = (self.case.value)(input) else { return true };
        !without.is_ok_and(|without| without.fits(&value))
    }

    /// Whether a compensation may be called with this: with the result where that is known, with null where nobody can have heard of it.
    pub(super) fn fits(&self, id: usize, input: &Payload) -> bool {
        let Some(value) = (self.case.value)(input) else { return true };
        let expected = self.arguments(id);
        expected.is_empty() || expected.iter().any(|expected| expected.fits(&value))
    }

    /// What a compensation may be called with; empty if that is not judged.
    fn arguments(&self, id: usize) -> Vec<Partial> {
        let Some(obligation) = self.obligations.get(id) else { return Vec::new() };
        let Some(of) = self.tasks.get(obligation.task) else { return Vec::new() };
        let null = || Partial::Known(serde_json::Value::Null);
        let first = || self.call(obligation.task, self.received(obligation.task, 0), null());
        let last = of.attempts.len().saturating_sub(1);
        let late = |attempt, result| self.call(obligation.task, self.received(obligation.task, attempt), result);
        let known = of
            .result
            .as_ref()
            .map(|result| (self.case.value)(result).map_or(Partial::Gap, |result| Partial::Known((*result).clone())));
        let calls = match known {
            // What cannot be evaluated with the result stands as it was without.
            Some(result) => vec![late(of.result_of, result).or_else(|_| first())],
            // A success may have come after the task was stopped, when no event tells of it.
            None => vec![first(), late(last, Partial::Gap)],
        };
        calls.into_iter().flatten().collect()
    }

    /// What the definition says for these.
    fn call(&self, task: usize, input: Partial, result: Partial) -> Result<Partial, Fails> {
        let action = self.tasks.get(task).and_then(|of| undoing(of.task)).ok_or(Fails)?;
        let data = data_of(input, result);
        let arguments = match &action.parameters {
            Some(parameters) => evaluate(parameters, &data)?,
            None => data,
        };
        let payload = match action.resource.integration {
            asl::Integration::Function { .. } | asl::Integration::Activity | asl::Integration::Service(_) => arguments,
            asl::Integration::LambdaInvoke { .. } => arguments.member("Payload").unwrap_or_else(|_| empty()),
        };
        let most = usize::try_from(self.case.limits.payload_bytes).unwrap_or(usize::MAX);
        if payload.bytes() > most { Err(Fails) } else { Ok(payload) }
    }
}
