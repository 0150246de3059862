//! The pure transition function: language semantics, no I/O.
