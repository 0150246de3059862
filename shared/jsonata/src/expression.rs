//! A parsed expression.

use std::fmt;
use std::sync::Arc;

use jsonata_core::ast::AstNode;

use crate::core::Core;
use crate::engine::{Bindings, Engine, EvaluationError, Moment};
use crate::{Mentions, ParseError};

/// A parsed expression; cheap to clone.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    mentions: Arc<Mentions>,
    pub(crate) tree: Arc<AstNode>,
}

impl Expression {
    /// Parses an expression, without its `{%` and `%}`.
    ///
    /// # Errors
    ///
    /// What is no JSONata 2.0, or refused by the States Language.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Core::parse(text)
    }

    /// Evaluates the expression.
    ///
    /// # Errors
    ///
    /// What it throws, or why its result is none.
    pub fn evaluate(&self, bindings: &Bindings<'_>, moment: Moment) -> Result<serde_json::Value, EvaluationError> {
        Core::evaluate(self, bindings, moment)
    }

    pub(crate) fn new(text: &str, mentions: Mentions, tree: AstNode) -> Self {
        Self { text: text.into(), mentions: Arc::new(mentions), tree: Arc::new(tree) }
    }

    /// The expression as written, without its `{%` and `%}` and the white space inside of them.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it refers to.
    pub fn mentions(&self) -> &Mentions {
        &self.mentions
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}
