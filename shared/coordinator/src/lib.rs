//! Load, transition, commit, publish.
