//! Whole systems: what they bring to an end, and what they survive.

mod directory;
mod disorder;
mod distributed;
mod ends;
mod kills;
mod losses;
mod machines;
mod orders;
mod revoked;
mod world;
