//! What must hold of the coordinator whatever is killed, lost or repeated: scenarios by topic.

mod sendable;
