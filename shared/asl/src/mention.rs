//! Which roots the expressions of a state mention: only those are loaded and built when it is run.

use std::collections::{BTreeMap, BTreeSet};

use jsonata::{Expression, is_function};

use crate::definition::Definition;
use crate::intrinsic::{Argument, Call};
use crate::path::{Path, Root, Segment};
use crate::state::{
    Amount, Assign, Comparison, Compensation, CompensationAction, Condition, Distributed, InputPath, Operand, QueryLanguage,
    State, StateKind, Text, WaitUntil,
};
use crate::template::Template;

/// What expressions mention.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mention<'s> {
    /// Anything of the context object.
    pub context: bool,
    /// The execution's input by way of the context object, or something that contains it.
    pub execution_input: bool,
    /// Anything of `$`, or of `$states.input`.
    pub data: bool,
    /// Variables.
    pub variables: BTreeSet<&'s str>,
}

impl<'s> Mention<'s> {
    /// By all expressions of a state.
    pub fn by_state(state: &'s State) -> Self {
        let mut mention = Self::default();
        mention.state(state);
        mention
    }

    /// By a template.
    pub fn by_template(template: &'s Template) -> Self {
        let mut mention = Self::default();
        mention.template(template);
        mention
    }

    /// By a compensation.
    pub fn by_compensation(action: &'s CompensationAction) -> Self {
        let mut mention = Self::default();
        mention.compensation(action);
        mention
    }

    fn state(&mut self, state: &'s State) {
        let data = state.data();
        self.input_path(&data.input_path);
        self.input_path(&data.output_path);
        data.parameters.iter().chain(&data.result_selector).chain(&data.output).for_each(|template| self.template(template));
        self.assign(&data.assign);
        for catcher in state.catchers() {
            self.assign(&catcher.assign);
            catcher.output.iter().for_each(|template| self.template(template));
        }
        match &state.kind {
            StateKind::Task(task) => {
                task.timeout.iter().chain(&task.heartbeat).for_each(|amount| self.amount(amount));
                if let Some(Compensation::Action(action)) = &task.compensation {
                    self.compensation(action);
                }
            }
            StateKind::Choice(choice) => {
                for rule in &choice.rules {
                    self.condition(&rule.condition);
                    self.assign(&rule.assign);
                    rule.output.iter().for_each(|template| self.template(template));
                }
            }
            StateKind::Map(map) => {
                map.items_path.iter().for_each(|path| self.path(path));
                map.items.iter().chain(&map.item_selector).for_each(|template| self.template(template));
                let amounts = [&map.max_concurrency, &map.tolerance.count, &map.tolerance.percentage];
                amounts.into_iter().flatten().for_each(|amount| self.amount(amount));
                map.distributed.iter().for_each(|distributed| self.distributed(distributed));
            }
            StateKind::Wait(wait) => match &wait.until {
                WaitUntil::Seconds(amount) => self.amount(amount),
                WaitUntil::TimestampPath(path) => self.path(path),
                WaitUntil::TimestampExpression(expression) => self.expression(expression),
                WaitUntil::Timestamp(_) => {}
            },
            StateKind::Fail(fail) => fail.error.iter().chain(&fail.cause).for_each(|text| self.text(text)),
            StateKind::Parallel(_) | StateKind::Pass(_) | StateKind::Succeed(_) => {}
        }
    }

    fn distributed(&mut self, distributed: &'s Distributed) {
        let Distributed { reader, batcher, writer, .. } = distributed;
        let of_reader = reader.iter().filter_map(|reader| reader.parameters.as_ref());
        let of_batcher = batcher.iter().filter_map(|batcher| batcher.input.as_ref());
        let of_writer = writer.iter().filter_map(|writer| writer.parameters.as_ref());
        of_reader.chain(of_batcher).chain(of_writer).for_each(|template| self.template(template));
        reader.iter().filter_map(|reader| reader.max_items.as_ref()).for_each(|amount| self.amount(amount));
        let bounds = batcher.iter().flat_map(|batcher| [&batcher.max_items, &batcher.max_bytes]);
        bounds.flatten().for_each(|amount| self.amount(amount));
    }

    fn compensation(&mut self, action: &'s CompensationAction) {
        action.timeout.iter().for_each(|amount| self.amount(amount));
        action.parameters.iter().for_each(|template| self.template(template));
    }

    fn assign(&mut self, assign: &'s Assign) {
        assign.iter().for_each(|(_, template)| self.template(template));
    }

    fn expression(&mut self, expression: &'s Expression) {
        let mentions = expression.mentions();
        self.context |= mentions.context;
        self.execution_input |= mentions.execution_input;
        self.data |= mentions.input;
        self.variables.extend(mentions.variables.iter().map(String::as_str));
    }

    fn path(&mut self, path: &'s Path) {
        match &path.root {
            Root::Data => self.data = true,
            Root::Variable(name) => drop(self.variables.insert(name)),
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

    fn input_path(&mut self, path: &'s InputPath) {
        if let InputPath::Path(path) = path {
            self.path(path);
        }
    }

    fn amount(&mut self, amount: &'s Amount) {
        match amount {
            Amount::Literal(_) => {}
            Amount::Path(path) => self.path(path),
            Amount::Expression(expression) => self.expression(expression),
        }
    }

    fn text(&mut self, text: &'s Text) {
        match text {
            Text::Literal(_) => {}
            Text::Path(path) => self.path(path),
            Text::Intrinsic(call) => self.call(call),
            Text::Expression(expression) => self.expression(expression),
        }
    }

    fn template(&mut self, template: &'s Template) {
        match template {
            Template::Literal(_) => {}
            Template::Object(members) => members.iter().for_each(|(_, member)| self.template(member)),
            Template::Array(elements) => elements.iter().for_each(|element| self.template(element)),
            Template::Path(path) => self.path(path),
            Template::Intrinsic(call) => self.call(call),
            Template::Expression(expression) => self.expression(expression),
        }
    }

    fn call(&mut self, call: &'s Call) {
        for argument in &call.arguments {
            match argument {
                Argument::Literal(_) | Argument::Pieces(_) => {}
                Argument::Path(path) => self.path(path),
                Argument::Call(call) => self.call(call),
            }
        }
    }

    fn condition(&mut self, condition: &'s Condition) {
        match condition {
            Condition::Constant(_) => {}
            Condition::Expression(expression) => self.expression(expression),
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

impl Definition {
    /// The variables that each state refers to, of those states that refer to any, both in the order of their names (what
    /// DescribeStateMachine tells as `variableReferences`).
    pub fn references(&self) -> BTreeMap<String, BTreeSet<String>> {
        let assigned: BTreeSet<&str> = self.states.values().flat_map(assigned).collect();
        let referring = self.states.values().filter_map(|state| {
            let mention = Mention::by_state(state);
            // In JSONata `$sum` is a function, unless somebody assigns it.
            let is_variable = |name: &&&str| {
                state.data().language == QueryLanguage::JsonPath || !is_function(name) || assigned.contains(**name)
            };
            let variables: BTreeSet<String> = mention.variables.iter().filter(is_variable).map(ToString::to_string).collect();
            (!variables.is_empty()).then(|| (state.name.clone(), variables))
        });
        referring.collect()
    }
}

/// The variables that a state assigns.
fn assigned(state: &State) -> impl Iterator<Item = &str> {
    let rules = match &state.kind {
        StateKind::Choice(choice) => choice.rules.as_slice(),
        _ => &[],
    };
    let assigns = std::iter::once(&state.data().assign)
        .chain(rules.iter().map(|rule| &rule.assign))
        .chain(state.catchers().iter().map(|catcher| &catcher.assign));
    assigns.flatten().map(|(name, _)| name.as_str())
}
