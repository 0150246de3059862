//! The verdict at the end: the balance of the orders, and the auditor's word about every execution.

use std::collections::BTreeMap;
use std::sync::Arc;

use coordinator::owed_actions;
use futures::FutureExt;
use interpreter::{Execution, HistoryEvent, Payload, UndoPhase};
use order::{Outcome, balance, effects};
use serde_json::Value;
use store::ExecutionStore;

use crate::auditor::{Case, audit, may_refuse};
use crate::effect::Effect;
use crate::world::World;

/// Judges a world that has come to rest.
pub(crate) fn judge(world: &World) {
    judge_orders(world);
    let executions: Vec<Execution> = world.checks().executions().cloned().collect();
    let book = world.book().effects().to_vec();
    for execution in &executions {
        let found = judge_execution(world, execution, &book);
        for (rule, text) in found {
            world.checks().violated(&rule, format!("`{}`: {text}", execution.identity.name));
        }
    }
}

/// Whether it is an order.
pub(crate) fn is_order(execution: &Execution) -> bool {
    execution.identity.name.starts_with("ord-")
}

/// Whether an error of an order may be a typed refusal: whatever is not known to leave the outcome unknown.
fn order_may_refuse(error: &str) -> bool {
    !(error.starts_with("States.") || error.starts_with("Lambda.") || error.ends_with("Unanswered"))
}

/// What the auditor says of one execution.
fn judge_execution(world: &World, execution: &Execution, book: &[Effect]) -> Vec<(String, String)> {
    let id = &execution.identity.id;
    let text = world.store.definition(&execution.definition).now_or_never().and_then(Result::ok).flatten();
    let Some(Ok(definition)) = text.map(|text| world.parsed.of(&execution.definition, &text)) else {
        return vec![("definition".to_owned(), "its definition is not to be had".to_owned())];
    };
    let entries = world.journals().entries(id, 1, usize::MAX).now_or_never().and_then(Result::ok).unwrap_or_default();
    let events: Vec<HistoryEvent> = entries.into_iter().flat_map(|entry| entry.events).collect();
    let effects: Vec<&Effect> = book.iter().filter(|effect| &effect.execution == id).collect();
    let case = Case {
        definition: &definition,
        events: &events,
        value: &|payload| value(world, execution, payload),
        effects: &effects,
        limits: &world.options.limits,
        started_at: execution.started_at,
        status: execution.status,
        failure: execution.failure.as_ref(),
        may_refuse: if is_order(execution) { &order_may_refuse } else { &may_refuse },
        stopped: world.checks().was_stopped(&execution.identity.arn),
    };
    audit(&case).into_iter().map(|violation| (violation.rule.to_owned(), violation.text)).collect()
}

fn judge_orders(world: &World) {
    let outcomes: Vec<Outcome> = {
        let checks = world.checks();
        let orders = checks.executions().filter(|execution| is_order(execution));
        orders.map(|execution| outcome(world, execution)).collect()
    };
    let Some(Ok(effects)) = effects(&world.store, world.now()).now_or_never() else {
        world.checks().violated("simulator", "the effects cannot be read".to_owned());
        return;
    };
    let unheard = undone_unheard(world);
    for finding in balance(&outcomes, &effects) {
        // Who never heard the answer of a compensation still owes it, as it says.
        let is_unheard =
            unheard.iter().any(|name| finding.starts_with(&format!("`{name}` owes ")) && finding.ends_with("there is none"));
        if !is_unheard {
            world.checks().violated("balance", finding);
        }
    }
}

/// Executions whose compensation was given up: its last attempt may have had its effect, and nobody have heard of it.
fn undone_unheard(world: &World) -> Vec<String> {
    let checks = world.checks();
    let executions = checks
        .executions()
        .filter(|execution| execution.owed_tasks().iter().any(|owed| matches!(owed.undo.phase, UndoPhase::Spent(_))));
    executions.map(|execution| execution.identity.name.clone()).collect()
}

fn outcome(world: &World, execution: &Execution) -> Outcome {
    let output = execution.output.as_ref().and_then(|output| value(world, execution, output));
    Outcome {
        name: execution.identity.name.clone(),
        status: execution.status,
        owed: owed_actions(execution).into_iter().map(|owed| owed.state).collect(),
        parked: execution.parked,
        output: output.map(Arc::unwrap_or_clone),
    }
}

/// A payload's value, read past all ports.
fn value(world: &World, execution: &Execution, payload: &Payload) -> Option<Arc<Value>> {
    let text: Arc<str> = match (payload.text(), payload.hash()) {
        (Some(text), _) => text.into(),
        (None, Some(hash)) => {
            let read = world.journals().values(&execution.identity.id, std::slice::from_ref(hash)).now_or_never()?.ok()?;
            let read: BTreeMap<_, _> = read;
            Arc::clone(read.get(hash)?)
        }
        (None, None) => return None,
    };
    serde_json::from_str(&text).ok().map(Arc::new)
}
