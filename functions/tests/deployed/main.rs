//! The order saga on a deployed stack: orders go in by the queue, the balance is read from the table.
//!
//! `tests/long/deploy` deploys the stack to the emulated cloud and runs these tests one after the other, with the variables of the deployed coordinator
//! in their environment; they use the same ports as the functions, and no way in that a user has not.

#[cfg(test)]
mod crowd;
#[cfg(test)]
mod player;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod stack;
#[cfg(test)]
mod table;
