//! One seed from its beginning to its verdict.

use std::cell::Cell;
use std::sync::Arc;

use futures::FutureExt;
use interpreter::{Command, DefinitionHash, Execution, ExecutionStatus, Identity, Routes, outstanding};
use order::definition::definitions;
use serde_json::Value;
use store::{ExecutionStore, MachineChange, StateMachine};

use crate::check::Violation;
use crate::client::is_redrivable;
use crate::fault::{Permitted, Strike};
use crate::options::Options;
use crate::random::{Random, Stream};
use crate::system::System;
use crate::trace::Trace;
use crate::verdict::{is_order, judge};
use crate::workload::{Submission, machine, orders};
use crate::world::{BEGINNING_MILLIS, World};

/// Once nothing goes wrong any more, every execution has ended after so many seconds.
pub const LIVENESS_SECONDS: i64 = 4 * 3_600;
/// A compensation that fails for good is retried for so many seconds, and no longer.
const DAY_SECONDS: i64 = 86_400;
/// So many steps in which no history event comes about are taken only by whoever goes round in circles: wakes that publish hundreds of commands again, one a
/// page, have been seen to take 100,000.
const STEPS_WITHOUT_EVENT_MAX: u64 = 300_000;
/// No seed needs so many steps: somebody goes round in circles, and writes history.
const STEPS_MAX: u64 = 10_000_000;
/// Of how many of 1,000 executions the definition is a new one.
const NEW_MACHINE_PER_MILLE: u32 = 350;
/// Of how many of 1,000 executions that are open a client asks for a redrive: it is refused.
const REDRIVEN_WHILE_OPEN_PER_MILLE: u32 = 100;
/// After so many attempts a compensation is taken for one that fails for good.
const HOPELESS_ATTEMPTS: u32 = 12;
/// How often the world is looked at for having come to rest, in milliseconds.
const SLICE_MILLIS: i64 = 30_000;

/// What a seed came to.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its options.
    pub options: Options,
    /// What must not be, and was.
    pub violations: Vec<Violation>,
    /// What went wrong.
    pub struck: Vec<Strike>,
    /// Executions that ended.
    pub executions: u64,
    /// Journal entries.
    pub transitions: u64,
    /// How often each arm of the transition tables was taken.
    pub arms: std::collections::BTreeMap<String, u64>,
    /// How often a task was polled.
    pub steps: u64,
    /// After how many seconds all had ended, once nothing went wrong any more.
    pub rest_seconds: i64,
}

/// Runs a seed.
pub fn run(options: Options, permitted: Permitted, trace: Trace) -> Report {
    let world = World::new(options, routes(), permitted, trace);
    let system = System::new(Arc::clone(&world));
    let simulation = Simulation { system, world, steps: Cell::new(0), events: Cell::new(0) };
    simulation.run()
}

/// Who serves which function.
fn routes() -> Routes {
    let mut routes = order::routes();
    routes.0.extend(machine::routes().0);
    routes
}

struct Simulation {
    system: Arc<System>,
    world: Arc<World>,
    steps: Cell<u64>,
    /// How many history events there were when progress was looked at last.
    events: Cell<u64>,
}

impl Simulation {
    fn run(&self) -> Report {
        let submitted = self.begin();
        let options = &self.world.options;
        let until = BEGINNING_MILLIS + millis(options.faults_for_seconds.max(options.submitted_within_seconds));
        self.advance(until);
        self.cease();
        let rest_seconds = self.come_to_rest(&submitted, until);
        self.world.checks().check_kept(&self.world);
        if self.world.checks().violations().is_empty() {
            judge(&self.world);
        }
        // Tasks hold the world, and the world's executor the tasks.
        self.world.executor.clear();
        let checks = self.world.checks();
        Report {
            options: options.clone(),
            violations: checks.violations().to_vec(),
            struck: self.world.struck(),
            executions: u64::try_from(checks.executions().count()).unwrap_or(0),
            transitions: checks.transitions(),
            arms: checks.arms().clone(),
            steps: self.steps.get(),
            rest_seconds,
        }
    }

    fn advance(&self, until: i64) {
        let mut steps = self.steps.get();
        self.world.executor.run(until, || {
            steps += 1;
            if steps.is_multiple_of(STEPS_WITHOUT_EVENT_MAX) {
                self.check_progress(steps);
            }
            self.is_violated()
        });
        self.steps.set(steps);
    }

    /// Large Maps, one command at a time, take many steps: what matters is that they get on. (Entries alone are no sign of it: a wake writes one.)
    fn check_progress(&self, steps: u64) {
        let events = self.world.checks().executions().map(|execution| execution.next_event).sum();
        // Where things go wrong for hours, much is done about messages that nobody can read, long after the last execution has ended.
        let goes_wrong_for_hours = self.world.options.retention_seconds.is_some() && !self.world.faults_have_ceased();
        if self.events.replace(events) == events && !goes_wrong_for_hours {
            let text = format!("{STEPS_WITHOUT_EVENT_MAX} steps were taken, and nothing happened in any execution");
            self.world.checks().violated("progress", text);
        } else if steps >= STEPS_MAX {
            self.world.checks().violated("progress", format!("{steps} steps were taken, and nothing came to rest"));
        }
    }

    fn is_violated(&self) -> bool {
        !self.world.checks().violations().is_empty()
    }

    /// Registers the machines, stocks the shop, and lets everybody begin.
    fn begin(&self) -> Vec<Submission> {
        let mut random = Random::new(self.world.options.seed, Stream::Workload);
        self.stock(&mut random);
        let mut machines = self.order_machines(&mut random);
        self.system.begin();
        let mut submissions: Vec<Submission> =
            (1..=self.world.options.orders).map(|number| orders::order(&mut random, number)).collect();
        // Several executions of each definition, with the same input: what they meet differs.
        let mut drawn: Vec<machine::Machine> = Vec::new();
        for number in 1..=self.world.options.machines {
            if drawn.is_empty() || random.happens(NEW_MACHINE_PER_MILLE) {
                let machine = machine::machine(&mut random);
                machines.push(self.register(&format!("machine-{}", drawn.len()), &machine.definition));
                drawn.push(machine);
            }
            let Some(machine) = drawn.last() else { continue };
            // Names are unique within a machine: the first execution of one is named like the first one of the other.
            let name = if submissions.iter().any(|before| before.machine == format!("machine-{}", drawn.len() - 1)) {
                format!("run-{number}")
            } else {
                "run-first".to_owned()
            };
            let input = machine.input.clone();
            submissions.push(Submission { machine: format!("machine-{}", drawn.len() - 1), name, input, is_order: false });
        }
        for (number, submission) in submissions.iter().enumerate() {
            let Some(machine) = machines.iter().find(|machine| machine.name == submission.machine) else { continue };
            let number = u64::try_from(number).unwrap_or(0);
            self.live(number, submission.clone(), machine.clone());
        }
        self.world.executor.spawn(0, "chaos", crate::chaos::chaos(Arc::clone(&self.system)));
        self.world.executor.spawn(0, "review", crate::chaos::review(Arc::clone(&self.system)));
        self.world.executor.spawn(0, "operator", crate::chaos::operate(Arc::clone(&self.system)));
        submissions
    }

    fn stock(&self, random: &mut Random) {
        for (sku, most) in orders::STOCKED {
            let stocked = order::inventory::stock(&self.world.store, sku, random.within(1, most), self.world.now());
            if !matches!(stocked.now_or_never(), Some(Ok(true))) {
                self.world.checks().violated("simulator", format!("`{sku}` was not stocked"));
            }
        }
    }

    fn order_machines(&self, random: &mut Random) -> Vec<StateMachine> {
        let texts = orders::substitutions(random).and_then(|substitutions| definitions(&substitutions).ok()).unwrap_or_default();
        texts.into_iter().map(|(name, text)| self.register(name, &text)).collect()
    }

    /// Registers a machine, past all ports.
    fn register(&self, name: &str, definition: &str) -> StateMachine {
        let hash = DefinitionHash::of(definition);
        let machine = StateMachine {
            name: name.to_owned(),
            arn: machine_arn(name),
            kind: "STANDARD".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/simulator".to_owned(),
            definition: hash.clone(),
            created_at: self.world.now(),
            updated_at: self.world.now(),
            revision_id: None,
            settings: Value::Null,
            version: 1,
        };
        let kept = self.world.store.put_definition(&hash, definition).now_or_never();
        let written = self.world.store.put_machine(&machine).now_or_never();
        if !matches!((kept, written), (Some(Ok(())), Some(Ok(MachineChange::Written)))) {
            self.world.checks().violated("simulator", format!("the machine `{name}` was not registered"));
        }
        machine
    }

    /// What the clients of one execution do with it: start it, perhaps start it again, stop it, redrive it.
    fn live(&self, number: u64, submission: Submission, machine: StateMachine) {
        let (system, options) = (Arc::clone(&self.system), self.world.options.clone());
        let mut random = Random::numbered(options.seed, Stream::Workload, number + 1);
        self.world.executor.spawn(0, "client", async move {
            let executor = system.world.executor.clone();
            executor.sleep(drawn_millis(&mut random, options.submitted_within_seconds)).await;
            let again = random.happens(options.restarted_per_mille).then(|| {
                let mut again = submission.clone();
                if random.happens(300) {
                    again.input = other_input(&again.input);
                }
                again
            });
            if let Some(again) = again {
                let later = drawn_millis(&mut random, 60);
                let (system, machine, client) =
                    (Arc::clone(&system), machine.clone(), Random::numbered(options.seed, Stream::Workload, number + 1_000));
                executor.spawn(0, "client", async move {
                    system.world.executor.sleep(later).await;
                    let _ = system.submit(again, machine, client).await;
                });
            }
            if random.happens(options.updated_per_mille) && !submission.is_order {
                let (system, arn, later) = (Arc::clone(&system), machine.arn.clone(), drawn_millis(&mut random, 120));
                let next = machine::machine(&mut random);
                executor.spawn(0, "client", async move {
                    system.world.executor.sleep(later).await;
                    system.update(arn, next.definition).await;
                });
            }
            let client = Random::numbered(options.seed, Stream::Workload, number + 2_000);
            let Some(arn) = Arc::clone(&system).submit(submission, machine, client).await else { return };
            if random.happens(options.stopped_per_mille) {
                executor.sleep(drawn_millis(&mut random, 60)).await;
                Arc::clone(&system).stop(arn.clone()).await;
            }
            while random.happens(options.redriven_per_mille) && !system.world.faults_have_ceased() {
                executor.sleep(drawn_millis(&mut random, 120)).await;
                let ended = system
                    .world
                    .checks()
                    .executions()
                    .any(|execution| execution.identity.arn == arn && is_redrivable(execution.status));
                if ended || random.happens(REDRIVEN_WHILE_OPEN_PER_MILLE) {
                    Arc::clone(&system).redrive(arn.clone()).await;
                }
            }
        });
    }

    /// Nothing goes wrong any more, and what was down is mended.
    fn cease(&self) {
        self.world.cease_faults();
        // What was done so far is no sign of what is to come.
        self.events.set(u64::MAX);
        self.world.trace(|| "nothing goes wrong any more".to_owned());
        // Nothing could be promised to tasks whose time is over by their worker's clock before the coordinator has asked for them.
        self.world.hosts().iter().for_each(|host| host.set_right(self.world.options.clock_skew_millis));
        let mended = order::provider::mend_refunds(&self.world.store, self.world.now());
        if mended.now_or_never().is_none() {
            self.world.checks().violated("simulator", "the processor was not mended".to_owned());
        }
    }

    /// Runs until every execution has ended and no message is left. Liveness: that takes a bounded time.
    fn come_to_rest(&self, submitted: &[Submission], ceased_at: i64) -> i64 {
        loop {
            let now = self.world.executor.now();
            let rest_seconds = (now - ceased_at) / 1_000;
            if self.is_violated() || (self.all_ended(submitted) && self.queues_are_empty() && self.heads_agree()) {
                return rest_seconds;
            }
            if rest_seconds > LIVENESS_SECONDS + self.days_of_retries() * DAY_SECONDS {
                self.tell_what_is_left(submitted);
                return rest_seconds;
            }
            self.advance(now + SLICE_MILLIS);
        }
    }

    fn all_ended(&self, submitted: &[Submission]) -> bool {
        let checks = self.world.checks();
        let ended =
            checks.executions().filter(|execution| execution.status != ExecutionStatus::Running || self.is_hopeless(execution));
        let ended = ended.count();
        // Whoever gave up may have started something, which then runs to its end.
        let has_head = |arn: &str| self.world.store.head(arn).now_or_never().and_then(Result::ok).flatten().is_some();
        let exists = |arn: &str| has_head(arn) || checks.executions().any(|execution| execution.identity.arn == arn);
        let expected = submitted.iter().map(arn_of).filter(|arn| !checks.gave_up(arn) || exists(arn));
        ended == expected.count()
    }

    /// For how many days an execution may go on: what it owes may be undone one after another, and each may be tried again for a day.
    fn days_of_retries(&self) -> i64 {
        if !self.world.options.hopeless_are_followed {
            return 0;
        }
        let checks = self.world.checks();
        let hopeless =
            |execution: &Execution| execution.owed_tasks().iter().filter(|owed| owed.undo.attempt > HOPELESS_ATTEMPTS).count();
        let most = checks.executions().map(hopeless).max().unwrap_or(0);
        i64::try_from(most).unwrap_or(i64::MAX / DAY_SECONDS).max(1)
    }

    /// Whether an execution only waits for a compensation that fails for good: its default retrier goes on for a day, which few seeds wait for. The
    /// orders' own retriers give up within minutes, however many attempts there were before a redrive.
    fn is_hopeless(&self, execution: &Execution) -> bool {
        if is_order(execution) {
            return false;
        }
        let is_hopeless = execution.owed_tasks().iter().any(|owed| owed.undo.attempt > HOPELESS_ATTEMPTS);
        is_hopeless && !self.world.options.hopeless_are_followed
    }

    /// Whether each head says what its journal does.
    fn heads_agree(&self) -> bool {
        self.disagreeing_heads().is_empty()
    }

    /// The executions whose head does not say what their journal does.
    fn disagreeing_heads(&self) -> Vec<String> {
        let executions: Vec<(Identity, ExecutionStatus)> = {
            let checks = self.world.checks();
            checks.executions().map(|execution| (execution.identity.clone(), execution.status)).collect()
        };
        let disagrees = |(identity, status): (Identity, ExecutionStatus)| {
            let head = self.world.store.head_of(&identity.id).now_or_never().and_then(Result::ok).flatten();
            // Of what has ended, the head expires.
            let has_expired = head.is_none() && status != ExecutionStatus::Running && self.world.archive.is_some();
            let agrees = has_expired || head.as_ref().is_some_and(|head| head.status == status);
            let says = head.map(|head| (head.status, head.wake_at, head.wake_revision));
            (!agrees).then(|| format!("`{}` is {status:?}, its head says {says:?}", identity.name))
        };
        executions.into_iter().filter_map(disagrees).collect()
    }

    fn queues_are_empty(&self) -> bool {
        let queues = &self.world.queues;
        let left = queues.names().into_iter().filter(|queue| queue != messages::queue_name::PARKING);
        let mut busy = left.filter(|queue| {
            let held = queues.depths(queue).map_or(0, |depths| depths.visible + depths.in_flight);
            held > 0 && {
                let messages = queues.peek(queue, usize::MAX);
                held > self.world.checks().newer_among(messages.iter().map(|message| message.body.as_str()))
            }
        });
        busy.next().is_none()
    }

    fn tell_what_is_left(&self, submitted: &[Submission]) {
        let open: Vec<String> = {
            let checks = self.world.checks();
            let open = checks
                .executions()
                .filter(|execution| execution.status == ExecutionStatus::Running && !self.is_hopeless(execution));
            open.map(told).collect()
        };
        let known = self.world.checks().executions().count();
        let queues = &self.world.queues;
        let left: Vec<String> = queues
            .names()
            .into_iter()
            .filter_map(|queue| {
                queues.depths(&queue).filter(|depths| depths.total() > 0).map(|depths| format!("{queue} {depths:?}"))
            })
            .collect();
        let text = format!(
            "{known} of {} were started; open: {}; heads that disagree: {}; queues: {}",
            submitted.len(),
            open.join(", "),
            self.disagreeing_heads().join(", "),
            left.join(", ")
        );
        self.world.checks().violated("liveness", text);
    }
}

/// The ARN of what a submission starts.
fn arn_of(submission: &Submission) -> String {
    execution_arn(&machine_arn(&submission.machine), &submission.name)
}

fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}")
}

/// The ARN of an execution of a machine.
pub(crate) fn execution_arn(machine_arn: &str, name: &str) -> String {
    format!("{}:{name}", machine_arn.replacen(":stateMachine:", ":execution:", 1))
}

/// An open execution, and what it waits for.
fn told(execution: &Execution) -> String {
    let waits_for = outstanding(execution, 0).into_iter().map(|command| match command {
        Command::Perform(task) => format!("`{}` attempt {} of {}", task.state, task.attempt, task.revision),
        Command::Timer { due, revision } => format!("a hint for {} of {revision}", due.millis() - BEGINNING_MILLIS),
        Command::Revoke { key, .. } => format!("revoking {key}"),
        Command::Report(_) => "the report of its end".to_owned(),
        Command::Child(request) => format!("the child `{}`", request.identity.name),
        Command::AnswerParent(_) => "telling its parent its end".to_owned(),
        Command::WriteResults(_) => "its results to be written".to_owned(),
    });
    let waits_for: Vec<String> = waits_for.collect();
    let (name, revision) = (&execution.identity.name, execution.revision);
    format!("`{name}` at revision {revision}, for {}", waits_for.join(", "))
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

fn drawn_millis(random: &mut Random, seconds: u64) -> i64 {
    i64::try_from(random.below(seconds.saturating_mul(1_000))).unwrap_or(0)
}

/// The same order with other content.
fn other_input(input: &str) -> String {
    input.replace("London", "Paris")
}
