//! A process that is killed at any moment, and the next one on the same directory.

use clock::{Entropy, SeededEntropy};
use serde_json::json;

use super::directory::Directory;
use super::world::{assert_done, options, start};
use crate::{StoreChoice, System};

/// How many executions there are, and how often the process is killed while they run.
const EXECUTIONS: usize = 20;
const KILLS: usize = 12;

/// Killed when a number of entries drawn from the seed was committed: somewhere between two commits, wherever everything else then is.
async fn check(seed: u64) {
    let (directory, draw) = (Directory::new(), SeededEntropy::new(seed));
    let open = || System::open(options(StoreChoice::Directory(directory.path().to_owned()))).unwrap();
    let mut executions = Vec::new();
    let first = open();
    for number in 0..EXECUTIONS {
        let input = if number % 2 == 0 { json!({ "pauseSeconds": 1 }) } else { json!({ "pauseSeconds": 1, "refuse": true }) };
        executions.push(start(&first, &format!("e{number}"), input).await);
    }
    first.kill().await;
    for _ in 0..KILLS {
        let system = open();
        let mut entries = system.entries();
        system.begin();
        let ended = async {
            for execution in &executions {
                system.ended(execution).await.unwrap();
            }
        };
        let enough = async {
            for _ in 0..draw.bits() % 16 {
                entries.recv().await.unwrap();
            }
        };
        tokio::select! { () = ended => {}, () = enough => {} }
        system.kill().await;
    }
    let last = open();
    last.begin();
    for (number, execution) in executions.iter().enumerate() {
        assert_done(&last, &last.ended(execution).await.unwrap(), number % 2 == 1).await;
    }
    last.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_killed_at_random_moments_continues_every_execution() {
    for seed in 0..3 {
        check(seed).await;
    }
}
