//! Tasks and their compensations.

use serde_json::{Value, json};

use super::{ACT_OUTSIDE, ACT_TABLE, ASK, DECLINED, LOOK, UNDO_OUTSIDE, UNDO_TABLE, Writer, Written, set};

const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const INVOKE_AND_WAIT: &str = "arn:aws:states:::lambda:invoke.waitForTaskToken";
const TIMEOUT_SECONDS: [u64; 9] = [1, 2, 4, 8, 15, 30, 45, 60, 120];

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{function}")
}

impl Writer<'_> {
    /// A task of one of the functions.
    pub(super) fn task(&mut self) -> Written {
        match self.random.below(100) {
            0..=34 => self.task_of(ACT_TABLE),
            35..=72 => self.task_of(ACT_OUTSIDE),
            73..=87 => self.task_of(LOOK),
            _ => self.task_of(ASK),
        }
    }

    /// A task of the outermost flow after whose success the saga only goes forward.
    pub(super) fn pivot(&mut self) -> Written {
        let function = self.one_of(&[ACT_TABLE, ACT_OUTSIDE, ACT_OUTSIDE, ASK], ACT_OUTSIDE);
        let Written { name, mut state, .. } = self.task_of(function);
        if let Some(state) = state.as_object_mut() {
            // It is tried until its outcome is known: it must be given the time that this takes.
            for field in ["Compensation", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"] {
                state.shift_remove(field);
            }
            if let Some(Value::Object(parameters)) = state.get_mut("Parameters") {
                let sent = match parameters.get_mut("Payload") {
                    Some(Value::Object(payload)) => payload,
                    _ => parameters,
                };
                sent.insert("pivot".to_owned(), json!(true));
            }
        }
        let seconds = self.one_of(&[30, 60, 120], 60);
        set(&mut state, "TimeoutSeconds", json!(seconds));
        set(&mut state, "Pivot", json!(true));
        if self.chance(300) {
            set(&mut state, "Compensation", json!("None"));
        }
        Written { name, state, catches: true, pivot: true }
    }

    fn task_of(&mut self, function: &'static str) -> Written {
        let name = self.name(match function {
            ACT_TABLE => "Book",
            ACT_OUTSIDE => "Charge",
            LOOK => "Look",
            _ => "Ask",
        });
        let mut state = self.call(&name, function);
        self.timeouts(function, &mut state);
        if self.chance(450) {
            let retry = self.retriers();
            set(&mut state, "Retry", retry);
        }
        self.data_flow(&mut state);
        if self.style.compensates {
            self.undoing(&name, function, &mut state);
        }
        Written { name, state, catches: true, pivot: false }
    }

    /// `Resource` and `Parameters`. What is sent says which visit it comes from.
    fn call(&mut self, name: &str, function: &str) -> Value {
        let mut sent = json!({ "state": name, "at.$": "$.at", "n.$": "$.n.v", "patience.$": "$.patience" });
        if self.style.large && self.chance(500) {
            set(&mut sent, "blob.$", json!("$.blob"));
        }
        if function == ASK {
            set(&mut sent, "token.$", json!("$$.Task.Token"));
            let parameters = json!({ "FunctionName": arn(function), "Payload": sent });
            return json!({ "Type": "Task", "Resource": INVOKE_AND_WAIT, "Parameters": parameters });
        }
        if self.chance(350) {
            let named = if self.chance(500) { function.to_owned() } else { arn(function) };
            let parameters = json!({ "FunctionName": named, "Payload": sent });
            return json!({ "Type": "Task", "Resource": INVOKE, "Parameters": parameters });
        }
        json!({ "Type": "Task", "Resource": arn(function), "Parameters": sent })
    }

    fn timeouts(&mut self, function: &str, state: &mut Value) {
        let seconds = self.one_of(&TIMEOUT_SECONDS, 30);
        let timeout = match self.random.below(100) {
            0..=59 => Some(("TimeoutSeconds", json!(seconds))),
            60..=69 => Some(("TimeoutSecondsPath", json!("$.patience"))),
            _ => None,
        };
        if let Some((field, value)) = &timeout {
            set(state, field, value.clone());
        }
        let found = matches!(timeout, Some(("TimeoutSecondsPath", _)));
        // People are heard of more often than workers.
        let likely = if function == ASK { 500 } else { 350 };
        if self.chance(likely) && (timeout.is_none() || seconds > 1 && !found) {
            let most = if timeout.is_some() { seconds - 1 } else { 30 };
            let longest = if self.chance(500) { most.min(4) } else { most };
            let heartbeat = self.random.within(1, longest);
            match self.chance(200) && timeout.is_none() {
                true => set(state, "HeartbeatSecondsPath", json!("$.patience")),
                false => set(state, "HeartbeatSeconds", json!(heartbeat)),
            }
        }
    }

    /// Where the result goes: what flows on stays.
    fn data_flow(&mut self, state: &mut Value) {
        let result_path = match self.random.below(10) {
            0..=4 => Value::Null,
            5..=7 => json!("$.last"),
            _ => json!("$.n.last"),
        };
        if !result_path.is_null() && self.chance(300) {
            set(state, "ResultSelector", json!({ "kept.$": "$", "by": "selector" }));
        }
        set(state, "ResultPath", result_path);
        match self.random.below(10) {
            0 => set(state, "OutputPath", json!("$")),
            1 => set(state, "InputPath", json!("$")),
            _ => {}
        }
    }

    fn undoing(&mut self, name: &str, function: &str, state: &mut Value) {
        let acts = function != LOOK;
        let undone_by = match function {
            ACT_TABLE => UNDO_TABLE,
            _ => UNDO_OUTSIDE,
        };
        if acts && self.chance(400) {
            set(state, "Refusals", json!([DECLINED]));
        }
        // Who is heard of can be stopped in the middle: that is seen where nothing is undone behind it.
        let is_heard_of = state.get("HeartbeatSeconds").is_some();
        let leaves_nothing = is_heard_of && self.chance(400);
        match self.random.below(100) {
            0..=74 if acts && !leaves_nothing => {
                let compensation = self.compensation(name, undone_by);
                set(state, "Compensation", compensation);
            }
            // A task that is not declared is a finding of the check, and runs.
            95..=99 => {}
            _ => set(state, "Compensation", json!("None")),
        }
    }

    fn compensation(&mut self, name: &str, function: &str) -> Value {
        let mut parameters = match self.random.below(100) {
            0..=39 => None,
            40..=69 => Some(json!({ "undo": name, "what.$": "$.input", "got.$": "$.result" })),
            70..=79 => Some(json!({ "undo": name, "state.$": "$.input.state", "at.$": "$.input.at", "n.$": "$.input.n" })),
            // Fails with a large result: then what was evaluated first stands.
            80..=97 => Some(json!({ "undo": name, "what.$": "$.input", "once.$": "$.result", "twice.$": "$.result" })),
            // Cannot be evaluated while there is no result: nothing is ever scheduled.
            _ => Some(json!({ "undo": name, "of.$": "$.result.of" })),
        };
        let mut compensation = json!({ "Resource": arn(function) });
        if self.chance(200) {
            set(&mut compensation, "Resource", json!(INVOKE));
            let payload = parameters.take();
            let mut call = json!({ "FunctionName": function });
            match payload {
                Some(payload) => set(&mut call, "Payload", payload),
                None => set(&mut call, "Payload.$", json!("$")),
            }
            parameters = Some(call);
        }
        if let Some(parameters) = parameters {
            set(&mut compensation, "Parameters", parameters);
        }
        match self.random.below(100) {
            0..=39 => {
                let seconds = self.one_of(&[2, 5, 15, 30, 60], 15);
                set(&mut compensation, "TimeoutSeconds", json!(seconds));
            }
            40..=49 => set(&mut compensation, "TimeoutSecondsPath", json!("$.input.patience")),
            // There is none before there is a result: then nothing is ever scheduled.
            50 => set(&mut compensation, "TimeoutSecondsPath", json!("$.result.attempt")),
            _ => {}
        }
        if self.chance(350) {
            let retry = self.retriers();
            set(&mut compensation, "Retry", retry);
        }
        compensation
    }
}
