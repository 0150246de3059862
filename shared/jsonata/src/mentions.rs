//! What an expression refers to: only that is loaded and converted for it.

use std::collections::BTreeSet;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};

/// What an expression refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Variables that it does not bind itself, without their `$`. `$states` is none of them.
    pub variables: BTreeSet<String>,
    /// `$states.input`.
    pub input: bool,
    /// `$states.result`.
    pub result: bool,
    /// `$states.errorOutput`.
    pub error_output: bool,
    /// `$states.context`, or a part of it.
    pub context: bool,
    /// `$states.context.Execution.Input`, or something that may contain it.
    pub execution_input: bool,
}

impl Mentions {
    /// What a tree refers to. Whatever is bound anywhere in it counts as its own where it is bound before it is used; a name that is
    /// bound elsewhere only is mentioned too, which costs a look-up and changes nothing.
    pub(crate) fn of(tree: &AstNode) -> Self {
        let mut walk = Walk { mentions: Self::default(), bound: Vec::new() };
        walk.node(tree);
        walk.mentions
    }

    /// Adds what another expression refers to.
    pub fn extend(&mut self, other: &Self) {
        self.variables.extend(other.variables.iter().cloned());
        self.input |= other.input;
        self.result |= other.result;
        self.error_output |= other.error_output;
        self.context |= other.context;
        self.execution_input |= other.execution_input;
    }

    fn all_of_states(&mut self) {
        (self.input, self.result, self.error_output) = (true, true, true);
        (self.context, self.execution_input) = (true, true);
    }
}

struct Walk {
    mentions: Mentions,
    bound: Vec<String>,
}

impl Walk {
    fn variable(&mut self, name: &str) {
        match name {
            "" | "$" => {}
            "states" => self.mentions.all_of_states(),
            name if self.bound.iter().any(|bound| bound == name) => {}
            name => drop(self.mentions.variables.insert(name.to_owned())),
        }
    }

    fn all<'n>(&mut self, nodes: impl IntoIterator<Item = &'n AstNode>) {
        nodes.into_iter().for_each(|node| self.node(node));
    }

    /// What is bound inside stays inside.
    fn scoped(&mut self, see: impl FnOnce(&mut Self)) {
        let outside = self.bound.len();
        see(self);
        self.bound.truncate(outside);
    }

    fn node(&mut self, node: &AstNode) {
        match node {
            AstNode::Variable(name) | AstNode::ParentVariable(name) => self.variable(name),
            AstNode::Path { steps } => self.path(steps),
            AstNode::Binary { op: BinaryOp::ColonEqual, lhs, rhs } => {
                let name = match lhs.as_ref() {
                    AstNode::Variable(name) => Some(name.clone()),
                    _ => None,
                };
                // A function may call itself by the name that it gets.
                if matches!(rhs.as_ref(), AstNode::Lambda { .. }) {
                    self.bound.extend(name.clone());
                }
                self.node(rhs);
                self.bound.extend(name);
            }
            AstNode::Binary { lhs, rhs, .. } => self.all([lhs.as_ref(), rhs.as_ref()]),
            AstNode::Unary { operand, .. } => self.node(operand),
            // A variable of the States Language is never a function.
            AstNode::Function { args, .. } => self.all(args),
            AstNode::Call { procedure, args } => {
                self.node(procedure);
                self.all(args);
            }
            AstNode::Lambda { params, body, .. } => self.scoped(|walk| {
                walk.bound.extend(params.iter().cloned());
                walk.node(body);
            }),
            AstNode::Block(nodes) => self.scoped(|walk| walk.all(nodes)),
            AstNode::Array(nodes) | AstNode::ArrayGroup(nodes) => self.all(nodes),
            AstNode::Object(pairs) => self.pairs(pairs),
            AstNode::ObjectTransform { input, pattern } => {
                self.node(input);
                self.pairs(pattern);
            }
            AstNode::Conditional { condition, then_branch, else_branch } => {
                self.all([condition.as_ref(), then_branch.as_ref()]);
                self.all(else_branch.iter().map(AsRef::as_ref));
            }
            AstNode::FunctionApplication(inner) => self.node(inner),
            AstNode::Sort { input, terms } => {
                self.node(input);
                self.all(terms.iter().map(|(term, _)| term));
            }
            AstNode::Transform { location, update, delete } => {
                self.all([location.as_ref(), update.as_ref()]);
                self.all(delete.iter().map(AsRef::as_ref));
            }
            AstNode::String(_)
            | AstNode::Name(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Regex { .. }
            | AstNode::Wildcard
            | AstNode::Descendant
            | AstNode::Parent(_) => {}
        }
    }

    fn pairs(&mut self, pairs: &[(AstNode, AstNode)]) {
        pairs.iter().for_each(|(name, value)| self.all([name, value]));
    }

    /// `$states.input...` mentions the input alone.
    fn path(&mut self, steps: &[PathStep]) {
        let begins_at_states =
            steps.first().is_some_and(|step| matches!(&step.node, AstNode::Variable(name) if name == "states"));
        let plain =
            steps.first().is_some_and(|step| step.stages.is_empty() && step.focus.is_none() && step.ancestor_label.is_none());
        if begins_at_states && plain {
            self.states(steps);
        } else {
            self.all(steps.first().map(|step| &step.node));
        }
        for step in steps {
            self.bound.extend(step.focus.iter().chain(&step.index_var).cloned());
            for stage in &step.stages {
                if let Stage::Filter(predicate) = stage {
                    self.node(predicate);
                }
            }
        }
        self.all(steps.iter().skip(1).map(|step| &step.node));
    }

    fn states(&mut self, steps: &[PathStep]) {
        let name = |at: usize| match steps.get(at).map(|step| &step.node) {
            Some(AstNode::Name(name) | AstNode::String(name)) => Some(name.as_str()),
            _ => None,
        };
        match name(1) {
            Some("input") => self.mentions.input = true,
            Some("result") => self.mentions.result = true,
            Some("errorOutput") => self.mentions.error_output = true,
            Some("context") => {
                self.mentions.context = true;
                self.mentions.execution_input |= match (name(2), name(3)) {
                    (Some("Execution"), Some(member)) => member == "Input",
                    (Some("Execution") | None, _) => true,
                    (Some(_), _) => false,
                };
            }
            Some(_) => {}
            None => self.mentions.all_of_states(),
        }
        // A `%` further on can lead back to all of it.
        if steps.iter().any(|step| step.ancestor_label.is_some()) {
            self.mentions.all_of_states();
        }
    }
}
