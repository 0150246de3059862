//! The harness around task handlers: ledger, lease, deadline, revocation, answer.
