//! The providers outside: payment processor, carrier, mail.
//!
//! Each is a trait, and an implementation that behaves as real providers do in their test modes: outcomes follow from the order's
//! content (docs/order-saga.md has the table), every request carries an idempotency key, and what was done under a key is done
//! once. Their own books lie in the ledger store, in partitions of their own, and are written by themselves: never in
//! the transaction of a task, as no provider outside would be.

mod books;
mod carrier;
mod mail;
mod payments;

pub use carrier::{Carrier, CarrierError, CarrierTestMode, Label, LabelRequest};
pub use mail::{Mail, MailError, MailRequest, MailTestMode};
pub use payments::{Charge, ChargeError, ChargeRequest, PaymentProvider, PaymentsTestMode, Refund, mend_refunds};

pub(crate) use carrier::CarrierRecord;
pub(crate) use mail::MailRecord;
pub(crate) use payments::ChargeRecord;

/// A provider did not do what a look-up or an undoing asked of it. Asking again may help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the provider is unavailable: {0}")]
pub struct ProviderUnavailable(pub String);
