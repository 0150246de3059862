//! Walking a tree, and making it ask before it makes something large.
//!
//! The evaluator bounds depth, time and the length of sequences, but not the texts that an expression makes: doubled thirty times, one
//! character is a gigabyte. What makes texts or ranges is rewritten to calls of functions of ours that keep count ([`crate::functions`]).
//! `$now` is rewritten to `$fromMillis`, which has the same arguments and no clock.

use jsonata_core::ast::{AstNode, BinaryOp, Stage};

/// `$__text(...)`: what `&` joins.
pub(crate) const TEXT: &str = "__text";
/// `$__string(...)`: `$string` of arguments.
pub(crate) const STRING: &str = "__string";
/// `$__joined(separator, array)`: the array for `$join`.
pub(crate) const JOINED: &str = "__joined";
/// `$__replacement(text, replacement)`: the replacement for `$replace`.
pub(crate) const REPLACEMENT: &str = "__replacement";
/// `$__end(start, end)`: the end of a range.
pub(crate) const END: &str = "__end";
/// `$__element(value)`: an element of an array that is written out, which an array as element is appended to.
pub(crate) const ELEMENT: &str = "__element";
/// `$__millis`: the moment of the evaluation.
pub(crate) const MILLIS: &str = "__millis";

/// Rewrites a tree.
pub(crate) fn guarded(mut node: AstNode) -> AstNode {
    for child in children_mut(&mut node) {
        let inner = std::mem::replace(child, AstNode::Undefined);
        *child = guarded(inner);
    }
    match node {
        AstNode::Binary { op: BinaryOp::Concatenate, lhs, rhs } => call(TEXT, vec![*lhs, *rhs]),
        AstNode::Binary { op: BinaryOp::Range, lhs, rhs } => {
            let end = call(END, vec![(*lhs).clone(), *rhs]);
            AstNode::Binary { op: BinaryOp::Range, lhs, rhs: Box::new(end) }
        }
        AstNode::Array(elements) => AstNode::Array(array(elements)),
        AstNode::Function { name, args, is_builtin: true } => function(name, args),
        other => other,
    }
}

/// Two elements that may be arrays can double what there is.
fn array(elements: Vec<AstNode>) -> Vec<AstNode> {
    let may_be_array = |node: &AstNode| {
        let plain = matches!(node, AstNode::String(_) | AstNode::Number(_) | AstNode::Boolean(_) | AstNode::Null);
        let kept = matches!(node, AstNode::Array(_) | AstNode::Object(_) | AstNode::Lambda { .. } | AstNode::Binary { .. });
        !plain && !kept
    };
    if elements.iter().filter(|element| may_be_array(element)).count() < 2 {
        return elements;
    }
    elements.into_iter().map(|element| if may_be_array(&element) { call(ELEMENT, vec![element]) } else { element }).collect()
}

fn function(name: String, mut args: Vec<AstNode>) -> AstNode {
    let partial = args.iter().any(|arg| matches!(arg, AstNode::Placeholder));
    match (name.as_str(), args.len()) {
        _ if partial => {}
        ("now", 0..=2) => {
            args.insert(0, AstNode::Variable(MILLIS.to_owned()));
            return call("fromMillis", args);
        }
        ("string", 1..=2) => return call(STRING, args),
        ("join", 2) => {
            if let [array, separator] = args.as_mut_slice() {
                let inner = std::mem::replace(array, AstNode::Undefined);
                *array = call(JOINED, vec![separator.clone(), inner]);
            }
        }
        ("replace", 3..=4) => {
            if let [text, _, replacement, ..] = args.as_mut_slice() {
                let inner = std::mem::replace(replacement, AstNode::Undefined);
                *replacement = call(REPLACEMENT, vec![text.clone(), inner]);
            }
        }
        _ => {}
    }
    AstNode::Function { name, args, is_builtin: true }
}

fn call(name: &str, args: Vec<AstNode>) -> AstNode {
    AstNode::Function { name: name.to_owned(), args, is_builtin: true }
}

/// The nodes directly inside a node.
pub(crate) fn children(node: &AstNode) -> Vec<&AstNode> {
    match node {
        AstNode::Path { steps } => steps
            .iter()
            .flat_map(|step| {
                let predicates = step.stages.iter().filter_map(|stage| match stage {
                    Stage::Filter(predicate) => Some(predicate.as_ref()),
                    Stage::KeepArray | Stage::Index(_) => None,
                });
                std::iter::once(&step.node).chain(predicates)
            })
            .collect(),
        AstNode::Binary { lhs, rhs, .. } => vec![lhs, rhs],
        AstNode::Unary { operand, .. } => vec![operand],
        AstNode::Function { args, .. } => args.iter().collect(),
        AstNode::Call { procedure, args } => std::iter::once(procedure.as_ref()).chain(args).collect(),
        AstNode::Lambda { body, .. } => vec![body],
        AstNode::Array(nodes) | AstNode::ArrayGroup(nodes) | AstNode::Block(nodes) => nodes.iter().collect(),
        AstNode::Object(pairs) => pairs.iter().flat_map(|(name, value)| [name, value]).collect(),
        AstNode::ObjectTransform { input, pattern } => {
            std::iter::once(input.as_ref()).chain(pattern.iter().flat_map(|(name, value)| [name, value])).collect()
        }
        AstNode::Conditional { condition, then_branch, else_branch } => {
            [condition, then_branch].into_iter().chain(else_branch).map(AsRef::as_ref).collect()
        }
        AstNode::FunctionApplication(inner) => vec![inner],
        AstNode::Sort { input, terms } => std::iter::once(input.as_ref()).chain(terms.iter().map(|(term, _)| term)).collect(),
        AstNode::Transform { location, update, delete } => {
            [location, update].into_iter().chain(delete).map(AsRef::as_ref).collect()
        }
        _ => Vec::new(),
    }
}

/// The nodes directly inside a node, to change them.
fn children_mut(node: &mut AstNode) -> Vec<&mut AstNode> {
    match node {
        AstNode::Path { steps } => steps
            .iter_mut()
            .flat_map(|step| {
                let predicates = step.stages.iter_mut().filter_map(|stage| match stage {
                    Stage::Filter(predicate) => Some(predicate.as_mut()),
                    Stage::KeepArray | Stage::Index(_) => None,
                });
                std::iter::once(&mut step.node).chain(predicates)
            })
            .collect(),
        // What is assigned to stays a variable.
        AstNode::Binary { op: BinaryOp::ColonEqual, rhs, .. } => vec![rhs],
        AstNode::Binary { lhs, rhs, .. } => vec![lhs, rhs],
        AstNode::Unary { operand, .. } => vec![operand],
        AstNode::Function { args, .. } => args.iter_mut().collect(),
        AstNode::Call { procedure, args } => std::iter::once(procedure.as_mut()).chain(args).collect(),
        AstNode::Lambda { body, .. } => vec![body],
        AstNode::Array(nodes) | AstNode::ArrayGroup(nodes) | AstNode::Block(nodes) => nodes.iter_mut().collect(),
        AstNode::Object(pairs) => pairs.iter_mut().flat_map(|(name, value)| [name, value]).collect(),
        AstNode::ObjectTransform { input, pattern } => {
            std::iter::once(input.as_mut()).chain(pattern.iter_mut().flat_map(|(name, value)| [name, value])).collect()
        }
        AstNode::Conditional { condition, then_branch, else_branch } => {
            [condition, then_branch].into_iter().chain(else_branch).map(AsMut::as_mut).collect()
        }
        AstNode::FunctionApplication(inner) => vec![inner],
        AstNode::Sort { input, terms } => std::iter::once(input.as_mut()).chain(terms.iter_mut().map(|(term, _)| term)).collect(),
        AstNode::Transform { location, update, delete } => {
            [location, update].into_iter().chain(delete).map(AsMut::as_mut).collect()
        }
        _ => Vec::new(),
    }
}
