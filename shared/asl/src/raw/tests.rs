//! Tests of the tree as written.
