//! What becomes of failures: retriers and catchers.

use serde_json::{Value, json};

use super::{BOOM, BROKEN, DECLINED, GIVEN_UP, NO_STOCK, Writer, set};

const NAMED: [&str; 8] =
    [BOOM, BROKEN, DECLINED, NO_STOCK, GIVEN_UP, "States.Timeout", "States.TaskFailed", "States.HeartbeatTimeout"];

impl Writer<'_> {
    /// One or two retriers.
    pub(super) fn retriers(&mut self) -> Value {
        let mut retriers = Vec::new();
        if self.chance(350) {
            let name = self.one_of(&NAMED, BOOM);
            retriers.push(self.retrier(name));
        }
        if retriers.is_empty() || self.chance(600) {
            retriers.push(self.retrier("States.ALL"));
        }
        Value::Array(retriers)
    }

    fn retrier(&mut self, name: &str) -> Value {
        let mut retrier = json!({ "ErrorEquals": [name] });
        if self.chance(800) {
            let seconds = self.one_of(&[0, 1, 1, 2, 3, 5, 10, 20], 1);
            set(&mut retrier, "IntervalSeconds", json!(seconds));
        }
        if self.chance(800) {
            let attempts = self.one_of(&[0, 1, 1, 2, 2, 3], 1);
            set(&mut retrier, "MaxAttempts", json!(attempts));
        }
        if self.chance(500) {
            let rate = self.one_of(&[1.0, 1.5, 2.0, 3.0], 1.5);
            set(&mut retrier, "BackoffRate", json!(rate));
        }
        if self.chance(200) {
            let seconds = self.one_of(&[1, 4, 30], 4);
            set(&mut retrier, "MaxDelaySeconds", json!(seconds));
        }
        if self.chance(300) {
            let strategy = self.one_of(&["FULL", "FULL", "NONE"], "FULL");
            set(&mut retrier, "JitterStrategy", json!(strategy));
        }
        retrier
    }

    /// One or two catchers, each to a state that `target` names.
    pub(super) fn catchers(&mut self, outermost: bool, target: &mut dyn FnMut(&mut Self) -> String) -> Value {
        let mut catchers = Vec::new();
        if self.chance(300) {
            let name = self.one_of(&NAMED, BOOM);
            catchers.push(self.catcher(name, outermost, target));
        }
        if catchers.is_empty() || self.chance(500) {
            catchers.push(self.catcher("States.ALL", outermost, target));
        }
        Value::Array(catchers)
    }

    fn catcher(&mut self, name: &str, outermost: bool, target: &mut dyn FnMut(&mut Self) -> String) -> Value {
        let result_path = if self.chance(500) { Value::Null } else { json!("$.error") };
        let next = target(self);
        let mut catcher = json!({ "ErrorEquals": [name], "ResultPath": result_path, "Next": next });
        if self.style.compensates {
            match self.random.below(100) {
                0..=19 if outermost => set(&mut catcher, "Compensate", json!("Execution")),
                20..=29 => set(&mut catcher, "Compensate", json!("None")),
                _ => {}
            }
        }
        catcher
    }
}
