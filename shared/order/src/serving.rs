//! Who serves the order saga: its handlers, and the routes to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use clock::Clock;
use interpreter::{Route, Routes};
use store::LedgerStore;
use worker::Handler;

use crate::inventory::{ReleaseInventory, ReserveInventory};
use crate::notification::{NotifyWarehouse, SendEmail, UpdateRecentOrders};
use crate::payment::{ChargePayment, RefundPayment};
use crate::provider::{Carrier, CarrierTestMode, Mail, MailTestMode, PaymentProvider, PaymentsTestMode};
use crate::review::RequestReview;
use crate::shipping::{CancelShipment, CreateShipment};
use crate::validation::ValidateOrder;

/// The timeout of the order saga's functions where they run in one process. A lease lasts as long, and a lost answer is given up
/// when it is over: short, so that what was killed is soon taken over.
pub const FUNCTION_TIMEOUT_SECONDS: u64 = 3;

/// Functions and the queues that their requests go to: one queue per part of the business, as one team would own it.
const ROUTES: [(&str, &str); 11] = [
    ("validate-order", "tasks-order"),
    ("request-review", "tasks-review"),
    ("reserve-inventory", "tasks-inventory"),
    ("release-inventory", "tasks-inventory"),
    ("charge-payment", "tasks-payment"),
    ("refund-payment", "tasks-payment"),
    ("create-shipment", "tasks-shipping"),
    ("cancel-shipment", "tasks-shipping"),
    ("send-email", "tasks-notification"),
    ("update-recent-orders", "tasks-notification"),
    ("notify-warehouse", "tasks-notification"),
];

/// The providers outside.
#[derive(Clone)]
pub struct Providers {
    /// The payment processor.
    pub payments: Arc<dyn PaymentProvider>,
    /// The carrier.
    pub carrier: Arc<dyn Carrier>,
    /// The mail server.
    pub mail: Arc<dyn Mail>,
}

impl Providers {
    /// All of them in test mode, with their books in this store.
    pub fn test_mode(ledger: &Arc<dyn LedgerStore>, clock: &Arc<dyn Clock>) -> Self {
        Self {
            payments: Arc::new(PaymentsTestMode::new(Arc::clone(ledger), Arc::clone(clock))),
            carrier: Arc::new(CarrierTestMode::new(Arc::clone(ledger), Arc::clone(clock))),
            mail: Arc::new(MailTestMode::new(Arc::clone(ledger), Arc::clone(clock))),
        }
    }
}

/// The handlers of the order saga.
pub fn handlers(ledger: &Arc<dyn LedgerStore>, providers: &Providers) -> Vec<Arc<dyn Handler>> {
    let Providers { payments, carrier, mail } = providers;
    vec![
        Arc::new(ValidateOrder),
        Arc::new(RequestReview),
        Arc::new(ReserveInventory::new(Arc::clone(ledger))),
        Arc::new(ReleaseInventory::new(Arc::clone(ledger))),
        Arc::new(ChargePayment::new(Arc::clone(ledger), Arc::clone(payments))),
        Arc::new(RefundPayment::new(Arc::clone(ledger), Arc::clone(payments))),
        Arc::new(CreateShipment::new(Arc::clone(ledger), Arc::clone(carrier))),
        Arc::new(CancelShipment::new(Arc::clone(ledger), Arc::clone(carrier))),
        Arc::new(SendEmail::new(Arc::clone(mail))),
        Arc::new(UpdateRecentOrders),
        Arc::new(NotifyWarehouse),
    ]
}

/// The routes to them, where they run in one process.
pub fn routes() -> Routes {
    let route = |queue: &str| Route { queue: queue.to_owned(), function_timeout_seconds: FUNCTION_TIMEOUT_SECONDS };
    Routes(ROUTES.iter().map(|(function, queue)| ((*function).to_owned(), route(queue))).collect::<BTreeMap<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Bench;

    #[test]
    fn every_handler_has_a_route_and_every_route_a_handler() {
        let bench = Bench::new();
        let handlers = handlers(&bench.ledger, &bench.providers);
        let mut served: Vec<&str> = handlers.iter().map(|handler| handler.function()).collect();
        served.sort_unstable();
        let routes = routes();
        assert_eq!(served, routes.0.keys().map(String::as_str).collect::<Vec<_>>());
    }
}
