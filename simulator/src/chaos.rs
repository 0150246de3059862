//! What happens to the world by itself, each second: clocks jump, queues are purged or denied, nonsense arrives, dead letters are put back; and the
//! people who review orders.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use messages::{Outgoing, QueueSource, RequestBody, queue_name};
use order::review::{Decision, pending};

use crate::fault::{Fault, Opportunity, Strike};
use crate::port::deliver;
use crate::random::{Random, Stream, mixed};
use crate::system::System;

/// For how long a queue is denied, in milliseconds, at most.
const DENIED_MILLIS: u64 = 30_000;
/// How often operators look, in milliseconds.
const OPERATED_MILLIS: i64 = 60_000;
/// How often reviewers look, in milliseconds.
const REVIEW_MILLIS: i64 = 2_000;

/// Lets something happen each second, until nothing goes wrong any more.
pub(crate) async fn chaos(system: Arc<System>) {
    while !system.world.faults_have_ceased() {
        system.world.executor.sleep(1_000).await;
        if let Some(strike) = system.world.strike(Opportunity::World, "world") {
            happen(&system, strike);
        }
    }
}

fn happen(system: &Arc<System>, strike: Strike) {
    let world = &system.world;
    let queues = world.queues.names();
    let bits = usize::try_from(strike.bits >> 8).unwrap_or(0);
    let Some(queue) = queues.get(bits % queues.len().max(1)) else { return };
    match strike.fault {
        Fault::ClockJumped => {
            let hosts = world.hosts();
            // Not the cloud's.
            let place = 1 + bits % hosts.len().saturating_sub(1).max(1);
            if let Some(host) = hosts.get(place) {
                host.set_offset(world.options.clock_skew_millis, mixed(strike.bits));
            }
        }
        Fault::Purged if queue != queue_name::PARKING => {
            // One that holds something, if there is one: to purge what is empty shows nothing.
            let depth = |queue: &String| world.queues.depths(queue).map_or(0, |depths| depths.visible + depths.in_flight);
            let held: Vec<&String> = queues.iter().filter(|queue| *queue != queue_name::PARKING && depth(queue) > 0).collect();
            let queue = held.get(bits % held.len().max(1)).copied().unwrap_or(queue);
            for message in world.queues.peek(queue, usize::MAX) {
                world.checks().purged(world, &message.body);
            }
            world.queues.purge(queue);
        }
        Fault::Garbage => garbage(system, queue, format!("garbage {}", strike.number)),
        Fault::NewerFormat => garbage(system, queue, newer(strike)),
        Fault::QueueDenied => world.deny(queue, i64::try_from(strike.within(1_000, DENIED_MILLIS)).unwrap_or(1_000)),
        Fault::WrongToken => {
            let system = Arc::clone(system);
            world.executor.spawn(0, "guess", async move { system.guess(strike).await });
        }
        Fault::FutureToken => system.forge(strike),
        Fault::Swept => {
            let count = world.store.sweep(world.now());
            world.trace(|| format!("{count} items that had expired are deleted"));
            world.checks().check_kept(world);
        }
        Fault::DeadLettersRedriven => redrive_dead_letters(system, queue),
        _ => {}
    }
}

/// A message as the next release may write it: it is to be given back until that is there.
fn newer(strike: Strike) -> String {
    format!("{{\"v\":2,\"execution\":\"{:032x}\",\"what\":\"nobody knows yet\"}}", strike.bits)
}

/// What nobody can read.
fn garbage(system: &Arc<System>, queue: &str, body: String) {
    if queue == queue_name::PARKING {
        return;
    }
    system.world.checks().sent(&system.world, queue, &Outgoing::standard(body.clone()));
    let message = match queue == queue_name::ANSWERS {
        true => Outgoing::fifo(body.clone(), "garbage".to_owned(), format!("{:x}", system.world.entropy.bits())),
        false => Outgoing::standard(body),
    };
    deliver(&system.world, queue, message, Duration::ZERO);
}

/// Puts dead letters back into the queue that they came from, as an operator would.
fn redrive_dead_letters(system: &Arc<System>, queue: &str) {
    let Some(source) = queue.strip_suffix("-dead-letters") else { return };
    let Some(Ok(deliveries)) = system.world.queues.receive(queue, 10, Duration::ZERO).now_or_never() else { return };
    for delivery in deliveries {
        let deleted = system.world.queues.delete(queue, &delivery.receipt).now_or_never();
        if matches!(deleted, Some(Ok(()))) {
            system.world.checks().purged(&system.world, &delivery.body);
            deliver(&system.world, source, Outgoing::standard(delivery.body), Duration::ZERO);
        }
    }
}

/// Operators: once the store takes what it has refused, they put it back where it came from.
pub(crate) async fn operate(system: Arc<System>) {
    loop {
        system.world.executor.sleep(OPERATED_MILLIS).await;
        if system.world.faults_have_ceased() && system.world.options.unfit_per_mille > 0 {
            put_back(&system);
        }
    }
}

fn put_back(system: &Arc<System>) {
    let world = &system.world;
    while let Some(Ok(deliveries)) = world.queues.receive(queue_name::PARKING, 10, Duration::ZERO).now_or_never() {
        if deliveries.is_empty() {
            return;
        }
        for delivery in deliveries {
            if !world.checks().is_unfit(world, &delivery.body) {
                continue;
            }
            let route = RequestBody::decode(&delivery.body).ok().and_then(|request| world.routes.of(&request.function).cloned());
            let queue = route.map_or_else(|| queue_name::HINTS.to_owned(), |route| route.queue);
            let deleted = world.queues.delete(queue_name::PARKING, &delivery.receipt).now_or_never();
            if matches!(deleted, Some(Ok(()))) {
                world.checks().is_live(&delivery.body, -1);
                deliver(world, &queue, Outgoing::standard(delivery.body), Duration::ZERO);
            }
        }
    }
}

/// Reviewers: they see what is in the queue of reviews, and answer, late, twice, or never.
pub(crate) async fn review(system: Arc<System>) {
    let mut seen = BTreeSet::new();
    let mut unanswered = Vec::new();
    let mut random = Random::numbered(system.world.options.seed, Stream::Workers, 1);
    loop {
        system.world.executor.sleep(REVIEW_MILLIS).await;
        let Some(Ok(reviews)) = pending(&system.world.store, system.world.now()).now_or_never() else { continue };
        // In the end everybody answers: a task without a timeout would wait for ever.
        let all_answer = system.world.faults_have_ceased();
        let mut asked = system.world.take_questions();
        if all_answer {
            asked.append(&mut unanswered);
        }
        for question in asked {
            if !all_answer && random.happens(system.world.options.heard_of_per_mille) {
                let person = Random::numbered(system.world.options.seed, Stream::Workers, random.bits());
                system.world.executor.spawn(0, "person", Arc::clone(&system).be_heard_of(question.token.clone(), person));
            }
            let answers = all_answer || random.happens(system.world.options.callbacks_per_mille);
            if !answers {
                unanswered.push(question);
            } else {
                let client = Random::numbered(system.world.options.seed, Stream::Workers, random.bits());
                let output = format!("{{\"answered\":{}}}", question.attempt);
                let answer = Arc::clone(&system).answer_callback(question.token, output, client);
                system.world.executor.spawn(0, "person", answer);
            }
        }
        for review in reviews {
            let token = review.token.reveal().to_owned();
            if !seen.insert(token.clone()) || !random.happens(system.world.options.callbacks_per_mille) {
                continue;
            }
            let decision = if random.happens(700) { Decision::Approved } else { Decision::Rejected };
            let client = Random::numbered(system.world.options.seed, Stream::Workers, random.bits());
            let answer = Arc::clone(&system).answer_callback(token, decision.output().to_string(), client);
            system.world.executor.spawn(0, "reviewer", answer);
        }
    }
}
