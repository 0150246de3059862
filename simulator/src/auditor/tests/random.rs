//! Random executions that the interpreter brought about: the auditor finds nothing.

use interpreter::{ExecutionStatus, Limits};

use super::driver::Run;
use crate::random::{Random, Stream};
use crate::workload::machine::machine;

pub(super) fn ended(number: u64) -> (Run, String) {
    let random = &mut Random::numbered(3, Stream::Workload, number);
    let drawn = machine(random);
    let narrow = Limits { states_per_transition: 3, commands_per_transition: 2, unwinding_concurrency: 1, ..Limits::default() };
    let limits = if random.happens(300) { narrow } else { Limits::default() };
    let mut run = Run::start(&drawn.definition, &drawn.input, limits);
    let trouble = if random.happens(300) { 700 } else { 250 };
    for _ in 0..random.below(60) {
        run.disturb(random, trouble);
    }
    run.finish(random, trouble);
    for _ in 0..3 {
        if run.execution.parked.is_some() || random.happens(300) {
            run.redrive();
            run.finish(random, 100);
        }
    }
    (run, drawn.definition)
}

#[test]
fn nothing_is_found_in_what_the_interpreter_brings_about() {
    let mut ends = std::collections::BTreeMap::new();
    for number in 0..1_000 {
        let (run, definition) = ended(number);
        let found = run.audit();
        assert!(found.is_empty(), "{number}: {:#?}\n{definition}\n{}", found.iter().take(3).collect::<Vec<_>>(), run.told());
        *ends.entry(format!("{:?} {:?}", run.execution.status, run.execution.parked)).or_insert(0) += 1;
    }
    assert!(ends.len() >= 4, "{ends:?}");
    assert!(ends.keys().any(|end| end.starts_with(&format!("{:?}", ExecutionStatus::Aborted))), "{ends:?}");
}
