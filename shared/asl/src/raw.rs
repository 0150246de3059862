//! The tree as written: JSON with the place of every value.
