//! Servers and Lambda runtimes move a coordinator's futures between threads.

use messages::Delivery;

use crate::{Coordinator, HistoryQuery, StartRequest, StopRequest};

fn sendable<T: Send>(_future: T) {}

// Does not compile if an operation keeps anything that is not `Send` across a pause.
#[test]
fn every_operation_may_move_between_threads() {
    fn each(coordinator: &Coordinator, deliveries: &[Delivery], start: StartRequest, query: &HistoryQuery) {
        sendable(coordinator.handle(deliveries));
        sendable(coordinator.answer_dead_letters(deliveries));
        sendable(coordinator.watch());
        sendable(coordinator.refill());
        sendable(coordinator.start(start));
        sendable(coordinator.stop(StopRequest::default()));
        sendable(coordinator.send_task_success("", ""));
        sendable(coordinator.send_task_failure("", None, None));
        sendable(coordinator.send_task_heartbeat(""));
        sendable(coordinator.redrive(""));
        sendable(coordinator.describe(""));
        sendable(coordinator.history(query));
    }
    // Never called: that it compiles is the test.
    let _: fn(&Coordinator, &[Delivery], StartRequest, &HistoryQuery) = each;
}
