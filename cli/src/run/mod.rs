//! One execution of any definition: mocked, or served by the workers that are built in, in time that jumps.

mod drive;
mod mocks;
mod stand_in;

pub(crate) use drive::{DriveError, Ended, Run, drive};
pub(crate) use mocks::{MockError, Mocks};
