//! Versioned message bodies, task tokens, the MessageQueue port and its in-memory queue.
