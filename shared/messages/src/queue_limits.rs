//! The limits of the queue (Amazon SQS Developer Guide, "Amazon SQS message quotas"), by name, with the unit last.

/// Messages in one call that sends or receives.
pub const BATCH_MESSAGES: usize = 10;
/// One message: its body and its attributes' names, types and values, in bytes of UTF-8.
pub const MESSAGE_BYTES: usize = 1_048_576;
/// All messages of one call that sends.
pub const BATCH_BYTES: usize = 1_048_576;
/// Attributes of one message.
pub const MESSAGE_ATTRIBUTES: usize = 10;
/// The longest message group id or deduplication id, in characters.
pub const IDENTIFIER_CHARACTERS: usize = 128;
/// The longest delay of a message.
pub const DELAY_SECONDS: u64 = 900;
/// The longest time that a received message is in flight.
pub const VISIBILITY_SECONDS: u64 = 43_200;
/// The longest wait of a call that receives.
pub const WAIT_SECONDS: u64 = 20;
/// How long a FIFO queue knows a deduplication id.
pub const DEDUPLICATION_SECONDS: u64 = 300;
/// The longest retention.
pub const RETENTION_SECONDS: u64 = 1_209_600;
