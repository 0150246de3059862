//! Flows: states in a row, with choices that jump ahead, loops that end, and what catchers lead to.

use serde_json::{Map, Value, json};

use super::{GIVEN_UP, Writer, Written, set};

/// Flows inside each other, the outermost not counted.
const NESTING_MAX: u32 = 3;
/// How the names of the choices begin that end a loop.
const AGAIN: &str = "Again";

impl Writer<'_> {
    /// A flow of about so many states of its own.
    pub(super) fn flow(&mut self, count: u64, depth: u32) -> Value {
        let mut states: Vec<Written> = (0..count).map(|_| self.state(depth)).collect();
        if depth == 0 && self.style.pivot {
            let pivot = self.pivot();
            let at = self.random.index(states.len() + 1);
            states.insert(at, pivot);
        }
        if self.chance(150) {
            states = self.looped(states);
        }
        self.linked(states, depth)
    }

    fn state(&mut self, depth: u32) -> Written {
        let composes = depth < NESTING_MAX;
        match self.random.below(100) {
            0..=54 => self.task(),
            55..=64 if composes => self.parallel(depth),
            65..=74 if composes => self.map(depth),
            75..=81 => self.wait(),
            82..=88 => self.pass(),
            89..=96 => self.choice(),
            _ => self.task(),
        }
    }

    fn inner_count(&mut self, depth: u32) -> u64 {
        let most = if depth == 0 { 3 } else { 2 };
        self.random.within(1, most)
    }

    fn parallel(&mut self, depth: u32) -> Written {
        let name = self.name("Parallel");
        let count = self.random.within(1, 3);
        let branches: Vec<Value> = (0..count)
            .map(|_| {
                let count = self.inner_count(depth);
                self.flow(count, depth + 1)
            })
            .collect();
        let state = self.parallel_of(&name, &branches);
        Written { name, state, catches: true, pivot: false }
    }

    fn parallel_of(&mut self, name: &str, branches: &[Value]) -> Value {
        let mut state = json!({ "Type": "Parallel", "Branches": branches });
        if self.chance(900) {
            let at = format!("States.Format('{{}}/{name}.{{}}.{{}}', $.at, $.n.v, $$.State.RetryCount)");
            let parameters = self.inner_input(&at, &json!({ "items.$": "$.items", "pick.$": "$.pick" }));
            set(&mut state, "Parameters", parameters);
        }
        if self.chance(300) {
            set(&mut state, "ResultSelector", json!({ "first.$": "$[0]" }));
            set(&mut state, "ResultPath", json!("$.last"));
        } else {
            set(&mut state, "ResultPath", Value::Null);
        }
        if self.chance(300) {
            let retry = self.retriers();
            set(&mut state, "Retry", retry);
        }
        state
    }

    fn map(&mut self, depth: u32) -> Written {
        let name = self.name("Map");
        let count = self.inner_count(depth);
        let processor = self.flow(count, depth + 1);
        let state = self.map_of(&name, &processor);
        Written { name, state, catches: true, pivot: false }
    }

    fn map_of(&mut self, name: &str, processor: &Value) -> Value {
        let at = format!("States.Format('{{}}/{name}.{{}}.{{}}.{{}}', $.at, $.n.v, $$.State.RetryCount, $$.Map.Item.Index)");
        let items: Vec<u64> = (0..self.random.below(3)).collect();
        let selector = self.inner_input(&at, &json!({ "items": items, "pick.$": "$$.Map.Item.Value" }));
        let mut state = json!({ "Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "ItemProcessor": processor });
        if self.chance(600) {
            let most = self.random.below(4);
            match self.chance(250) {
                true => set(&mut state, "MaxConcurrencyPath", json!("$.pick")),
                false => set(&mut state, "MaxConcurrency", json!(most)),
            }
        }
        match self.random.below(10) {
            0..=3 => {
                let tolerated = self.random.within(1, 2);
                set(&mut state, "ToleratedFailureCount", json!(tolerated));
            }
            4 => set(&mut state, "ToleratedFailurePercentage", json!(50)),
            _ => {}
        }
        let path = if self.chance(700) { Value::Null } else { json!("$.last") };
        set(&mut state, "ResultPath", path);
        if self.chance(250) {
            let retry = self.retriers();
            set(&mut state, "Retry", retry);
        }
        state
    }

    /// What a branch or an iteration begins with.
    fn inner_input(&mut self, at: &str, own: &Value) -> Value {
        let mut input = json!({ "at.$": at, "n": { "v": 0 }, "patience.$": "$.patience" });
        for (member, value) in own.as_object().into_iter().flatten() {
            set(&mut input, member, value.clone());
        }
        if self.style.large {
            set(&mut input, "blob.$", json!("$.blob"));
        }
        input
    }

    /// A Parallel of 30 branches, or a Map over all items of a long input.
    pub(super) fn wide_parts(&mut self) -> Written {
        let parallel = self.chance(500);
        let name = self.name(if parallel { "Parallel" } else { "Map" });
        let state = if parallel {
            let branches: Vec<Value> = (0..30).map(|_| self.flow(1, 2)).collect();
            self.parallel_of(&name, &branches)
        } else {
            let processor = self.flow(2, 2);
            self.map_of(&name, &processor)
        };
        Written { name, state, catches: true, pivot: false }
    }

    fn wait(&mut self) -> Written {
        let name = self.name("Wait");
        let seconds = self.one_of(&[1, 2, 5, 10, 30, 60, 120], 5);
        let state = match self.chance(200) {
            true => json!({ "Type": "Wait", "SecondsPath": "$.patience" }),
            false => json!({ "Type": "Wait", "Seconds": seconds }),
        };
        Written { name, state, catches: false, pivot: false }
    }

    fn pass(&mut self) -> Written {
        let name = self.name("Pass");
        let state = match self.random.below(5) {
            0 => json!({ "Type": "Pass" }),
            // Deeper with each round of a loop.
            4 => json!({ "Type": "Pass", "Parameters": { "deeper": { "all.$": "$" } }, "ResultPath": "$.last" }),
            1 => json!({ "Type": "Pass", "Result": { "passed": name }, "ResultPath": "$.last" }),
            2 => json!({ "Type": "Pass", "Parameters": { "inner.$": "$" }, "OutputPath": "$.inner" }),
            _ => json!({ "Type": "Pass", "InputPath": "$.n", "ResultPath": "$.last" }),
        };
        Written { name, state, catches: false, pivot: false }
    }

    /// A choice; where it leads is filled in when its flow is linked.
    fn choice(&mut self) -> Written {
        let name = self.name("Choice");
        Written { name, state: json!({ "Type": "Choice" }), catches: false, pivot: false }
    }

    /// Repeats some of the states once or twice: behind them a Pass counts, and a Choice goes back until there were enough.
    fn looped(&mut self, mut states: Vec<Written>) -> Vec<Written> {
        let last = self.random.index(states.len());
        let first = self.random.index(last + 1);
        let repeated = states.get(first..=last).unwrap_or_default();
        if repeated.iter().any(|written| written.pivot) {
            return states;
        }
        let Some(back) = repeated.first().map(|written| written.name.clone()) else { return states };
        let count = json!({ "Type": "Pass", "Parameters": { "v.$": "States.MathAdd($.n.v, 1)" }, "ResultPath": "$.n" });
        let rounds = self.random.within(1, 2) + 1;
        let again = json!({ "Type": "Choice", "Choices": [{ "Variable": "$.n.v", "NumericLessThan": rounds, "Next": back }] });
        let (counting, again) = (self.written("Count", count), self.written(AGAIN, again));
        states.splice(last + 1..last + 1, [counting, again]);
        states
    }

    fn written(&mut self, kind: &str, state: Value) -> Written {
        Written { name: self.name(kind), state, catches: false, pivot: false }
    }

    /// Links states in a row, and adds what choices and catchers lead to besides.
    pub(super) fn linked(&mut self, states: Vec<Written>, depth: u32) -> Value {
        let names: Vec<String> = states.iter().map(|written| written.name.clone()).collect();
        let mut linked = Map::new();
        let mut behind: Vec<Written> = Vec::new();
        for (at, Written { name, mut state, catches, .. }) in states.into_iter().enumerate() {
            let ahead = names.get(at + 1..).unwrap_or_default();
            // Whatever jumps ahead within a loop goes by way of the counter, or out of it: else the loop had no end.
            let jumps: Vec<String> = ahead.iter().filter(|name| !name.starts_with(AGAIN)).cloned().collect();
            if state.get("Type") == Some(&json!("Choice")) {
                self.choose(&mut state, ahead.first(), &jumps, &mut behind);
            } else {
                match ahead.first() {
                    Some(next) => set(&mut state, "Next", json!(next)),
                    None => set(&mut state, "End", json!(true)),
                }
            }
            if catches && self.chance(400) {
                let catchers = self.catchers(depth == 0, &mut |writer| writer.target(&jumps, &mut behind));
                set(&mut state, "Catch", catchers);
            }
            linked.insert(name, state);
        }
        for Written { name, state, .. } in behind {
            linked.insert(name, state);
        }
        json!({ "StartAt": names.first(), "States": linked })
    }

    /// Gives a choice its rules and its default. One of a loop has its rule already.
    fn choose(&mut self, state: &mut Value, next: Option<&String>, jumps: &[String], behind: &mut Vec<Written>) {
        let is_loop = state.get("Choices").is_some();
        let default = match next {
            Some(next) => Some(next.clone()),
            // Without a default the state fails if no rule holds.
            None if !is_loop && self.chance(100) => None,
            None => Some(self.end_state(behind)),
        };
        if !is_loop {
            let mut rules = Vec::new();
            for _ in 0..self.random.within(1, 2) {
                let next = self.choice_target(jumps, behind);
                rules.push(self.rule(&next));
            }
            set(state, "Choices", Value::Array(rules));
        }
        if let Some(default) = default {
            set(state, "Default", json!(default));
        }
    }

    fn rule(&mut self, next: &str) -> Value {
        let number = self.random.below(10);
        match self.random.below(6) {
            0 | 1 => json!({ "Variable": "$.pick", "NumericLessThan": number, "Next": next }),
            2 => json!({ "Variable": "$.pick", "NumericGreaterThanEquals": number, "Next": next }),
            3 => json!({ "Not": { "Variable": "$.pick", "NumericEquals": number }, "Next": next }),
            4 => {
                json!({ "And": [{ "Variable": "$.error", "IsPresent": true }, { "Variable": "$.pick", "NumericLessThanEquals": number }], "Next": next })
            }
            _ => {
                json!({ "Or": [{ "Variable": "$.last", "IsPresent": true }, { "Variable": "$.pick", "NumericEquals": number }], "Next": next })
            }
        }
    }

    fn choice_target(&mut self, ahead: &[String], behind: &mut Vec<Written>) -> String {
        match self.random.pick(ahead) {
            Some(next) if self.random.happens(700) => next.clone(),
            _ => self.end_state(behind),
        }
    }

    /// Where a catcher leads.
    fn target(&mut self, ahead: &[String], behind: &mut Vec<Written>) -> String {
        match self.random.pick(ahead) {
            Some(next) if self.random.happens(500) => next.clone(),
            _ if self.chance(500) => {
                let Written { name, mut state, .. } = self.task();
                set(&mut state, "End", json!(true));
                behind.push(Written { name: name.clone(), state, catches: false, pivot: false });
                name
            }
            _ => self.end_state(behind),
        }
    }

    /// A state that ends its flow.
    fn end_state(&mut self, behind: &mut Vec<Written>) -> String {
        let written = match self.random.below(10) {
            0 => {
                self.written("Fail", json!({ "Type": "Fail", "ErrorPath": "$.at", "CausePath": "States.Format('at {}', $.at)" }))
            }
            1..=2 => self.written("Fail", json!({ "Type": "Fail", "Error": GIVEN_UP, "Cause": "as it is written" })),
            3 => self.written("Fail", json!({ "Type": "Fail" })),
            4..=6 => self.written("Succeed", json!({ "Type": "Succeed" })),
            _ => self.written("Handled", json!({ "Type": "Pass", "End": true })),
        };
        let name = written.name.clone();
        behind.push(written);
        name
    }
}
