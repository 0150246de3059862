//! The order-fulfillment saga.
