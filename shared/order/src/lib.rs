//! The order-fulfillment saga: its definitions, the handlers of its tasks, and what shows that nothing is left behind.
//!
//! `order-fulfillment.asl.json` beside this crate's sources is the story; every file here named after a part of the business
//! holds an action and its compensation side by side. [`handlers`] and [`routes`] are what a system is given to run it,
//! [`admit`] what an order goes through before its execution is started, [`effects`] and [`balance`] what is checked
//! afterwards. `docs/order-saga.md` explains the test modes.
//!
//! Architecture invariant: handlers know the ports `LedgerStore` and `Clock` and the traits of their providers, and nothing of
//! how they are driven. Names, addresses, e-mail addresses and tokens are [`private::Private`], which no log shows.

mod admission;
mod answer;
mod balance;
#[cfg(test)]
mod bench;
mod catalogue;
pub mod definition;
pub mod effects;
pub mod error_name;
pub mod inventory;
mod item;
pub mod money;
pub mod notification;
pub mod order;
pub mod payment;
#[cfg(test)]
mod privacy_tests;
pub mod private;
pub mod provider;
pub mod review;
#[cfg(test)]
mod saga_tests;
pub mod scenario;
mod serving;
pub mod shipping;
pub mod validation;

pub use admission::{Admitted, Refusal, admit};
pub use balance::{Outcome, balance};
pub use catalogue::{CATALOGUE, stock_catalogue};
pub use effects::{Effects, effects};
pub use item::ItemError;
pub use serving::{FUNCTION_TIMEOUT_SECONDS, Providers, handlers, routes};
