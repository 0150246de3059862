//! One thread, a virtual clock, and a seeded choice of who goes on next.
//!
//! Tasks are futures; each belongs to a [`HostNumber`]. Time stands still while any task can go on, and jumps to the next timer when none can.
//! A task can be stopped where it is (it is dropped at its next await, as a killed process would be) or frozen for a time (it is not polled; its timers
//! run all the same, as those of a paused process do).

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::random::{Random, Stream};

/// A host, by its place in the world's list.
pub type HostNumber = usize;
/// A task's number.
pub type TaskNumber = u64;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What tasks share with the loop that runs them.
#[derive(Clone)]
pub struct Executor(Arc<Mutex<State>>);

struct State {
    /// The futures, while none of them is being polled.
    works: BTreeMap<TaskNumber, Work>,
    /// The world's time, in milliseconds since 1970.
    now: i64,
    next_number: u64,
    timers: BTreeMap<(i64, u64), Waker>,
    tasks: BTreeMap<TaskNumber, Known>,
    /// Tasks that can go on, in the order in which they were woken.
    ready: Vec<TaskNumber>,
    spawned: Vec<(TaskNumber, Work)>,
    current: Option<TaskNumber>,
    random: Random,
}

/// What is known about a task that has not ended.
struct Known {
    host: HostNumber,
    label: Arc<str>,
    is_ready: bool,
    is_stopped: bool,
    frozen_until: i64,
}

/// Which task is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Its number.
    pub task: TaskNumber,
    /// Its host.
    pub host: HostNumber,
    /// What it was called when it was spawned.
    pub label: Arc<str>,
}

struct TaskWaker {
    task: TaskNumber,
    executor: Executor,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.executor.make_ready(self.task);
    }
}

impl Executor {
    /// An executor whose time is `now`, in milliseconds since 1970.
    pub fn new(seed: u64, now: i64) -> Self {
        Self(Arc::new(Mutex::new(State {
            works: BTreeMap::new(),
            now,
            next_number: 0,
            timers: BTreeMap::new(),
            tasks: BTreeMap::new(),
            ready: Vec::new(),
            spawned: Vec::new(),
            current: None,
            random: Random::numbered(seed, Stream::Latency, 1),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world's time, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.state().now
    }

    /// The task that is being polled.
    pub fn current(&self) -> Option<Current> {
        let state = self.state();
        let task = state.current?;
        state.tasks.get(&task).map(|known| Current { task, host: known.host, label: Arc::clone(&known.label) })
    }

    /// Begins a task on a host.
    pub fn spawn(
        &self,
        host: HostNumber,
        label: impl Into<Arc<str>>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> TaskNumber {
        let mut state = self.state();
        let task = state.draw_number();
        let known = Known { host, label: label.into(), is_ready: true, is_stopped: false, frozen_until: i64::MIN };
        state.tasks.insert(task, known);
        state.ready.push(task);
        state.spawned.push((task, Box::pin(work)));
        task
    }

    /// Stops a task where it is.
    pub fn stop(&self, task: TaskNumber) {
        self.stop_where(|number, _| number == task);
    }

    /// Stops all tasks of a host where they are; answers how many there were.
    pub fn stop_host(&self, host: HostNumber) -> usize {
        self.stop_where(|_, known| known.host == host)
    }

    fn stop_where(&self, which: impl Fn(TaskNumber, &Known) -> bool) -> usize {
        let mut state = self.state();
        let State { tasks, ready, .. } = &mut *state;
        let mut stopped = 0;
        for (task, known) in tasks.iter_mut().filter(|(task, known)| which(**task, known)) {
            known.is_stopped = true;
            stopped += 1;
            if !known.is_ready {
                known.is_ready = true;
                ready.push(*task);
            }
        }
        stopped
    }

    /// Freezes a task until a time of the world.
    pub fn freeze(&self, task: TaskNumber, until: i64) {
        self.freeze_where(until, |number, _| number == task);
    }

    /// Freezes all tasks of a host until a time of the world.
    pub fn freeze_host(&self, host: HostNumber, until: i64) {
        self.freeze_where(until, |_, known| known.host == host);
    }

    fn freeze_where(&self, until: i64, which: impl Fn(TaskNumber, &Known) -> bool) {
        let mut state = self.state();
        for (_, known) in state.tasks.iter_mut().filter(|(task, known)| which(**task, known)) {
            known.frozen_until = known.frozen_until.max(until);
        }
    }

    /// Ends after so many milliseconds of the world's time.
    pub fn sleep(&self, millis: i64) -> Sleep {
        let due = self.now().saturating_add(millis.max(0));
        Sleep { executor: self.clone(), due, timer: None }
    }

    /// Lets others go first, in a random order.
    pub fn give_way(&self) -> Sleep {
        self.sleep(0)
    }

    fn make_ready(&self, task: TaskNumber) {
        let mut state = self.state();
        let State { tasks, ready, .. } = &mut *state;
        if let Some(known) = tasks.get_mut(&task).filter(|known| !known.is_ready) {
            known.is_ready = true;
            ready.push(task);
        }
    }

    /// Runs until nothing is left to be done, `until` has come, or `looked_at` (called after each step) says to end. Answers why it ended.
    pub fn run(&self, until: i64, look: impl FnMut() -> bool) -> Stopped {
        let mut works = std::mem::take(&mut self.state().works);
        let stopped = self.run_all(until, look, &mut works);
        self.state().works = works;
        stopped
    }

    /// Drops every task where it is: nothing that they hold outlives the world.
    pub fn clear(&self) {
        let (works, spawned) = {
            let mut state = self.state();
            (std::mem::take(&mut state.works), std::mem::take(&mut state.spawned))
        };
        drop((works, spawned));
    }

    fn run_all(&self, until: i64, mut look: impl FnMut() -> bool, works: &mut BTreeMap<TaskNumber, Work>) -> Stopped {
        loop {
            let spawned = std::mem::take(&mut self.state().spawned);
            works.extend(spawned);
            let Some(task) = self.next_ready() else {
                match self.advance(until) {
                    Advance::Woken => continue,
                    Advance::Idle => return Stopped::Idle,
                    Advance::Late => return Stopped::Late,
                }
            };
            self.step(task, works);
            if look() {
                return Stopped::Asked;
            }
        }
    }

    /// Polls a task once; drops it if it has ended or is to be stopped.
    fn step(&self, task: TaskNumber, works: &mut BTreeMap<TaskNumber, Work>) {
        let Some(work) = works.get_mut(&task) else { return };
        let waker = Waker::from(Arc::new(TaskWaker { task, executor: self.clone() }));
        let is_over = self.is_stopped(task) || work.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if is_over || self.is_stopped(task) {
            // Dropping runs code of its own: with no lock held, and still as the current task.
            drop(works.remove(&task));
            self.state().tasks.remove(&task);
        }
        self.state().current = None;
    }

    fn is_stopped(&self, task: TaskNumber) -> bool {
        self.state().tasks.get(&task).is_none_or(|known| known.is_stopped)
    }

    /// One of those that can go on; it becomes the current one. What is frozen waits on.
    fn next_ready(&self) -> Option<TaskNumber> {
        let mut state = self.state();
        loop {
            let count = state.ready.len();
            if count == 0 {
                return None;
            }
            let place = state.random.index(count);
            let task = state.ready.swap_remove(place);
            let now = state.now;
            let Some(known) = state.tasks.get_mut(&task) else { continue };
            known.is_ready = false;
            let thawed_at = known.frozen_until;
            if thawed_at > now && !known.is_stopped {
                let number = state.draw_number();
                let waker = Waker::from(Arc::new(TaskWaker { task, executor: self.clone() }));
                state.timers.insert((thawed_at, number), waker);
                continue;
            }
            state.current = Some(task);
            return Some(task);
        }
    }

    /// Goes to the time of the next timer and wakes whoever waits for it.
    fn advance(&self, until: i64) -> Advance {
        let wakers: Vec<Waker> = {
            let mut state = self.state();
            let Some((due, _)) = state.timers.first_key_value().map(|(key, _)| *key) else { return Advance::Idle };
            if due > until {
                state.now = until;
                return Advance::Late;
            }
            state.now = state.now.max(due);
            let later = state.timers.split_off(&(due + 1, 0));
            std::mem::replace(&mut state.timers, later).into_values().collect()
        };
        wakers.into_iter().for_each(Waker::wake);
        Advance::Woken
    }
}

impl State {
    fn draw_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}

enum Advance {
    Woken,
    Idle,
    Late,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing is left to be done.
    Idle,
    /// Its time is over.
    Late,
    /// It was asked to.
    Asked,
}

/// A pause of a task.
pub struct Sleep {
    executor: Executor,
    due: i64,
    timer: Option<(i64, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let executor = self.executor.clone();
        let mut state = executor.state();
        match self.timer {
            // Even a pause of no time lets others go first.
            None => {
                let timer = (self.due.max(state.now), state.draw_number());
                state.timers.insert(timer, context.waker().clone());
                self.timer = Some(timer);
                Poll::Pending
            }
            Some((due, _)) if due <= state.now => {
                if let Some(timer) = self.timer {
                    state.timers.remove(&timer);
                }
                Poll::Ready(())
            }
            Some(timer) => {
                state.timers.insert(timer, context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.executor.state().timers.remove(&timer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted() -> Arc<Mutex<Vec<String>>> {
        Arc::default()
    }

    fn note(notes: &Arc<Mutex<Vec<String>>>, text: impl Into<String>) {
        notes.lock().unwrap().push(text.into());
    }

    #[test]
    fn time_jumps_to_the_next_timer() {
        let (executor, notes) = (Executor::new(1, 1_000), noted());
        for (name, millis) in [("late", 5_000), ("soon", 10)] {
            let (sleeper, notes) = (executor.clone(), notes.clone());
            executor.spawn(0, name, async move {
                sleeper.sleep(millis).await;
                note(&notes, format!("{name} at {}", sleeper.now()));
            });
        }
        assert_eq!(executor.run(i64::MAX, || false), Stopped::Idle);
        assert_eq!(*notes.lock().unwrap(), ["soon at 1010", "late at 6000"]);
    }

    #[test]
    fn a_stopped_task_does_nothing_more_and_a_frozen_one_goes_on_later() {
        let (executor, notes) = (Executor::new(1, 0), noted());
        let tasks: Vec<TaskNumber> = ["stopped", "frozen"]
            .into_iter()
            .map(|name| {
                let (sleeper, notes) = (executor.clone(), notes.clone());
                executor.spawn(0, name, async move {
                    sleeper.sleep(10).await;
                    note(&notes, format!("{name} at {}", sleeper.now()));
                })
            })
            .collect();
        executor.run(5, || false);
        executor.stop(tasks[0]);
        executor.freeze(tasks[1], 1_000);
        assert_eq!(executor.run(i64::MAX, || false), Stopped::Idle);
        assert_eq!(*notes.lock().unwrap(), ["frozen at 1000"]);
    }

    #[test]
    fn the_order_of_those_who_can_go_on_is_the_seeds() {
        let order = |seed| {
            let (executor, notes) = (Executor::new(seed, 0), noted());
            for number in 0..20 {
                let notes = notes.clone();
                executor.spawn(0, "one", async move { note(&notes, number.to_string()) });
            }
            executor.run(i64::MAX, || false);
            notes.lock().unwrap().clone()
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }
}
