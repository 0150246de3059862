//! The demo: orders in, sagas driven to their end, the books checked.

mod books;
mod orders;
mod play;
mod report;

pub(crate) use books::{Books, check};
pub(crate) use orders::{Order, OrdersError, defaults, from_files};
pub(crate) use play::{PlayError, Played, play_all};
pub(crate) use report::{json, text};
