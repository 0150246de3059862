//! Stacks as they should be, with one thing wrong at a time.

use std::collections::BTreeMap;

use interpreter::DefinitionHash;
use stack::facts::{Alarm, AlarmState, Concurrency, Facts, Feed, Function, Queue, Redrive, Table, Unseen};

use super::definitions::OpenExecutions;
use super::*;

fn queue(name: &str, dead_letters: Option<&str>) -> Queue {
    let redrive = dead_letters.map(|name| Redrive { dead_letter_target_arn: arn(name), max_receive_count: 20 });
    Queue {
        name: name.to_owned(),
        arn: arn(name),
        visibility_seconds: 60,
        retention_seconds: 1_209_600,
        redrive,
        waiting: 0,
        is_dead_letters: false,
    }
}

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:eu-central-1:123456789012:shop-{queue}")
}

/// A stack with which nothing is wrong.
fn facts() -> Facts {
    let dead = |name| Queue { is_dead_letters: true, ..queue(name, None) };
    let feed = |queue: &str| Feed {
        queue: queue.to_owned(),
        function: "shop-coordinator".to_owned(),
        state: "Enabled".to_owned(),
        reports_batch_item_failures: true,
    };
    let function = Function {
        name: "shop-coordinator".to_owned(),
        timeout_seconds: 10,
        recursive_loop: "Allow".to_owned(),
        state: "Active".to_owned(),
        latest_update: "Successful".to_owned(),
    };
    let alarm = Alarm {
        name: "shop-parked".to_owned(),
        description: "an execution needs a person".to_owned(),
        state: AlarmState::Fine,
        is_heard: true,
    };
    Facts {
        queues: Ok(vec![
            queue("answers", Some("answers-dead-letters")),
            dead("answers-dead-letters"),
            dead("task-dead-letters"),
            queue("parking", None),
        ]),
        feeds: Ok(vec![feed("answers"), feed("task-dead-letters")]),
        functions: Ok(vec![function]),
        table: Ok(Table {
            name: "shop-table".to_owned(),
            is_protected: true,
            is_recoverable: true,
            expires_by: Some("expires_at".to_owned()),
            replicas: Vec::new(),
        }),
        alarms: Ok(vec![alarm]),
        concurrency: Ok(Concurrency { limit: 1_000, unreserved: 1_000 }),
    }
}

fn definitions() -> Definitions {
    let current = DefinitionHash::of("current");
    let by_definition = BTreeMap::from([(current.clone(), 3)]);
    let open = OpenExecutions { machine: "order".to_owned(), current, by_definition, unreadable: BTreeMap::new(), more: false };
    Definitions { machines: vec![open] }
}

/// What is found where this is wrong: the codes.
fn codes(facts: &Facts, definitions: Definitions) -> Vec<&'static str> {
    let judged = judge(facts, &Ok(definitions));
    for finding in &judged.findings {
        assert!(!finding.text.is_empty() && !finding.remedy.is_empty() && !finding.subject.is_empty(), "{finding:?}");
    }
    judged.findings.iter().map(|finding| finding.code).collect()
}

/// Makes one thing wrong, and finds that alone.
fn check(code: &str, make_wrong: impl Fn(&mut Facts)) {
    let mut wrong = facts();
    make_wrong(&mut wrong);
    assert_eq!(codes(&wrong, definitions()), [code]);
}

#[test]
fn nothing_is_wrong_with_a_stack_as_the_template_makes_it() {
    assert_eq!(codes(&facts(), definitions()), Vec::<&str>::new());
}

#[test]
fn what_is_wrong_with_a_queue_is_found() {
    let queue = |facts: &mut Facts, place: usize, change: &dyn Fn(&mut Queue)| change(&mut facts.queues.as_mut().unwrap()[place]);
    check("no-dead-letters", |facts| queue(facts, 0, &|queue| queue.redrive = None));
    check("visibility-too-short", |facts| queue(facts, 0, &|queue| queue.visibility_seconds = 59));
    check("dead-letters-expire", |facts| queue(facts, 1, &|queue| queue.retention_seconds = 345_600));
    check("dead-letters", |facts| queue(facts, 1, &|queue| queue.waiting = 1));
    check("parked-messages", |facts| queue(facts, 3, &|queue| queue.waiting = 1));
    let mut answered = facts();
    queue(&mut answered, 2, &|queue| queue.waiting = 7);
    queue(&mut answered, 0, &|queue| queue.waiting = 7);
    assert!(codes(&answered, definitions()).is_empty(), "these are handled by functions");
}

#[test]
fn what_is_wrong_with_a_function_is_found() {
    let function = |facts: &mut Facts, change: &dyn Fn(&mut Function)| change(&mut facts.functions.as_mut().unwrap()[0]);
    check("loops-are-stopped", |facts| function(facts, &|function| function.recursive_loop = "Terminate".to_owned()));
    check("function-inactive", |facts| function(facts, &|function| function.state = "Failed".to_owned()));
    check("update-failed", |facts| function(facts, &|function| function.latest_update = "Failed".to_owned()));
    let feed = |facts: &mut Facts, change: &dyn Fn(&mut Feed)| change(&mut facts.feeds.as_mut().unwrap()[0]);
    check("feed-disabled", |facts| feed(facts, &|feed| feed.state = "Disabled".to_owned()));
    check("batches-fail-whole", |facts| feed(facts, &|feed| feed.reports_batch_item_failures = false));
}

#[test]
fn what_is_wrong_with_the_table_is_found() {
    let table = |facts: &mut Facts, change: &dyn Fn(&mut Table)| change(facts.table.as_mut().unwrap());
    check("table-unprotected", |facts| table(facts, &|table| table.is_protected = false));
    check("no-recovery", |facts| table(facts, &|table| table.is_recoverable = false));
    check("no-expiry", |facts| table(facts, &|table| table.expires_by = None));
    check("no-expiry", |facts| table(facts, &|table| table.expires_by = Some("ttl".to_owned())));
    check("replicated", |facts| table(facts, &|table| table.replicas = vec!["us-east-1".to_owned()]));
}

#[test]
fn alarms_that_are_raised_or_unheard_are_found() {
    check("no-alarms", |facts| facts.alarms = Ok(Vec::new()));
    check("alarm-raised", |facts| facts.alarms.as_mut().unwrap()[0].state = AlarmState::Raised);
    check("alarms-unheard", |facts| facts.alarms.as_mut().unwrap()[0].is_heard = false);
}

#[test]
fn an_account_that_permits_few_invocations_is_found() {
    check("concurrency-low", |facts| facts.concurrency = Ok(Concurrency { limit: 10, unreserved: 10 }));
}

#[test]
fn executions_of_older_definitions_are_a_note_and_unreadable_ones_an_error() {
    let mut older = definitions();
    older.machines[0].by_definition.insert(DefinitionHash::of("older"), 2);
    let judged = judge(&facts(), &Ok(older));
    assert_eq!((judged.findings[0].code, judged.count(Level::Note), judged.findings.len()), ("older-definitions", 1, 1));
    assert!(judged.findings[0].text.starts_with("2 open"), "{}", judged.findings[0].text);
    let mut unreadable = definitions();
    unreadable.machines[0].unreadable.insert(DefinitionHash::of("current"), "it is gone".to_owned());
    assert_eq!(codes(&facts(), unreadable), ["definition-unreadable"]);
}

// Fails if one refused permission hides the rest, or is told once for everything that depends on it.
#[test]
fn what_may_not_be_seen_is_said_once_and_the_rest_is_judged() {
    let unseen = Unseen { operation: "sqs:GetQueueAttributes", reason: "`AccessDenied`".to_owned() };
    let mut hidden = facts();
    hidden.queues = Err(unseen.clone());
    hidden.feeds = Err(unseen.clone());
    hidden.functions = Err(unseen);
    hidden.table.as_mut().unwrap().is_protected = false;
    assert_eq!(codes(&hidden, definitions()), ["unseen", "table-unprotected"]);
}

// Fails if a note stands before an error.
#[test]
fn the_worst_comes_first() {
    let mut wrong = facts();
    wrong.table.as_mut().unwrap().is_protected = false;
    wrong.functions.as_mut().unwrap()[0].recursive_loop = "Terminate".to_owned();
    let mut older = definitions();
    older.machines[0].by_definition.insert(DefinitionHash::of("older"), 2);
    assert_eq!(codes(&wrong, older), ["loops-are-stopped", "table-unprotected", "older-definitions"]);
}
