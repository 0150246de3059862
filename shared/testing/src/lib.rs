//! History builder, matchers, the saga harness.
