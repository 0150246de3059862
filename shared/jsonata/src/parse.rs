//! What is refused of an expression before it is evaluated.

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::parser;

use crate::limits::EXPRESSION_DEPTH_MAX;
use crate::rewrite::children;

/// Why a text is no expression that can be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(pub String);

/// Parses a text.
pub(crate) fn parse(text: &str) -> Result<AstNode, ParseError> {
    if text.is_empty() {
        return Err(ParseError("the expression is empty".to_owned()));
    }
    let tree = parser::parse(text).map_err(|error| ParseError(error.to_string()))?;
    judge(&tree)?;
    Ok(tree)
}

/// Refuses what JSONata 2.0 or the States Language does not have. Without recursion: the parser takes deep trees.
fn judge(tree: &AstNode) -> Result<(), ParseError> {
    let mut open = vec![(tree, 1)];
    while let Some((node, depth)) = open.pop() {
        if depth > EXPRESSION_DEPTH_MAX {
            return Err(ParseError(format!("more than {EXPRESSION_DEPTH_MAX} operators and brackets stand inside each other")));
        }
        if let Some(why) = refused(node) {
            return Err(ParseError(why.to_owned()));
        }
        open.extend(children(node).into_iter().map(|child| (child, depth + 1)));
    }
    Ok(())
}

fn refused(node: &AstNode) -> Option<&'static str> {
    match node {
        AstNode::Binary { op: BinaryOp::Coalesce, .. } => Some("the operator `??` is newer than JSONata 2.0"),
        AstNode::Binary { op: BinaryOp::Default, .. } => Some("the operator `?:` is newer than JSONata 2.0"),
        AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } if is_states(lhs) => Some("`$states` cannot be assigned to"),
        AstNode::Lambda { params, .. } if params.iter().any(|param| param == "states") => Some("`$states` cannot be a parameter"),
        AstNode::Function { name, is_builtin: true, .. } if name == "eval" => Some("`$eval` is not supported by Step Functions"),
        AstNode::Variable(name) if name == "eval" => Some("`$eval` is not supported by Step Functions"),
        _ => None,
    }
}

fn is_states(node: &AstNode) -> bool {
    matches!(node, AstNode::Variable(name) if name == "states")
}
