//! A table with all that ever happened in it: everything has ended or ends, and the balance is exact.

use std::time::{Duration, Instant};

use coordinator::Description;
use interpreter::ExecutionStatus;
use store::HeadQuery;

use crate::stack::Stack;

/// How long what is open may take.
const PATIENCE: Duration = Duration::from_secs(240);
/// Heads of a page.
const PAGE: usize = 100;

impl Stack {
    /// The ARNs of all executions of the order saga, in both of its forms.
    async fn orders(&self) -> Vec<String> {
        let mut query = HeadQuery { limit: PAGE, ..HeadQuery::default() };
        let mut orders = Vec::new();
        loop {
            let page = self.cloud.ports.executions.list_heads(&query).await.unwrap();
            let heads = page.heads.into_iter().filter(|head| head.identity.machine_name.starts_with("order-fulfillment"));
            orders.extend(heads.map(|head| head.identity.arn));
            match page.next {
                Some(next) => query.after = Some(next),
                None => return orders,
            }
        }
    }
}

#[tokio::test]
async fn every_execution_of_a_table_ends_and_the_balance_is_exact() {
    let (stack, began) = (Stack::connect().await, Instant::now());
    let orders = stack.orders().await;
    assert!(orders.len() > 30, "{} orders", orders.len());
    let mut ended: Vec<Description> = Vec::new();
    for arn in &orders {
        loop {
            let description = stack.look(arn).await.unwrap();
            if description.status != ExecutionStatus::Running {
                ended.push(description);
                break;
            }
            assert!(began.elapsed() < PATIENCE, "it has not ended: {description:?}");
            stack.cloud.ports.clock.sleep(Duration::from_millis(500)).await;
        }
    }
    assert_eq!(stack.findings(&ended).await, Vec::<String>::new());
    println!("{} executions have ended, balanced", ended.len());
}
