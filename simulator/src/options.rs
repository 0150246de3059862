//! The options of a simulation: drawn from its seed, printed first.
//!
//! Each kind of fault is absent in some seeds and frequent in others: a mean of all faults at once would hide what one of them leads to
//! alone, and would let none of them come often enough.

use std::collections::BTreeMap;
use std::fmt;

use coordinator::Bounds;
use interpreter::Limits;

use crate::fault::Fault;
use crate::random::{Random, Stream};

/// As far as a host's clock may be off: two are less than 5 s apart, which is what the system is told to expect.
const CLOCK_SKEW_MILLIS_MAX: u64 = 2_450;

/// Of how many of 1,000 seeds the store keeps executions for hours only.
const EXPIRING_PER_MILLE: u32 = 25;
/// The shortest and the longest retention that is drawn, in seconds: messages, which come up to 40 minutes late, do not outlive what they are about.
const RETENTION_SECONDS: (u64, u64) = (5_400, 14_400);

/// The options of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Its seed.
    pub seed: u64,
    /// Orders that are submitted.
    pub orders: u64,
    /// Executions of random definitions.
    pub machines: u64,
    /// Within how many seconds all of them are submitted.
    pub submitted_within_seconds: u64,
    /// For how many seconds things go wrong.
    pub faults_for_seconds: u64,
    /// Hosts of coordinators.
    pub coordinators: usize,
    /// Hosts of workers.
    pub workers: usize,
    /// Hosts of watches, and of the API.
    pub others: usize,
    /// How likely each fault is, of a million opportunities.
    pub per_million: BTreeMap<Fault, u64>,
    /// The longest pause of a process, in milliseconds.
    pub longest_pause_millis: u64,
    /// How late a message may come, in milliseconds.
    pub longest_delay_millis: u64,
    /// The usual latency of a call, in milliseconds, at most.
    pub latency_millis: u64,
    /// How far a host's clock may be off, in milliseconds: two differ by twice that.
    pub clock_skew_millis: u64,
    /// How much further off the clocks of coordinators may be, in milliseconds: nothing that they decide may depend on it.
    pub coordinator_skew_millis: u64,
    /// Whether compensations that fail for good are followed to the end of their retries: a day.
    pub hopeless_are_followed: bool,
    /// Whether the platform stops an invocation of a coordinator when its time is over.
    pub invocations_are_stopped: bool,
    /// How long a received message stays in flight, in seconds.
    pub visibility_seconds: u64,
    /// How often a request is received before it is a dead letter.
    pub receives_max: u32,
    /// How many of 1,000 executions somebody stops.
    pub stopped_per_mille: u32,
    /// How many of 1,000 executions somebody starts again, with the same or another input.
    pub restarted_per_mille: u32,
    /// How many of 1,000 executions of random definitions have their machine updated, sooner or later.
    pub updated_per_mille: u32,
    /// How many of 1,000 redrivable executions somebody redrives.
    pub redriven_per_mille: u32,
    /// How many of 1,000 callbacks are answered (late, twice, as a failure; the rest times out).
    pub callbacks_per_mille: u32,
    /// How many of 1,000 attempts of random workers do anything but succeed at once.
    pub trouble_per_mille: u32,
    /// How many of 1,000 clients give up when they are not answered: they do not start again what they have started.
    pub impatient_per_mille: u32,
    /// How many of 1,000 callbacks are heard of until they are answered.
    pub heard_of_per_mille: u32,
    /// How many of 1,000 things that random workers look up the store refuses to keep, for a while.
    pub unfit_per_mille: u32,
    /// How long the store keeps what belongs to executions, in seconds; for ever, if none.
    pub retention_seconds: Option<u64>,
    /// The limits of executions.
    pub limits: Limits,
    /// The bounds of the coordinators.
    pub bounds: Bounds,
}

impl Options {
    /// The options of a seed.
    pub fn drawn(seed: u64) -> Self {
        let random = &mut Random::new(seed, Stream::Options);
        let mut options = Self::quiet();
        options.seed = seed;
        (options.orders, options.machines) = match random.below(4) {
            0 => (random.within(5, 25), 0),
            1 => (0, random.within(5, 20)),
            _ => (random.within(2, 15), random.within(2, 12)),
        };
        options.submitted_within_seconds = random.within(1, 120);
        options.faults_for_seconds = random.within(30, 900);
        options.coordinators = index(random.within(1, 4));
        options.workers = index(random.within(1, 5));
        options.others = index(random.within(1, 3));
        options.per_million = Fault::ALL.iter().map(|fault| (*fault, likelihood(*fault, random))).collect();
        options.longest_pause_millis = scale(random, 500, 600_000);
        options.longest_delay_millis = scale(random, 500, 1_800_000);
        options.latency_millis = random.within(1, 60);
        options.clock_skew_millis = match random.below(3) {
            0 => 0,
            1 => random.below(CLOCK_SKEW_MILLIS_MAX),
            _ => CLOCK_SKEW_MILLIS_MAX,
        };
        options.invocations_are_stopped = random.happens(500);
        options.visibility_seconds = scale(random, 3, 60);
        options.receives_max = u32::try_from(scale(random, 1, 20)).unwrap_or(20);
        options.stopped_per_mille = per_mille(random, 300);
        options.restarted_per_mille = per_mille(random, 300);
        options.updated_per_mille = per_mille(random, 300);
        options.redriven_per_mille = if random.happens(250) { 0 } else { u32::try_from(random.within(1, 900)).unwrap_or(0) };
        options.callbacks_per_mille = u32::try_from(random.within(300, 1_000)).unwrap_or(1_000);
        options.trouble_per_mille = per_mille(random, 700);
        options.limits = limits(random);
        options.bounds = bounds(random);
        // What is drawn from here on came later, and leaves what was drawn before as it was.
        // An order's pivot has little time by the clocks of those who work on it.
        options.coordinator_skew_millis =
            if random.happens(300) && options.orders == 0 { random.within(5_000, 30_000) } else { 0 };
        options.hopeless_are_followed = random.happens(60);
        options.impatient_per_mille = per_mille(random, 500);
        options.heard_of_per_mille = per_mille(random, 1_000);
        options.unfit_per_mille = if random.happens(200) { u32::try_from(random.within(20, 300)).unwrap_or(300) } else { 0 };
        smaller(&mut options, random);
        if random.happens(EXPIRING_PER_MILLE) {
            expire(&mut options, random);
        }
        options
    }

    /// Options of a seed whose world is after a few things and nothing else: processes stop and stand still all the time, workers are in trouble, and
    /// tasks that are heard of are many. For what needs several of these at once, and is seldom seen where everything else goes wrong too.
    pub fn besieged(seed: u64) -> Self {
        let drawn = Self::drawn(seed);
        let often = [
            (Fault::KilledAfter, 40_000),
            (Fault::PausedBefore, 20_000),
            (Fault::PausedAfter, 20_000),
            (Fault::NotDeleted, 200_000),
            (Fault::AnswerLost, 50_000),
        ];
        Self {
            orders: 0,
            machines: 20,
            faults_for_seconds: 600,
            coordinators: 4,
            workers: 4,
            per_million: Fault::ALL.iter().map(|fault| (*fault, 0)).chain(often).collect(),
            longest_pause_millis: 20_000,
            latency_millis: 60,
            coordinator_skew_millis: 0,
            hopeless_are_followed: false,
            invocations_are_stopped: true,
            visibility_seconds: 5,
            receives_max: 20,
            stopped_per_mille: 300,
            redriven_per_mille: 0,
            callbacks_per_mille: 1_000,
            trouble_per_mille: 600,
            heard_of_per_mille: 1_000,
            retention_seconds: None,
            ..drawn
        }
    }

    /// Options of a besieged seed whose executions may carry so little that the longer results fail their states: those are retried, and the answers that
    /// brought them come again meanwhile.
    pub fn narrow(seed: u64) -> Self {
        let besieged = Self::besieged(seed);
        let limits = Limits { payload_bytes: 70_000, ..Limits::default() };
        Self { limits, stopped_per_mille: 0, trouble_per_mille: 0, ..besieged }
    }

    /// Options of a world in which nothing goes wrong.
    pub fn quiet() -> Self {
        Self {
            seed: 0,
            orders: 10,
            machines: 0,
            submitted_within_seconds: 10,
            faults_for_seconds: 60,
            coordinators: 2,
            workers: 2,
            others: 1,
            per_million: BTreeMap::new(),
            longest_pause_millis: 1_000,
            longest_delay_millis: 1_000,
            latency_millis: 10,
            clock_skew_millis: 0,
            coordinator_skew_millis: 0,
            hopeless_are_followed: false,
            invocations_are_stopped: true,
            visibility_seconds: 60,
            receives_max: 20,
            stopped_per_mille: 0,
            restarted_per_mille: 0,
            updated_per_mille: 0,
            redriven_per_mille: 0,
            callbacks_per_mille: 1_000,
            trouble_per_mille: 0,
            impatient_per_mille: 0,
            heard_of_per_mille: 0,
            unfit_per_mille: 0,
            retention_seconds: None,
            limits: Limits::default(),
            bounds: Bounds::default(),
        }
    }
}

/// How likely a fault is in a seed: in every other seed not at all, else mostly seldom and sometimes often.
fn likelihood(fault: Fault, random: &mut Random) -> u64 {
    let often = match fault {
        Fault::KilledBefore | Fault::KilledAfter | Fault::PausedBefore | Fault::PausedAfter => 30_000,
        Fault::HostKilled | Fault::HostPaused => 3_000,
        Fault::Unreached | Fault::AnswerLost | Fault::Repeated => 100_000,
        Fault::EntriesFailed | Fault::Duplicated | Fault::Delayed | Fault::NotDeleted | Fault::StaleIndex => 300_000,
        Fault::Refused => 30_000,
        Fault::ClockJumped => 50_000,
        Fault::Purged => 20_000,
        Fault::WatchSkipped => 500_000,
        Fault::ProviderDown => 100_000,
        Fault::Garbage | Fault::NewerFormat | Fault::DeadLettersRedriven | Fault::Swept => 50_000,
        Fault::WrongToken | Fault::FutureToken => 150_000,
        Fault::QueueDenied => 20_000,
    };
    if random.happens(500) { 0 } else { scale(random, often / 100, often) }
}

/// A number from `least` to `most`, each order of magnitude as likely as the others.
fn scale(random: &mut Random, least: u64, most: u64) -> u64 {
    let least = least.max(1);
    let doublings = (most / least).max(1).ilog2();
    let bound = least.saturating_mul(1 << random.below(u64::from(doublings) + 1)).min(most);
    random.within(least, bound.saturating_mul(2).min(most).max(least))
}

fn per_mille(random: &mut Random, most: u64) -> u32 {
    if random.happens(500) { 0 } else { u32::try_from(random.within(1, most)).unwrap_or(0) }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(1)
}

/// The limits of a seed: those of every day, or so small that they are met all the time.
fn limits(random: &mut Random) -> Limits {
    let everyday = Limits::default();
    if random.happens(400) {
        return everyday;
    }
    let small = |random: &mut Random, most: u64| u32::try_from(random.within(1, most)).unwrap_or(1);
    Limits {
        states_per_transition: small(random, 20),
        commands_per_transition: small(random, 6),
        unwinding_concurrency: small(random, 4),
        page_items: index(random.within(1, 4)),
        inline_bytes: random.within(24, 4_096),
        ..everyday
    }
}

/// Limits and bounds that are seldom met, so small in some seeds that they are.
fn smaller(options: &mut Options, random: &mut Random) {
    let small = |random: &mut Random, most: u64| u32::try_from(random.within(1, most)).unwrap_or(1);
    // What an order says is deeper, and its branches are more, than what random definitions pass on.
    let is_random = options.orders == 0;
    let limits = &mut options.limits;
    if is_random && random.happens(300) {
        limits.payload_depth = index(random.within(3, 9));
    }
    if is_random && random.happens(300) {
        limits.active_branches = small(random, 6);
    }
    if random.happens(250) {
        limits.map_concurrency = small(random, 4);
    }
    if random.happens(250) {
        limits.event_bytes_per_transition = random.within(200, 8_000);
    }
    if random.happens(250) {
        limits.page_bytes = random.within(50, 4_000);
    }
    if random.happens(250) {
        limits.timer_horizon_seconds = scale(random, 1, 900);
    }
    if random.happens(250) {
        options.bounds.commands_per_wake = index(random.within(1, 3));
    }
}

/// A store that keeps executions for hours. Things go wrong for longer than that, what is hopeless is followed for a day, and whoever is open is looked
/// at often enough to be renewed.
fn expire(options: &mut Options, random: &mut Random) {
    let retention_seconds = random.within(RETENTION_SECONDS.0, RETENTION_SECONDS.1);
    options.retention_seconds = Some(retention_seconds);
    options.faults_for_seconds = random.within(retention_seconds, 3 * retention_seconds);
    options.hopeless_are_followed = true;
    // It is given back until the next release, and would be all that is done in those hours.
    options.per_million.insert(Fault::NewerFormat, 0);
    options.limits.wake_at_least_seconds = options.limits.wake_at_least_seconds.min(retention_seconds / 6);
    options.bounds.renewed_per_page = index(random.within(1, 20));
}

fn bounds(random: &mut Random) -> Bounds {
    let everyday = Bounds::default();
    if random.happens(500) {
        return everyday;
    }
    Bounds {
        decisions_per_delivery: u32::try_from(random.within(1, 8)).unwrap_or(8),
        tries_per_call: u32::try_from(random.within(1, 5)).unwrap_or(5),
        follow_ups_per_delivery: u32::try_from(random.within(1, 8)).unwrap_or(8),
        concurrent_sends: index(random.within(1, 8)),
        concurrent_executions: index(random.within(1, 10)),
        wakes_per_watch: index(random.within(1, 1_000)),
        request_inline_bytes: random.within(16, 49_152),
        cached_definitions: index(random.within(1, 64)),
        ..everyday
    }
}

impl fmt::Display for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, orders, machines, coordinators, workers, others, .. } = self;
        writeln!(formatter, "seed {seed}: {orders} orders, {machines} executions of random definitions")?;
        writeln!(
            formatter,
            "  submitted within {} s; faults for {} s; {coordinators} coordinators, {workers} workers, {others} others",
            self.submitted_within_seconds, self.faults_for_seconds
        )?;
        let likely: Vec<String> = self
            .per_million
            .iter()
            .filter(|(_, per_million)| **per_million > 0)
            .map(|(fault, per_million)| format!("{} {per_million}", fault.name()))
            .collect();
        writeln!(formatter, "  faults per million: {}", if likely.is_empty() { "none".to_owned() } else { likely.join(", ") })?;
        writeln!(
            formatter,
            "  at most: pause {} ms, delay {} ms, latency {} ms, clock off by {} ms; visibility {} s, receives {}; invocations are {}",
            self.longest_pause_millis,
            self.longest_delay_millis,
            self.latency_millis,
            self.clock_skew_millis,
            self.visibility_seconds,
            self.receives_max,
            if self.invocations_are_stopped { "stopped when their time is over" } else { "never stopped" }
        )?;
        writeln!(
            formatter,
            "  per mille: stopped {}, restarted {}, updated {}, redriven {}, callbacks answered {}, attempts of random workers in trouble {}",
            self.stopped_per_mille,
            self.restarted_per_mille,
            self.updated_per_mille,
            self.redriven_per_mille,
            self.callbacks_per_mille,
            self.trouble_per_mille
        )?;
        writeln!(
            formatter,
            "  per mille: clients that give up {}, callbacks that are heard of {}, what is looked up and the store refuses {}",
            self.impatient_per_mille, self.heard_of_per_mille, self.unfit_per_mille
        )?;
        writeln!(
            formatter,
            "  clocks of coordinators off by {} ms more; what is hopeless is {}followed; executions are kept {}",
            self.coordinator_skew_millis,
            if self.hopeless_are_followed { "" } else { "not " },
            self.retention_seconds.map_or_else(|| "for ever".to_owned(), |seconds| format!("for {seconds} s"))
        )?;
        writeln!(
            formatter,
            "  limits: {} states, {} commands, {} bytes of events; {} unwinding at a time, {} iterations, {} branches; {} items or {} bytes a page, {} bytes inline, {} levels deep; hints {} s ahead",
            self.limits.states_per_transition,
            self.limits.commands_per_transition,
            self.limits.event_bytes_per_transition,
            self.limits.unwinding_concurrency,
            self.limits.map_concurrency,
            self.limits.active_branches,
            self.limits.page_items,
            self.limits.page_bytes,
            self.limits.inline_bytes,
            self.limits.payload_depth,
            self.limits.timer_horizon_seconds
        )?;
        write!(
            formatter,
            "  bounds: {} decisions, {} tries, {} follow-ups, {} sends and {} executions at a time, {} wakes a look, {} commands a wake, {} bytes inline",
            self.bounds.decisions_per_delivery,
            self.bounds.tries_per_call,
            self.bounds.follow_ups_per_delivery,
            self.bounds.concurrent_sends,
            self.bounds.concurrent_executions,
            self.bounds.wakes_per_watch,
            self.bounds.commands_per_wake,
            self.bounds.request_inline_bytes
        )
    }
}
