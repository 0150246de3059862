//! What is wrong with a deployed stack: facts in, findings out. A file per kind of resource; nothing here asks AWS.

mod alarms;
mod concurrency;
mod definitions;
mod finding;
mod functions;
mod queues;
mod report;
mod table;
#[cfg(test)]
mod tests;

use stack::facts::{Facts, Seen};

pub(crate) use definitions::Definitions;
pub(crate) use finding::{Finding, Level};
pub(crate) use report::report;

/// What a look came to.
pub(crate) struct Findings {
    /// What was found, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// What was looked at, and how many of it.
    pub(crate) looked_at: Vec<(&'static str, usize)>,
}

impl Findings {
    /// How many of a level there are.
    pub(crate) fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}

/// Judges a stack.
pub(crate) fn judge(facts: &Facts, definitions: &Seen<Definitions>) -> Findings {
    let mut judged = Findings { findings: Vec::new(), looked_at: Vec::new() };
    if let Some(queues) = judged.seen("queues", &facts.queues, Vec::len) {
        judged.findings.extend(queues::judge(queues));
    }
    if let Some(functions) = judged.seen("functions", &facts.functions, Vec::len) {
        judged.findings.extend(functions::judge(functions));
    }
    if let Some(feeds) = judged.seen("feeds", &facts.feeds, Vec::len) {
        judged.findings.extend(functions::judge_feeds(feeds));
        if let (Ok(queues), Ok(functions)) = (&facts.queues, &facts.functions) {
            judged.findings.extend(functions::judge_visibility(feeds, queues, functions));
        }
    }
    if let Some(table) = judged.seen("table", &facts.table, |_| 1) {
        judged.findings.extend(table::judge(table));
    }
    if let Some(alarms) = judged.seen("alarms", &facts.alarms, Vec::len) {
        judged.findings.extend(alarms::judge(alarms));
    }
    if let Some(concurrency) = judged.seen("account", &facts.concurrency, |_| 1) {
        judged.findings.extend(concurrency::judge(*concurrency));
    }
    if let Some(definitions) = judged.seen("state machines", definitions, |definitions| definitions.machines.len()) {
        judged.findings.extend(definitions::judge(definitions));
    }
    judged.findings.sort_by_key(|finding| finding.level);
    judged
}

impl Findings {
    fn seen<'f, T>(&mut self, what: &'static str, facts: &'f Seen<T>, count: impl Fn(&T) -> usize) -> Option<&'f T> {
        match facts {
            Ok(facts) => {
                self.looked_at.push((what, count(facts)));
                Some(facts)
            }
            Err(unseen) => {
                let finding = Finding {
                    code: "unseen",
                    level: Level::Warning,
                    subject: what.to_owned(),
                    text: format!("could not be looked at: {unseen}"),
                    remedy: format!("permit `{}` to whoever runs this, or try again", unseen.operation),
                };
                // What depends on something unseen is not told once more.
                if !self.findings.iter().any(|told| told.code == "unseen" && told.remedy == finding.remedy) {
                    self.findings.push(finding);
                }
                None
            }
        }
    }
}
