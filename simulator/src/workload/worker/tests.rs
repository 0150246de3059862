//! What random workers do.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use clock::ManualClock;
use futures::FutureExt;
use interpreter::{ExecutionId, IdempotencyKey, Timestamp};
use serde_json::{Value, json};
use store::{LedgerStore, MemoryStore};
use worker::{Completion, Handler, HandlerError, Task};

use super::{Outside, OutsideError, Provider, Question, STOCK, Workers, effects_of, result_of};
use crate::effect::{Book, Effect, EffectKind};
use crate::workload::machine::{ACT_OUTSIDE, ACT_TABLE, ASK, UNDO_OUTSIDE, UNDO_TABLE};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// The world outside without faults.
struct Calm {
    provider: Provider,
    asked: Mutex<Vec<Question>>,
}

#[async_trait]
impl Outside for Calm {
    async fn act(&self, effect: Effect) -> Result<(), OutsideError> {
        self.provider.act(effect);
        Ok(())
    }

    async fn has(&self, key: &IdempotencyKey, kind: EffectKind) -> Result<bool, OutsideError> {
        Ok(self.provider.has(key, kind))
    }

    async fn ask(&self, question: Question) -> Result<(), OutsideError> {
        self.asked.lock().unwrap().push(question);
        Ok(())
    }
}

struct World {
    workers: Workers,
    ledger: Arc<MemoryStore>,
    outside: Arc<Calm>,
    book: Arc<Mutex<Book>>,
}

impl World {
    fn new(trouble: u32) -> Self {
        let book = Arc::new(Mutex::new(Book::default()));
        let ledger = Arc::new(MemoryStore::default());
        let outside = Arc::new(Calm { provider: Provider::new(Arc::clone(&book)), asked: Mutex::default() });
        let workers = Workers {
            seed: 1,
            trouble,
            unfit: 0,
            clock: Arc::new(ManualClock::at_millis(NOW.millis())),
            ledger: Arc::clone(&ledger) as Arc<dyn LedgerStore>,
            outside: Arc::clone(&outside) as Arc<dyn Outside>,
            mended: Arc::new(AtomicBool::new(false)),
        };
        Self { workers, ledger, outside, book }
    }

    fn handler(&self, function: &str) -> Arc<dyn Handler> {
        self.workers.handlers().into_iter().find(|handler| handler.function() == function).unwrap()
    }

    /// What comes of a task, unless it sleeps; what it would write is written.
    fn perform(&self, function: &str, task: &Task) -> Option<Result<Completion, HandlerError>> {
        let handler = self.handler(function);
        let performed = std::panic::AssertUnwindSafe(handler.perform(task)).catch_unwind().now_or_never()?.ok()?;
        if let Ok(completion) = &performed
            && !completion.writes.is_empty()
        {
            self.ledger.transact(&[], &completion.writes, NOW).now_or_never().unwrap().unwrap();
            for effect in effects_of(&completion.writes, NOW) {
                self.book.lock().unwrap().note(effect);
            }
        }
        Some(performed)
    }

    fn effects(&self) -> Vec<(EffectKind, String)> {
        let book = self.book.lock().unwrap();
        book.effects().iter().map(|effect| (effect.kind, effect.key.to_string())).collect()
    }

    /// What the counters add up to.
    fn stock(&self) -> i64 {
        let items = self.ledger.items(STOCK, None, 100, NOW).now_or_never().unwrap().unwrap();
        items.iter().flat_map(|item| item.counters.values()).sum()
    }
}

fn task(key: &str, attempt: u32) -> Task {
    let undoes = key.strip_suffix("/undo").map(|action| IdempotencyKey(action.to_owned()));
    Task {
        input: json!({ "state": "Book1", "token": "a token" }),
        key: IdempotencyKey(key.to_owned()),
        attempt,
        undoes,
        deadline: NOW.plus_seconds(10),
        now: NOW,
        execution: ExecutionId::from_random(7),
        execution_name: "run".to_owned(),
        state: "Book1".to_owned(),
        caller: None,
    }
}

#[test]
fn without_trouble_everything_is_done_once_and_undone_once() {
    for (action, undo) in [(ACT_TABLE, UNDO_TABLE), (ACT_OUTSIDE, UNDO_OUTSIDE)] {
        let world = World::new(0);
        let done = world.perform(action, &task("e/Book1/1", 1)).unwrap().unwrap();
        assert_eq!(done.result, result_of(1, &IdempotencyKey("e/Book1/1".to_owned()), 1));
        assert_eq!(world.stock(), if action == ACT_TABLE { -1 } else { 0 });
        world.perform(undo, &task("e/Book1/1/undo", 1)).unwrap().unwrap();
        world.perform(undo, &task("e/Book1/2/undo", 1)).unwrap().unwrap();
        let expected = [
            (EffectKind::Done, "e/Book1/1".to_owned()),
            (EffectKind::Undone, "e/Book1/1/undo".to_owned()),
            (EffectKind::Undone, "e/Book1/2/undo".to_owned()),
        ];
        assert_eq!(world.effects(), expected, "also where there is nothing to undo");
        assert_eq!(world.stock(), 0);
    }
}

#[test]
fn an_effect_in_the_table_says_whose_it_is() {
    let world = World::new(0);
    let asked = task("e/Book1/1", 3);
    world.perform(ACT_TABLE, &asked).unwrap().unwrap();
    let effect = world.book.lock().unwrap().effects()[0].clone();
    let expected = Effect {
        at: NOW,
        kind: EffectKind::Done,
        execution: asked.execution,
        state: asked.state,
        function: ACT_TABLE.to_owned(),
        key: asked.key,
        undoes: None,
        attempt: 3,
        input: asked.input,
        outside: false,
    };
    assert_eq!(effect, expected);
}

#[test]
fn a_provider_does_once_what_is_asked_twice_and_notes_what_comes_too_late() {
    let world = World::new(0);
    world.perform(ACT_OUTSIDE, &task("e/Book1/1", 1)).unwrap().unwrap();
    world.perform(ACT_OUTSIDE, &task("e/Book1/1", 2)).unwrap().unwrap();
    assert_eq!(world.effects().len(), 1);
    world.perform(UNDO_OUTSIDE, &task("e/Book1/1/undo", 1)).unwrap().unwrap();
    world.perform(ACT_OUTSIDE, &task("e/Book1/1", 3)).unwrap().unwrap();
    assert_eq!(world.effects().len(), 3, "an effect after its compensation is one too many");
}

#[test]
fn whoever_is_asked_gets_the_token() {
    let world = World::new(0);
    world.perform(ASK, &task("e/Ask1/1", 1)).unwrap().unwrap();
    assert_eq!(world.outside.asked.lock().unwrap()[0].token, "a token");
}

#[test]
fn in_trouble_everything_happens_and_a_refusal_is_true_but_where_it_says_that_it_was_done() {
    let world = World::new(1_000);
    let mut seen = BTreeSet::new();
    for number in 0..600 {
        for function in [ACT_TABLE, ACT_OUTSIDE] {
            let key = format!("e/Book1/{number}/{function}");
            for attempt in 1..=3 {
                let before = world.effects().len();
                let performed = world.perform(function, &task(&key, attempt));
                let effects = world.effects().len() - before;
                seen.insert(match performed {
                    None => "slept or panicked".to_owned(),
                    Some(Ok(completion)) if completion.result.to_string().len() > 262_144 => "too much".to_owned(),
                    Some(Ok(_)) => "succeeded".to_owned(),
                    Some(Err(HandlerError::Refused { error, cause })) => {
                        let is_done = world.effects().iter().any(|(_, done)| *done == key);
                        let is_again = function == ACT_OUTSIDE && cause == "it cannot be done again";
                        assert!(effects == 0 && is_done == is_again, "`{key}` was refused and done");
                        format!("refused: {error}")
                    }
                    Some(Err(HandlerError::Failed { error, .. })) => format!("failed: {error}, {effects} effects"),
                    Some(Err(HandlerError::NotNow(_))) => "not now".to_owned(),
                });
            }
        }
    }
    let expected = [
        "failed: Boom, 0 effects",
        "failed: Broken, 0 effects",
        "failed: Broken, 1 effects",
        "failed: Declined, 0 effects",
        "not now",
        "refused: NoStock",
        "slept or panicked",
        "succeeded",
        "too much",
    ];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_mended_is_undone_but_for_what_never_can_be() {
    let world = World::new(1_000);
    world.workers.mended.store(true, std::sync::atomic::Ordering::SeqCst);
    let keys = (0..600).map(|number| format!("e/Book1/{number}/undo"));
    let failed = keys.filter(|key| matches!(world.perform(UNDO_TABLE, &task(key, 9)), Some(Err(_)))).count();
    assert!((1..60).contains(&failed), "{failed} of 600");
}

#[test]
fn the_same_attempt_meets_the_same_worker() {
    let results = |world: &World| -> Vec<Option<Value>> {
        let keys = (0..100).map(|number| format!("e/Book1/{number}"));
        keys.map(|key| world.perform(ACT_OUTSIDE, &task(&key, 1))?.ok().map(|done| done.result)).collect()
    };
    let world = World::new(500);
    assert_eq!(results(&world), results(&World::new(500)));
    assert_eq!(results(&world), results(&world));
}
