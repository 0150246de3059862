//! Which versions of definitions open executions are pinned to, and whether this release can still read them.

use std::collections::BTreeMap;

use interpreter::{DefinitionHash, ExecutionStatus};
use stack::facts::{Seen, Unseen};
use store::{ExecutionStore, HeadQuery, StateMachine, StoreError};

use super::{Finding, Level};

/// Open executions that are looked at, of each machine.
const EXECUTIONS_MAX: usize = 1_000;
/// State machines that are looked at.
const MACHINES_MAX: usize = 100;

/// The state machines of a stack, and what is open of each.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    /// By machine.
    pub(crate) machines: Vec<OpenExecutions>,
}

/// What is open of a state machine.
#[derive(Debug, Clone)]
pub(crate) struct OpenExecutions {
    /// The machine's name.
    pub(crate) machine: String,
    /// The definition that new executions get.
    pub(crate) current: DefinitionHash,
    /// How many executions are open by the definition they are pinned to.
    pub(crate) by_definition: BTreeMap<DefinitionHash, usize>,
    /// Definitions among these that this release cannot read, with why.
    pub(crate) unreadable: BTreeMap<DefinitionHash, String>,
    /// Whether there may be more than were looked at.
    pub(crate) more: bool,
}

impl Definitions {
    /// Looks at a store.
    pub(crate) async fn of(store: &dyn ExecutionStore) -> Seen<Self> {
        let unseen = |error: StoreError| Unseen { operation: "dynamodb:Query", reason: format!("`{error}`") };
        let mut machines = Vec::new();
        for machine in store.list_machines(None, MACHINES_MAX).await.map_err(unseen)? {
            machines.push(OpenExecutions::of(store, machine).await.map_err(unseen)?);
        }
        Ok(Self { machines })
    }
}

impl OpenExecutions {
    async fn of(store: &dyn ExecutionStore, machine: StateMachine) -> Result<Self, StoreError> {
        let mut by_definition: BTreeMap<DefinitionHash, usize> = BTreeMap::new();
        let (mut seen, mut next) = (0, None);
        let more = loop {
            let query = HeadQuery {
                machine_arn: Some(machine.arn.clone()),
                status: Some(ExecutionStatus::Running),
                limit: EXECUTIONS_MAX.saturating_sub(seen),
                after: next.take(),
            };
            let page = store.list_heads(&query).await?;
            seen += page.heads.len();
            for head in page.heads {
                *by_definition.entry(head.definition).or_default() += 1;
            }
            match page.next {
                None => break false,
                Some(_) if seen >= EXECUTIONS_MAX => break true,
                Some(token) => next = Some(token),
            }
        };
        let mut unreadable = BTreeMap::new();
        for hash in by_definition.keys().chain([&machine.definition]) {
            let why = match store.definition(hash).await? {
                None => Some("it is gone".to_owned()),
                Some(text) => asl::parse(&text)
                    .err()
                    .map(|problems| problems.first().map_or_else(|| "it has errors".to_owned(), ToString::to_string)),
            };
            unreadable.extend(why.map(|why| (hash.clone(), why)));
        }
        Ok(Self { machine: machine.name, current: machine.definition, by_definition, unreadable, more })
    }
}

/// Judges definitions.
pub(super) fn judge(definitions: &Definitions) -> Vec<Finding> {
    let mut findings = Vec::new();
    for open in &definitions.machines {
        for (hash, why) in &open.unreadable {
            let text = format!("this release cannot read the definition {hash}: {why}");
            let remedy = "deploy the release that wrote it, let its executions end, and mend the definition";
            findings.push(Finding::new(Level::Error, "definition-unreadable", &open.machine, text, remedy));
        }
        let older: usize = open.by_definition.iter().filter(|(hash, _)| **hash != open.current).map(|(_, count)| count).sum();
        if older > 0 {
            let least = if open.more { "at least " } else { "" };
            let text = format!("{least}{older} open executions go by an older definition");
            let remedy = "nothing: each ends by the definition it began with. Keep workers that serve it until then";
            findings.push(Finding::new(Level::Note, "older-definitions", &open.machine, text, remedy));
        }
    }
    findings
}
