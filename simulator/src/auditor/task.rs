//! Attempts of tasks.

use asl::Integration;
use asl::state::Amount;
use interpreter::{HistoryEvent, HistoryEventKind, Payload, Timestamp};

use super::evaluation::Partial;
use super::failure::{Failing, retryings, shortest};
use super::frame::{Attempt, End, FrameId, TaskId};
use super::model::Model;
use super::obligation::{Item, Phase, owes};
use super::rule;

/// Between two attempts of a pivot whose outcome is unknown, at least.
const PIVOT_PAUSE_MILLIS: u64 = 1_000;

impl Model<'_> {
    /// The frame of a task's event and the task, if it can have one now.
    fn at_work(&mut self, event: &HistoryEvent) -> Option<(FrameId, TaskId)> {
        let frame = self.owner(event.previous);
        let task = self.task_in(frame);
        let Some(task) = task.filter(|_| !self.is_closed(frame)) else {
            let kind = event.kind.type_name();
            self.say(rule::PATH, format!("event {} ({kind}) stands where no task is", event.id));
            return None;
        };
        if self.visit(frame).is_some_and(|visit| visit.unwinding.is_some()) {
            self.say(rule::PATH, format!("event {} is of a task that is being unwound", event.id));
        }
        Some((frame, task))
    }

    pub(super) fn scheduled(
        &mut self,
        event: &HistoryEvent,
        parameters: &Payload,
        timeout_seconds: Option<u64>,
    ) -> Option<FrameId> {
        let (frame, task) = self.at_work(event)?;
        self.check_attempt(event, frame, task);
        self.check_same(event, task, parameters);
        let segment = self.segment;
        let of = self.tasks.get_mut(task)?;
        if let Some(Amount::Literal(seconds)) = of.task.timeout
            && timeout_seconds != Some(seconds)
        {
            let text = format!("event {} gives `{}` {timeout_seconds:?} s, not {seconds}", event.id, of.state);
            self.say(rule::TIMEOUT, text);
        }
        let of = self.tasks.get_mut(task)?;
        of.segment = segment;
        of.succeeded = false;
        of.attempts.push(Attempt { at: event.at, parameters: parameters.clone(), timeout_seconds, end: None });
        Some(frame)
    }

    /// Whether another attempt may be made now.
    fn check_attempt(&mut self, event: &HistoryEvent, frame: FrameId, task: TaskId) {
        let (Some(of), Some(visit)) = (self.tasks.get(task), self.visit(frame)) else { return };
        let name = of.state;
        if of.attempts.is_empty() || of.segment < self.segment {
            // The first, or the first after a redrive: retriers begin anew.
            if let Some(visit) = self.visit_mut(frame) {
                visit.retries.clear();
            }
            return;
        }
        if of.is_in_flight() {
            self.say(rule::RETRY, format!("event {} schedules `{name}` while an attempt is under way", event.id));
            return;
        }
        let since = of.latest_end().map_or(event.at, |(_, at)| *at);
        let fault = self.fault_of(frame).unwrap_or(super::failure::Fault::Silent);
        let (handlings, _) = retryings(&of.task.retry, &visit.retries, &fault, Failing::task(of.task));
        // A pivot goes on until its outcome is known; whether a typed refusal was one is not told.
        let forced = of.task.pivot && self.pivot_unknown(task) != Some(false);
        let Some(millis) = shortest(&handlings) else {
            if !forced {
                self.say(rule::RETRY, format!("event {} tries `{name}` again, which no retrier allows", event.id));
            } else if event.at < since.plus_millis(PIVOT_PAUSE_MILLIS) {
                self.say(rule::BACKOFF, format!("event {} tries the pivot `{name}` again at once", event.id));
            }
            return;
        };
        if event.at < since.plus_millis(millis) && fault != super::failure::Fault::Silent {
            self.say(rule::BACKOFF, format!("event {} tries `{name}` again too early after {fault:?}: {handlings:?}", event.id));
        }
        if let Some(visit) = self.visit_mut(frame) {
            visit.retries.count(&handlings);
        }
    }

    /// The same key asks for the same thing; a callback's attempts differ by their tokens.
    fn check_same(&mut self, event: &HistoryEvent, task: TaskId, parameters: &Payload) {
        let Some(of) = self.tasks.get(task) else { return };
        if is_callback(of.task) || of.attempts.first().is_none_or(|first| first.parameters == *parameters) {
            return;
        }
        let text = format!("event {} asks `{}` for something else than its first attempt", event.id, of.state);
        self.say(rule::KEY, text);
    }

    pub(super) fn succeeded(&mut self, event: &HistoryEvent, output: &Payload) -> Option<FrameId> {
        let (frame, task) = self.at_work(event)?;
        self.count_decided(frame, task);
        let segment = self.segment;
        let of = self.tasks.get_mut(task)?;
        // An attempt that the execution's end interrupted waits, since a redrive, to be followed by another: its success counts until then.
        let interrupted = of.segment < segment;
        let deadline = of.attempts.last().and_then(|attempt| Some(attempt.at.plus_seconds(attempt.timeout_seconds?)));
        let (name, in_flight, begun, pivot) = (of.state, of.is_in_flight(), !of.attempts.is_empty(), of.task.pivot);
        let is_callback = is_callback(of.task);
        let again = of.succeeded && of.result_of == of.attempts.len().saturating_sub(1);
        of.result = Some(output.clone());
        of.result_of = of.attempts.len().saturating_sub(1);
        of.succeeded = true;
        if !begun || (is_callback && !in_flight) {
            self.say(rule::PATH, format!("event {} lets `{name}` succeed without an attempt", event.id));
        }
        // That its result failed the state is known: only another attempt can succeed again.
        if again && !interrupted {
            self.say(rule::PATH, format!("event {} takes a success of `{name}` a second time", event.id));
        }
        if in_flight && !interrupted && deadline.is_some_and(|deadline| event.at >= deadline) {
            self.say(rule::LATE_SUCCESS, format!("event {} takes a success of `{name}`, whose time was over", event.id));
        }
        if pivot && !self.pivot_passed {
            self.pivot_due = Some(event.id);
        }
        Some(frame)
    }

    /// A success that comes between two attempts comes after a retry was decided. If the state can make nothing of it, another one is.
    fn count_decided(&mut self, frame: FrameId, task: TaskId) {
        let Some(of) = self.tasks.get(task).filter(|of| !of.attempts.is_empty() && !of.is_in_flight()) else { return };
        let Some((fault, visit)) = self.fault_of(frame).zip(self.visit(frame)) else { return };
        let (handlings, _) = retryings(&of.task.retry, &visit.retries, &fault, Failing::task(of.task));
        if let Some(visit) = self.visit_mut(frame) {
            visit.retries.count(&handlings);
        }
    }

    pub(super) fn failed(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        let (frame, task) = self.at_work(event)?;
        let end = end_of(&event.kind)?;
        let of = self.tasks.get(task)?;
        let (name, in_flight, deadline, heartbeat) =
            (of.state, of.is_in_flight(), earliest_deadline(of), of.task.heartbeat.as_ref());
        let late_misfit = !in_flight && is_late_misfit(of, &end);
        if late_misfit {
            self.count_decided(frame, task);
        }
        if !in_flight && !late_misfit {
            self.say(rule::PATH, format!("event {} ends an attempt of `{name}` that is not under way", event.id));
        }
        match deadline {
            _ if end != End::TimedOut => {}
            None => self.say(rule::TIMEOUT, format!("event {} times `{name}` out, which has no deadline", event.id)),
            Some(deadline) if event.at < deadline => {
                self.say(rule::TIMEOUT, format!("event {} times `{name}` out early", event.id));
            }
            // When it was heard of last is not told.
            Some(deadline) if heartbeat.is_none() => self.fires(event, deadline),
            Some(_) => {}
        }
        if let Some(attempt) = self.tasks.get_mut(task)?.attempts.last_mut() {
            attempt.end = Some((end, event.at));
        }
        Some(frame)
    }

    /// Whether it is unknown if the pivot took effect; none if the history does not tell.
    pub(super) fn pivot_unknown(&self, task: TaskId) -> Option<bool> {
        let of = self.tasks.get(task)?;
        if of.result.is_some() || self.pivot_passed {
            return Some(false);
        }
        let mut unknown = Some(false);
        for attempt in &of.attempts {
            unknown = match &attempt.end {
                // The provider knows the key: that it refuses now proves that no earlier attempt took effect.
                Some((End::Failed(error), _)) if of.task.refusals.contains(error) => Some(false),
                Some((End::Failed(error), _)) if (self.case.may_refuse)(error) => None,
                // Nobody saw this request, or somebody did: then it is unknown.
                Some((End::NotSent(_), _)) if unknown == Some(true) => Some(true),
                Some((End::NotSent(_), _)) => None,
                Some((End::Failed(_) | End::TimedOut, _)) | None => Some(true),
            };
        }
        unknown
    }

    /// A pivot is not given up while its outcome is unknown.
    pub(super) fn check_pivot_given_up(&mut self, event: &HistoryEvent, task: TaskId) {
        let Some(of) = self.tasks.get(task).filter(|of| of.task.pivot) else { return };
        let name = of.state;
        if self.pivot_unknown(task) == Some(true) {
            self.say(rule::PIVOT, format!("event {} gives the pivot `{name}` up while its outcome is unknown", event.id));
        }
    }

    pub(super) fn pivot(&mut self, event: &HistoryEvent, state: &str, discharged: u64) -> Option<FrameId> {
        let frame = self.owner(event.previous);
        let task = self.task_in(frame).filter(|task| self.tasks.get(*task).is_some_and(|of| of.task.pivot && of.state == state));
        let too_large = |end: &End| *end == End::Failed(asl::error_name::DATA_LIMIT_EXCEEDED.to_owned());
        let happened = task.and_then(|task| self.tasks.get(task)).is_some_and(|of| {
            // A result that is too large is one all the same.
            of.result.is_some() || of.latest_end().is_some_and(|(end, _)| too_large(end))
        });
        if !happened || frame != 0 {
            self.say(rule::PIVOT, format!("event {} passes the pivot `{state}`, which has not succeeded", event.id));
        }
        if self.pivot_passed {
            self.say(rule::PIVOT, format!("event {} passes a pivot again", event.id));
        }
        self.pivot_passed = true;
        let owed = self.frames.first_mut().map(|root| std::mem::take(&mut root.owed)).unwrap_or_default();
        let left = self.obligations.left(&owed);
        let certain = self.obligations.certain(&left).count();
        if !(certain..=left.len()).contains(&usize::try_from(discharged).unwrap_or(usize::MAX)) {
            let text = format!("event {} discharges {discharged}, owed were {certain} to {}", event.id, left.len());
            self.say(rule::PIVOT, text);
        }
        for id in left {
            if let Some(obligation) = self.obligations.get_mut(id) {
                obligation.phase = Phase::Discharged { begun: obligation.phase != Phase::Registered };
            }
        }
        Some(frame)
    }

    /// What a task owes when it is over, or stopped: registered once.
    pub(super) fn owed_by(&mut self, task: TaskId) -> Option<Item> {
        let segment = self.segment;
        let of = self.tasks.get_mut(task)?;
        if let Some(obligation) = of.obligation {
            return Some(Item::Task(obligation));
        }
        let certain = owes(of, self.case.may_refuse)?;
        let obligation = self.obligations.add(of.state, task, certain, segment);
        of.obligation = Some(obligation);
        Some(Item::Task(obligation))
    }

    /// The function that a task goes to.
    pub(super) fn function_of(&self, task: TaskId) -> Option<String> {
        let of = self.tasks.get(task)?;
        match &of.task.resource.integration {
            Integration::Function { name } => Some(name.clone()),
            Integration::Activity => Some(of.task.resource.arn.clone()),
            Integration::LambdaInvoke { .. } => {
                let parameters = (self.case.value)(&of.attempts.first()?.parameters)?;
                let name = parameters.get("FunctionName")?.as_str()?;
                name.rsplit(':').next().map(ToOwned::to_owned)
            }
            Integration::Service(call) => Some(call.function()),
        }
    }

    /// What a task's worker received with an attempt, as far as it can be had.
    pub(super) fn received(&self, task: TaskId, attempt: usize) -> Partial {
        let Some(of) = self.tasks.get(task) else { return Partial::Gap };
        let parameters = of.attempts.get(attempt).and_then(|attempt| (self.case.value)(&attempt.parameters));
        let Some(parameters) = parameters else { return Partial::Gap };
        match &of.task.resource.integration {
            Integration::Function { .. } | Integration::Activity | Integration::Service(_) => {
                Partial::Known((*parameters).clone())
            }
            Integration::LambdaInvoke { .. } => {
                parameters.get("Payload").map_or_else(super::evaluation::empty, |payload| Partial::Known(payload.clone()))
            }
        }
    }
}

/// Whether an end between two attempts is a success that came late and whose result is too large: once, for it is known then.
fn is_late_misfit(of: &super::frame::TaskVisit<'_>, end: &End) -> bool {
    let too_large = End::Failed(asl::error_name::DATA_LIMIT_EXCEEDED.to_owned());
    *end == too_large && !is_callback(of.task) && of.latest_end().is_some_and(|(latest, _)| *latest != too_large)
}

pub(super) fn is_callback(task: &asl::state::Task) -> bool {
    task.resource.integration.is_callback()
}

/// The earlier of the latest attempt's deadline and of its first heartbeat's.
fn earliest_deadline(of: &super::frame::TaskVisit<'_>) -> Option<Timestamp> {
    let attempt = of.attempts.last()?;
    let heartbeat = match &of.task.heartbeat {
        Some(Amount::Literal(seconds)) => Some(*seconds),
        // Found by a path or an expression: not judged.
        Some(Amount::Path(_) | Amount::Expression(_)) => Some(0),
        None => None,
    };
    let seconds = attempt.timeout_seconds.into_iter().chain(heartbeat).min()?;
    Some(attempt.at.plus_seconds(seconds))
}

/// How an event ends an attempt.
fn end_of(kind: &HistoryEventKind) -> Option<End> {
    use HistoryEventKind as Kind;
    let name = |error: &Option<String>| error.clone().unwrap_or_default();
    Some(match kind {
        Kind::LambdaFunctionFailed(details) | Kind::TaskFailed { details, .. } => End::Failed(name(&details.error)),
        Kind::LambdaFunctionTimedOut(_) | Kind::TaskTimedOut { .. } => End::TimedOut,
        Kind::LambdaFunctionScheduleFailed(details) | Kind::TaskSubmitFailed { details, .. } => {
            End::NotSent(name(&details.error))
        }
        _ => return None,
    })
}
