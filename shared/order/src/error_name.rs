//! The error names of the order saga: what its definitions catch and retry.

/// The order is not one, or its claimed total is wrong.
pub const INVALID_ORDER: &str = "InvalidOrder";
/// A task's input is not what its handler takes.
pub const INVALID_INPUT: &str = "InvalidInput";
/// There is less in stock than the order asks for.
pub const OUT_OF_STOCK: &str = "OutOfStock";
/// The order holds a reservation of another execution.
pub const ALREADY_RESERVED: &str = "AlreadyReserved";
/// The reservation has expired, or there is none.
pub const RESERVATION_EXPIRED: &str = "ReservationExpired";
/// What was reserved has left with a carrier.
pub const RESERVATION_SHIPPED: &str = "ReservationShipped";
/// The order was charged, or is being charged, by another execution.
pub const ALREADY_CHARGED: &str = "AlreadyCharged";
/// The payment processor declined the charge.
pub const PAYMENT_DECLINED: &str = "PaymentDeclined";
/// The payment processor took no request.
pub const PAYMENT_UNAVAILABLE: &str = "PaymentUnavailable";
/// The payment processor did not answer: it may have charged.
pub const PAYMENT_UNANSWERED: &str = "PaymentUnanswered";
/// The payment processor took no refund.
pub const REFUND_UNAVAILABLE: &str = "RefundUnavailable";
/// The order was shipped, or is being shipped, by another execution.
pub const ALREADY_SHIPPED: &str = "AlreadyShipped";
/// The carrier does not go to that address.
pub const ADDRESS_REFUSED: &str = "AddressRefused";
/// The carrier takes no orders at the moment.
pub const CARRIER_UNAVAILABLE: &str = "CarrierUnavailable";
/// The carrier did not answer: it may have taken the order.
pub const CARRIER_UNANSWERED: &str = "CarrierUnanswered";
/// The carrier did not cancel.
pub const CANCEL_UNAVAILABLE: &str = "CancelUnavailable";
/// The mailbox takes no mail.
pub const MAILBOX_UNAVAILABLE: &str = "MailboxUnavailable";
/// The mail server took nothing.
pub const MAIL_UNAVAILABLE: &str = "MailUnavailable";
/// The mail server did not answer: it may have taken the mail.
pub const MAIL_UNANSWERED: &str = "MailUnanswered";
/// A stored item is not what this release writes.
pub const CORRUPT_ITEM: &str = "CorruptItem";
/// A compensation came without the key of what it is to undo.
pub const NOTHING_NAMED: &str = "NothingNamedToUndo";

/// All of them.
pub const ALL: [&str; 21] = [
    INVALID_ORDER,
    INVALID_INPUT,
    OUT_OF_STOCK,
    ALREADY_RESERVED,
    RESERVATION_EXPIRED,
    RESERVATION_SHIPPED,
    ALREADY_CHARGED,
    PAYMENT_DECLINED,
    PAYMENT_UNAVAILABLE,
    PAYMENT_UNANSWERED,
    REFUND_UNAVAILABLE,
    ALREADY_SHIPPED,
    ADDRESS_REFUSED,
    CARRIER_UNAVAILABLE,
    CARRIER_UNANSWERED,
    CANCEL_UNAVAILABLE,
    MAILBOX_UNAVAILABLE,
    MAIL_UNAVAILABLE,
    MAIL_UNANSWERED,
    CORRUPT_ITEM,
    NOTHING_NAMED,
];
