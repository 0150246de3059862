//! The whole system in one process: coordinator, workers, queues and a store.
