//! The engine: the crate `jsonata-core`.

use indexmap::IndexMap;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;

use crate::engine::{Bindings, Engine, EvaluationError, Moment, States};
use crate::limits::{EVALUATION_DEPTH_MAX, EVALUATION_MILLIS_MAX, SEQUENCE_ELEMENTS_MAX};
use crate::rewrite::{MILLIS, guarded};
use crate::{Expression, Mentions, ParseError, convert, functions, parse, wording};

/// The crate `jsonata-core` behind our guards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Core;

impl Engine for Core {
    fn parse(text: &str) -> Result<Expression, ParseError> {
        let text = text.trim();
        let tree = parse::parse(text)?;
        let mentions = Mentions::of(&tree);
        Ok(Expression::new(text, mentions, guarded(tree)))
    }

    fn evaluate(expression: &Expression, bindings: &Bindings<'_>, moment: Moment) -> Result<Value, EvaluationError> {
        let options = EvaluatorOptions {
            timeout_ms: Some(EVALUATION_MILLIS_MAX),
            cancel: None,
            max_stack_depth: Some(EVALUATION_DEPTH_MAX),
            max_sequence_length: Some(SEQUENCE_ELEMENTS_MAX),
        };
        let mut evaluator = Evaluator::with_options(context(expression.mentions(), bindings, moment), options);
        functions::register(&mut evaluator, moment).map_err(|error| thrown(&error))?;
        let result = evaluator.evaluate(&expression.tree, &JValue::Undefined).map_err(|error| thrown(&error))?;
        convert::from_core(&result.unwrap_sequence())
    }
}

/// The bindings that an expression mentions.
fn context(mentions: &Mentions, bindings: &Bindings<'_>, moment: Moment) -> Context {
    let mut context = Context::new();
    for (name, value) in &bindings.variables {
        if mentions.variables.contains(*name) {
            context.bind((*name).to_owned(), convert::into_core(value));
        }
    }
    context.bind("states".to_owned(), states(mentions, bindings.states));
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
    context.bind(MILLIS.to_owned(), JValue::Number(moment.millis as f64));
    context
}

fn states(mentions: &Mentions, states: States<'_>) -> JValue {
    let parts = [
        ("input", mentions.input, states.input),
        ("result", mentions.result, states.result),
        ("errorOutput", mentions.error_output, states.error_output),
        ("context", mentions.context, states.context),
    ];
    let mentioned = parts.into_iter().filter(|(_, mentioned, _)| *mentioned);
    let members: IndexMap<String, JValue> =
        mentioned.filter_map(|(name, _, value)| value.map(|value| (name.to_owned(), convert::into_core(value)))).collect();
    JValue::object(members)
}

fn thrown(error: &EvaluatorError) -> EvaluationError {
    EvaluationError::Thrown(wording::of(error.message()))
}
