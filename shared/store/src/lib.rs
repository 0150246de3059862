//! The ExecutionStore and LedgerStore ports, their in-memory implementation, the contract suites.
