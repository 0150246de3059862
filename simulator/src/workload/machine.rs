//! Random definitions: all state types, nested, with retriers, catchers, compensation, pivots, timeouts, callbacks and loops that end.
//!
//! All states of a definition pass the same kind of object on: `at` (where in the program the branch stands, Parallel, Map and their
//! rounds included), `n.v` (how often the flow has gone round a loop), `items`, `pick` (for choices), `patience` (for timeouts) and
//! perhaps `blob` (for payloads that become value items). A task sends its state's name with `at` and `n`, so that each visit asks for something else.

mod flow;
mod handling;
mod task;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use interpreter::{Route, Routes};
use serde_json::{Value, json};

use crate::random::Random;

/// Acts on items of our table.
pub const ACT_TABLE: &str = "act-table";
/// Acts at a provider.
pub const ACT_OUTSIDE: &str = "act-outside";
/// Undoes [`ACT_TABLE`].
pub const UNDO_TABLE: &str = "undo-table";
/// Undoes [`ACT_OUTSIDE`] and [`ASK`].
pub const UNDO_OUTSIDE: &str = "undo-outside";
/// Looks something up: no effect.
pub const LOOK: &str = "look";
/// Hands a callback's token to somebody outside.
pub const ASK: &str = "ask";

/// The error by which workers refuse, typed: the harness answers that nothing was done.
pub const NO_STOCK: &str = "NoStock";
/// The error that definitions list in `Refusals`: nothing was done, and the worker says it by the name alone.
pub const DECLINED: &str = "Declined";
/// The error of what failed before its effect, and does not say so.
pub const BOOM: &str = "Boom";
/// The error of what failed after its effect.
pub const BROKEN: &str = "Broken";
/// The error of Fail states.
pub const GIVEN_UP: &str = "GivenUp";

/// Functions, their queues and their timeouts in seconds. Two functions share a queue, as in a team's stack.
const SERVED: [(&str, &str, u64); 6] = [
    (ACT_TABLE, "tasks-table", 10),
    (UNDO_TABLE, "tasks-table", 3),
    (ACT_OUTSIDE, "tasks-outside", 10),
    (UNDO_OUTSIDE, "tasks-undo", 10),
    (LOOK, "tasks-look", 3),
    (ASK, "tasks-ask", 3),
];

/// A random definition with an input for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its text, valid Amazon States Language with our extension.
    pub definition: String,
    /// An input, as JSON text: some are above 4 KiB.
    pub input: String,
}

/// Who serves the functions that random definitions name.
pub fn routes() -> Routes {
    let route = |(function, queue, seconds): (&str, &str, u64)| {
        (function.to_owned(), Route { queue: queue.to_owned(), function_timeout_seconds: seconds })
    };
    Routes(SERVED.into_iter().map(route).collect::<BTreeMap<_, _>>())
}

/// Draws a definition. Most have two to six states, a few very many branches or iterations.
pub fn machine(random: &mut Random) -> Machine {
    let style = Style::of(random);
    let input = input(random, &style);
    let mut writer = Writer { random, style, names: 0 };
    let definition = if writer.style.wide { writer.wide() } else { writer.usual() };
    Machine { definition: definition.to_string(), input: input.to_string() }
}

/// What distinguishes a definition as a whole.
#[derive(Debug, Clone)]
struct Style {
    /// Whether it uses the extension.
    compensates: bool,
    /// Whether one of its outermost states is a pivot.
    pivot: bool,
    /// Whether its inputs carry a blob above 4 KiB.
    large: bool,
    /// Whether it has very many branches or iterations.
    wide: bool,
    /// Its own TimeoutSeconds.
    timeout_seconds: Option<u64>,
}

impl Style {
    fn of(random: &mut Random) -> Self {
        let compensates = random.happens(800);
        Self {
            compensates,
            pivot: compensates && random.happens(300),
            large: random.happens(100),
            wide: random.happens(15),
            timeout_seconds: random.happens(200).then(|| random.within(5, 300)),
        }
    }
}

/// Writes one definition down.
struct Writer<'r> {
    random: &'r mut Random,
    style: Style,
    names: u32,
}

impl Writer<'_> {
    /// A name that no other state has.
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    fn usual(&mut self) -> Value {
        let count = if self.random.happens(100) { self.random.within(7, 12) } else { self.random.within(2, 6) };
        let flow = self.flow(count, 0);
        self.finished(flow)
    }

    /// One state with very many parts, between two tasks.
    fn wide(&mut self) -> Value {
        let before = self.task();
        let parts = self.wide_parts();
        let after = self.task();
        let flow = self.linked(vec![before, parts, after], 0);
        self.finished(flow)
    }

    fn finished(&mut self, mut definition: Value) -> Value {
        if let Some(seconds) = self.style.timeout_seconds {
            set(&mut definition, "TimeoutSeconds", json!(seconds));
        }
        definition
    }

    fn chance(&mut self, per_mille: u32) -> bool {
        self.random.happens(per_mille)
    }

    /// One of these.
    fn one_of<T: Copy>(&mut self, some: &[T], otherwise: T) -> T {
        self.random.pick(some).copied().unwrap_or(otherwise)
    }
}

/// A state with its name, not linked to others yet.
struct Written {
    name: String,
    state: Value,
    /// Whether it can have a catcher.
    catches: bool,
    /// Whether it stays outside of every loop: a pivot is passed once.
    pivot: bool,
}

fn set(object: &mut Value, member: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(member.to_owned(), value);
    }
}

fn input(random: &mut Random, style: &Style) -> Value {
    let count = if style.wide { random.within(30, 60) } else { random.within(0, 4) };
    let items: Vec<u64> = (0..count).map(|_| random.below(10)).collect();
    let mut input =
        json!({ "at": "e", "n": { "v": 0 }, "items": items, "pick": random.below(10), "patience": random.within(1, 60) });
    if style.large {
        let bytes = if random.happens(200) { random.within(48_000, 60_000) } else { random.within(4_200, 12_000) };
        set(&mut input, "blob", json!("b".repeat(usize::try_from(bytes).unwrap_or(0))));
    }
    input
}
