//! The handlers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use worker::{Completion, Effect as Place, Handler, HandlerError, Task};

use super::behavior::{Behavior, Deed, Stubbornness, Temper};
use super::outside::{OutsideError, Question};
use super::table::{acted, effect_key, is_done, seat_key, undone};
use super::{Workers, hash, result_of};
use crate::effect::{Effect, EffectKind};
use crate::workload::machine::{ASK, BOOM, BROKEN, DECLINED, LOOK, NO_STOCK};

/// More than any payload may have, in bytes.
const TOO_MUCH: usize = 300_000;
/// For this long a request is given back, in milliseconds of the host's time; then it may be asked again.
const NOT_NOW_MILLIS: i64 = 7_000;

impl Workers {
    fn is_mended(&self) -> bool {
        self.mended.load(Ordering::SeqCst)
    }

    /// What is done with this attempt, having slept.
    async fn prepared(&self, task: &Task, temper: Temper) -> Result<Behavior, HandlerError> {
        let mut behavior = self.behavior(&task.key, task.attempt, temper);
        if self.is_mended() {
            behavior = Behavior { sleep: Duration::ZERO, deed: Deed::Succeed, ..behavior };
        }
        if behavior.deed == Deed::NotNow && !self.is_time(task) {
            return Err(HandlerError::NotNow("ask again later".to_owned()));
        }
        if !behavior.sleep.is_zero() {
            self.clock.sleep(behavior.sleep).await;
        }
        Ok(behavior)
    }

    /// Whether a worker that gives requests back takes this one: every second while of the host's time.
    fn is_time(&self, task: &Task) -> bool {
        let offset = i64::try_from(hash(self.seed, task.key.as_str(), 7) % 7_000).unwrap_or(0);
        (task.now.millis() + offset) / NOT_NOW_MILLIS % 2 == 0
    }

    fn effect(task: &Task, function: &str, kind: EffectKind) -> Effect {
        Effect {
            at: task.now,
            kind,
            execution: task.execution.clone(),
            state: task.state.clone(),
            function: function.to_owned(),
            key: task.key.clone(),
            undoes: task.undoes.clone(),
            attempt: task.attempt,
            input: task.input.clone(),
            outside: true,
        }
    }

    /// Has an effect at the provider.
    async fn act_outside(&self, task: &Task, function: &str, kind: EffectKind) -> Result<(), HandlerError> {
        match self.outside.act(Self::effect(task, function, kind)).await {
            Ok(()) => Ok(()),
            Err(OutsideError::Unanswered) => Err(failed(BROKEN, "the provider did not answer")),
            Err(OutsideError::Unavailable) => Err(failed(BOOM, "the provider is not available")),
        }
    }
}

fn failed(error: &str, cause: &str) -> HandlerError {
    HandlerError::Failed { error: error.to_owned(), cause: cause.to_owned() }
}

fn refused(cause: &str) -> HandlerError {
    HandlerError::Refused { error: NO_STOCK.to_owned(), cause: cause.to_owned() }
}

/// Panics without a word on the terminal: the hook that prints is not called.
fn panicking() -> ! {
    std::panic::resume_unwind(Box::new("a worker panics"))
}

fn too_much() -> Value {
    json!({ "filler": "x".repeat(TOO_MUCH) })
}

/// `act-table` and `act-outside`.
pub struct Acting {
    workers: Workers,
    function: &'static str,
    place: Place,
}

impl Acting {
    /// The handler of a function whose effect lies there.
    pub fn new(workers: Workers, function: &'static str, place: Place) -> Self {
        Self { workers, function, place }
    }

    /// What is to be written for the effect, or the effect itself.
    async fn act(&self, task: &Task, behavior: &Behavior) -> Result<Vec<store::Write>, HandlerError> {
        if self.place == Place::Outside {
            self.workers.act_outside(task, self.function, EffectKind::Done).await?;
            return Ok(Vec::new());
        }
        let mut seat = None;
        if let Some(key) = seat_key(behavior.bits) {
            let item = self.workers.ledger.item(&key, task.now).await.map_err(unread)?;
            seat = Some((key, item));
        }
        Ok(acted(task, seat))
    }

    /// Whether the provider refuses what it has done already. A pivot has to hear that it was done.
    fn is_touchy(&self, task: &Task, behavior: &Behavior) -> bool {
        let is_pivot = task.input.get("pivot").is_some();
        self.place == Place::Outside && !is_pivot && self.workers.trouble > 0 && behavior.bits.is_multiple_of(2)
    }

    /// Whether an earlier attempt had its effect: then nothing is refused.
    async fn is_done(&self, task: &Task) -> Result<bool, HandlerError> {
        if self.place == Place::Outside {
            let has = self.workers.outside.has(&task.key, EffectKind::Done).await;
            return has.map_err(|_| failed(BOOM, "the provider did not say"));
        }
        let item = self.workers.ledger.item(&effect_key(&task.key), task.now).await.map_err(unread)?;
        Ok(item.as_ref().is_some_and(is_done))
    }
}

fn unread(error: impl std::fmt::Display) -> HandlerError {
    HandlerError::NotNow(format!("{error}"))
}

#[async_trait]
impl Handler for Acting {
    fn function(&self) -> &str {
        self.function
    }

    fn effect(&self) -> Place {
        self.place
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let behavior = self.workers.prepared(task, Temper::Acting).await?;
        match behavior.deed {
            Deed::FailBefore => return Err(failed(BOOM, "before its effect")),
            Deed::PanicBefore => panicking(),
            Deed::Refuse | Deed::Decline if !self.is_done(task).await? => {
                return Err(match behavior.deed {
                    Deed::Refuse => refused("nothing is left"),
                    _ => failed(DECLINED, "it was declined"),
                });
            }
            // A provider that takes nothing twice, and says no more than that.
            Deed::Succeed if self.is_touchy(task, &behavior) && self.is_done(task).await? => {
                return Err(refused("it cannot be done again"));
            }
            _ => {}
        }
        let writes = self.act(task, &behavior).await?;
        match behavior.deed {
            // What was to be written in our table is then not written.
            Deed::FailAfter => Err(failed(BROKEN, "after its effect")),
            Deed::PanicAfter => panicking(),
            Deed::ReturnTooMuch => Ok(Completion { result: too_much(), writes }),
            _ => Ok(Completion { result: result_of(self.workers.seed, &task.key, task.attempt), writes }),
        }
    }
}

/// `undo-table` and `undo-outside`.
pub struct Undoing {
    workers: Workers,
    function: &'static str,
    place: Place,
}

impl Undoing {
    /// The handler of a function whose effect lies there.
    pub fn new(workers: Workers, function: &'static str, place: Place) -> Self {
        Self { workers, function, place }
    }

    /// Whether this compensation fails now, whatever the attempt.
    fn is_stubborn(&self, task: &Task) -> bool {
        let bits = hash(self.workers.seed, task.key.as_str(), 1 << 41);
        match Stubbornness::of(bits, self.workers.trouble) {
            Stubbornness::None => false,
            Stubbornness::UpTo(attempt) => task.attempt <= attempt && !self.workers.is_mended(),
            Stubbornness::UntilMended => !self.workers.is_mended(),
            Stubbornness::ForGood => true,
        }
    }

    async fn undo(&self, task: &Task) -> Result<Vec<store::Write>, HandlerError> {
        if self.place == Place::Outside {
            self.workers.act_outside(task, self.function, EffectKind::Undone).await?;
            return Ok(Vec::new());
        }
        let Some(action) = &task.undoes else { return Err(failed(BOOM, "no action to undo")) };
        let item = self.workers.ledger.item(&effect_key(action), task.now).await.map_err(unread)?;
        Ok(undone(task, action, item.as_ref()))
    }
}

#[async_trait]
impl Handler for Undoing {
    fn function(&self) -> &str {
        self.function
    }

    fn effect(&self) -> Place {
        self.place
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let behavior = self.workers.prepared(task, Temper::Undoing).await?;
        match behavior.deed {
            _ if self.is_stubborn(task) => return Err(failed(BOOM, "it cannot be undone now")),
            Deed::FailBefore => return Err(failed(BOOM, "before it was undone")),
            Deed::PanicBefore => panicking(),
            _ => {}
        }
        let writes = self.undo(task).await?;
        match behavior.deed {
            Deed::FailAfter => Err(failed(BROKEN, "after it was undone")),
            Deed::PanicAfter => panicking(),
            Deed::ReturnTooMuch => Ok(Completion { result: too_much(), writes }),
            _ => Ok(Completion { result: json!({ "undone": true }), writes }),
        }
    }
}

/// `look`: finds something, and leaves nothing behind.
pub struct Looking {
    workers: Workers,
}

impl Looking {
    /// The handler.
    pub fn new(workers: Workers) -> Self {
        Self { workers }
    }
}

#[async_trait]
impl Handler for Looking {
    fn function(&self) -> &str {
        LOOK
    }

    fn effect(&self) -> Place {
        Place::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let behavior = self.workers.prepared(task, Temper::Acting).await?;
        match behavior.deed {
            Deed::FailBefore | Deed::FailAfter => Err(failed(BOOM, "nothing was found")),
            Deed::PanicBefore | Deed::PanicAfter => panicking(),
            Deed::Refuse => Err(refused("nothing to look at")),
            Deed::Decline => Err(failed(DECLINED, "nobody may look")),
            Deed::ReturnTooMuch => Ok(Completion::of(too_much())),
            Deed::Succeed | Deed::NotNow => Ok(Completion::of(self.workers.found(&task.key, task.attempt))),
        }
    }
}

/// `ask`: hands the token to somebody outside. What they do then is no effect that anybody could fence off, and is in no book.
pub struct Asking {
    workers: Workers,
}

impl Asking {
    /// The handler.
    pub fn new(workers: Workers) -> Self {
        Self { workers }
    }
}

#[async_trait]
impl Handler for Asking {
    fn function(&self) -> &str {
        ASK
    }

    fn effect(&self) -> Place {
        Place::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let behavior = self.workers.prepared(task, Temper::Acting).await?;
        match behavior.deed {
            Deed::FailBefore => return Err(failed(BOOM, "before anybody was asked")),
            Deed::PanicBefore => panicking(),
            Deed::Refuse => return Err(refused("nobody is there")),
            Deed::Decline => return Err(failed(DECLINED, "nobody wants to be asked")),
            _ => {}
        }
        let token = task.input.get("token").and_then(Value::as_str).unwrap_or_default().to_owned();
        let question = Question {
            token,
            execution: task.execution.clone(),
            state: task.state.clone(),
            key: task.key.clone(),
            attempt: task.attempt,
        };
        self.workers.outside.ask(question).await.map_err(|_| failed(BROKEN, "nobody said that they were asked"))?;
        match behavior.deed {
            Deed::FailAfter => Err(failed(BROKEN, "after somebody was asked")),
            Deed::PanicAfter => panicking(),
            Deed::ReturnTooMuch => Ok(Completion::of(too_much())),
            _ => Ok(Completion::of(json!({ "asked": true }))),
        }
    }
}
