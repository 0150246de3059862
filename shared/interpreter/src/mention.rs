//! Which roots the expressions of a state mention: only those are loaded and built.

use asl::intrinsic::{Argument, Call};
use asl::path::{Path, Root, Segment};
use asl::state::{Amount, Comparison, Compensation, Condition, InputPath, Operand, Text, WaitUntil};
use asl::template::Template;
use asl::{State, StateKind};

/// What a state's expressions mention of the context object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mention {
    /// Anything of `$$`.
    pub(crate) context: bool,
    /// `$$.Execution.Input`, or something that contains it.
    pub(crate) execution_input: bool,
    /// Anything of `$`.
    pub(crate) data: bool,
}

impl Mention {
    /// By all expressions of a state.
    pub(crate) fn by_state(state: &State) -> Self {
        let mut mention = Self::default();
        mention.state(state);
        mention
    }

    /// By a template.
    pub(crate) fn by_template(template: &Template) -> Self {
        let mut mention = Self::default();
        mention.template(template);
        mention
    }

    fn state(&mut self, state: &State) {
        let data = state.data();
        self.input_path(&data.input_path);
        self.input_path(&data.output_path);
        data.parameters.iter().chain(&data.result_selector).for_each(|template| self.template(template));
        match &state.kind {
            StateKind::Task(task) => {
                task.timeout.iter().chain(&task.heartbeat).for_each(|amount| self.amount(amount));
                if let Some(Compensation::Action(action)) = &task.compensation {
                    action.timeout.iter().for_each(|amount| self.amount(amount));
                    action.parameters.iter().for_each(|template| self.template(template));
                }
            }
            StateKind::Choice(choice) => choice.rules.iter().for_each(|rule| self.condition(&rule.condition)),
            StateKind::Map(map) => {
                map.items_path.iter().for_each(|path| self.path(path));
                map.item_selector.iter().for_each(|template| self.template(template));
                let amounts = [&map.max_concurrency, &map.tolerance.count, &map.tolerance.percentage];
                amounts.into_iter().flatten().for_each(|amount| self.amount(amount));
            }
            StateKind::Wait(wait) => match &wait.until {
                WaitUntil::Seconds(amount) => self.amount(amount),
                WaitUntil::TimestampPath(path) => self.path(path),
                WaitUntil::Timestamp(_) => {}
            },
            StateKind::Fail(fail) => fail.error.iter().chain(&fail.cause).for_each(|text| self.text(text)),
            StateKind::Parallel(_) | StateKind::Pass(_) | StateKind::Succeed(_) => {}
        }
    }

    fn path(&mut self, path: &Path) {
        match path.root {
            Root::Data => self.data = true,
            Root::Variable(_) => {}
            Root::Context => {
                self.context = true;
                let name = |at: usize| match path.segments.get(at) {
                    Some(Segment::Name(name)) => Some(name.as_str()),
                    _ => None,
                };
                // Anything that is not plainly another member may contain the input.
                let elsewhere = match (name(0), name(1)) {
                    (Some("Execution"), Some(member)) => member != "Input",
                    (Some("Execution") | None, _) => false,
                    (Some(_), _) => true,
                };
                self.execution_input |= !elsewhere;
            }
        }
    }

    fn input_path(&mut self, path: &InputPath) {
        if let InputPath::Path(path) = path {
            self.path(path);
        }
    }

    fn amount(&mut self, amount: &Amount) {
        if let Amount::Path(path) = amount {
            self.path(path);
        }
    }

    fn text(&mut self, text: &Text) {
        match text {
            Text::Literal(_) => {}
            Text::Path(path) => self.path(path),
            Text::Intrinsic(call) => self.call(call),
        }
    }

    fn template(&mut self, template: &Template) {
        match template {
            Template::Literal(_) => {}
            Template::Object(members) => members.iter().for_each(|(_, member)| self.template(member)),
            Template::Array(elements) => elements.iter().for_each(|element| self.template(element)),
            Template::Path(path) => self.path(path),
            Template::Intrinsic(call) => self.call(call),
        }
    }

    fn call(&mut self, call: &Call) {
        for argument in &call.arguments {
            match argument {
                Argument::Literal(_) | Argument::Pieces(_) => {}
                Argument::Path(path) => self.path(path),
                Argument::Call(call) => self.call(call),
            }
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::And(conditions) | Condition::Or(conditions) => conditions.iter().for_each(|inner| self.condition(inner)),
            Condition::Not(inner) => self.condition(inner),
            Condition::Compare { variable, comparison } => {
                self.path(variable);
                match comparison {
                    Comparison::String(_, _, Operand::Path(path))
                    | Comparison::Numeric(_, _, Operand::Path(path))
                    | Comparison::Timestamp(_, _, Operand::Path(path))
                    | Comparison::BooleanEquals(Operand::Path(path)) => self.path(path),
                    _ => {}
                }
            }
        }
    }
}
