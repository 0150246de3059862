//! The contract suite that every store runs: what the ports' documentation says, as checks.
//!
//! A store's tests call [`store_contract!`](crate::store_contract) with a function that makes an empty store; each check then is a
//! test of its own. A check panics where the contract is broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a check is a test: it fails by panicking"
)]

mod definitions;
mod due;
mod heads;
mod items;
mod journal;
mod ledger;
mod listing;
mod machines;
mod racing;
pub mod retention;
pub mod samples;
mod transactions;
mod values;
mod wakes;

use std::pin::Pin;
use std::sync::Arc;

use crate::Store;

/// A store that a check is given; clones are handed to concurrent tasks.
pub type SharedStore = Arc<dyn Store>;

/// What a store's tests make for each check: an empty store, or that and something that must live as long (the directory it lies in).
pub trait EmptyStore {
    /// The store.
    fn store(&self) -> SharedStore;
}

impl EmptyStore for SharedStore {
    fn store(&self) -> SharedStore {
        self.clone()
    }
}

impl<G> EmptyStore for (SharedStore, G) {
    fn store(&self) -> SharedStore {
        self.0.clone()
    }
}

/// A check under way.
pub type Checking = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One sentence of the contract.
#[derive(Clone, Copy)]
pub struct Check {
    /// Module and sentence: `heads::a_name_is_given_once`.
    pub name: &'static str,
    /// Checks it on an empty store.
    pub run: fn(SharedStore) -> Checking,
}

/// Hands all checks, by module, to the macro `$with`, behind `$arguments`. The one list of them.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_store_check {
    ($with:path, $($arguments:tt)*) => {
        $with! { $($arguments)*
            definitions {
                a_definition_is_kept_under_its_hash
                the_first_text_under_a_hash_stays
                a_large_definition_is_kept
            }
            due {
                what_is_due_comes_earliest_first
                what_is_due_now_is_due_and_what_is_due_a_millisecond_later_is_not
                at_most_as_many_as_asked_for_are_due
                a_closed_execution_is_due_only_while_it_is_parked
                a_lowered_wake_is_due_earlier_and_a_raised_one_later
                a_redriven_execution_is_due_again
            }
            heads {
                a_head_reads_back_as_it_was_created
                a_head_keeps_the_version_and_the_alias_that_started_it
                a_head_keeps_the_parent_that_waits_for_its_end
                a_name_is_given_once
                a_name_stays_taken_when_its_execution_has_ended
                names_are_per_machine
                what_does_not_exist_is_not_read
                the_input_of_a_head_may_be_a_value_item
            }
            items {
                an_item_reads_back_as_it_was_put
                an_item_is_read_until_it_expires
                items_come_in_the_order_of_their_sort_keys
                items_are_paged_by_their_sort_keys
                expired_items_do_not_count_for_a_page
                a_partition_has_its_own_items_only
            }
            journal {
                an_entry_reads_back_as_it_was_put
                a_revision_is_written_once
                a_writer_recognizes_its_own_entry_by_the_seed
                an_earlier_entry_met_again_is_still_recognized
                the_latest_entry_is_the_one_of_the_highest_revision
                entries_are_read_in_order_from_a_revision_on
                an_empty_journal_has_no_entries
                executions_have_journals_of_their_own
                a_thousand_entries_are_paged
                an_entry_too_large_for_any_store_is_refused
                a_large_entry_is_kept
            }
            ledger {
                an_absent_entry_is_taken_once
                an_entry_is_written_over_by_its_version_only
                every_state_reads_back_as_it_was_written
                a_lost_answer_met_again_is_a_success
                what_another_wrote_at_that_version_is_no_success
                a_key_expected_at_a_version_must_exist
                a_large_result_is_kept
                a_heartbeat_leaves_the_version_alone
                a_heartbeat_without_an_entry_makes_one
                an_entry_made_by_a_heartbeat_is_not_absent
                an_earlier_heartbeat_changes_nothing
                a_write_takes_no_heartbeat_back
                a_heartbeat_between_two_tries_does_not_hide_the_first
            }
            listing {
                heads_are_listed_newest_first
                pages_follow_each_other_without_gap_or_repetition
                executions_started_at_the_same_time_are_each_listed_once
                a_machine_lists_its_own_executions
                heads_are_listed_by_status
                machine_and_status_narrow_together
                what_starts_between_two_pages_does_not_move_the_second
                a_token_can_be_used_again
                a_token_that_no_page_had_is_refused
            }
            machines {
                a_machine_reads_back_as_it_was_put
                a_machine_is_written_over_by_the_next_version_only
                a_write_that_meets_itself_is_written
                version_zero_is_refused
                machines_are_listed_by_name_in_pages
                a_deleted_machine_is_gone_and_its_name_free
                deleting_what_does_not_exist_succeeds
            }
            racing {
                of_many_writers_of_a_revision_exactly_one_wins
                of_many_starts_of_a_name_exactly_one_creates
                of_many_takers_of_a_key_exactly_one_has_it
                concurrent_additions_all_count
                stock_is_never_oversold_by_concurrent_orders
                of_many_transactions_on_a_version_exactly_one_writes
                concurrent_lowerings_leave_the_earliest
                of_many_updates_of_a_machine_exactly_one_is_written
            }
            transactions {
                ledger_and_items_are_written_together
                nothing_is_written_if_the_ledger_is_not_as_expected
                nothing_is_written_if_a_condition_does_not_hold
                a_lost_lease_is_reported_before_failed_conditions
                failed_conditions_are_named_by_their_indexes
                several_ledger_entries_are_written_together
                one_unexpected_ledger_entry_of_several_spoils_all
                an_absent_item_can_be_required
                a_version_can_be_required
                a_required_condition_writes_nothing
                an_addition_makes_the_item
                an_addition_stops_at_its_floor
                an_addition_exactly_to_the_floor_is_made
                an_addition_to_an_absent_counter_starts_from_zero
                counters_survive_a_put
                additions_do_not_change_the_version
                a_deletion_takes_its_counters_with_it
                deleting_an_absent_item_needs_no_condition
                an_expired_item_counts_as_absent
                an_item_that_expires_later_counts_as_present
                a_put_without_expiry_ends_an_expiry
                a_hundred_writes_are_possible_and_one_more_is_refused
                the_same_item_twice_is_refused
                the_same_ledger_key_twice_is_refused
                an_empty_transaction_succeeds
                a_transaction_whose_answer_was_lost_is_not_applied_again
                a_transaction_that_meets_only_part_of_itself_fails
                a_transaction_without_ledger_writes_items
            }
            values {
                values_read_back_as_they_were_put
                a_value_is_written_once
                what_does_not_exist_is_left_out
                large_values_are_kept
                the_largest_value_is_kept_and_a_larger_one_refused
                executions_have_values_of_their_own
                many_values_are_put_and_read_at_once
                nothing_asked_for_is_nothing_read
            }
            wakes {
                a_wake_is_lowered_to_the_earlier_time
                lowering_remembers_the_latest_revision
                a_head_without_a_wake_is_given_one
                lowering_a_closed_head_does_nothing
                a_wake_is_raised_for_the_revision_it_was_lowered_for
                raising_is_refused_after_a_lowering_for_a_later_revision
                raising_a_closed_head_is_refused
                a_parked_head_is_due_and_raised_and_never_lowered
                where_there_is_no_head_nothing_happens
                the_end_is_told_once
                the_end_is_told_although_the_wake_was_lowered_for_a_later_revision
                a_report_of_an_earlier_revision_is_refused
                a_redrive_reopens_the_head
                a_repeated_redrive_report_does_not_undo_a_lowering
                running_told_to_an_open_head_only_lowers
                after_a_redrive_a_raise_for_an_earlier_revision_is_refused
                an_execution_of_the_same_name_elsewhere_is_not_touched
            }
        }
    };
}

macro_rules! list_of_checks {
    (@ $($module:ident { $($check:ident)* })*) => {
        /// All checks.
        pub fn checks() -> Vec<Check> {
            vec![$($(Check { name: concat!(stringify!($module), "::", stringify!($check)), run: |store| Box::pin($module::$check(store)) },)*)*]
        }
    };
}
crate::for_each_store_check!(list_of_checks, @);

/// Runs the check of this name.
///
/// # Panics
///
/// Where the contract is broken, or if there is no such check.
pub async fn run(name: &str, store: SharedStore) {
    let check = checks().into_iter().find(|check| check.name == name);
    (check.unwrap_or_else(|| panic!("no check is called `{name}`")).run)(store).await;
}

/// Makes a test of each check: `store_contract!(empty_store);` with an async function whose answer is an [`EmptyStore`](crate::contract::EmptyStore),
/// such as `Arc<dyn Store>`. The calling crate needs tokio's test macro.
#[macro_export]
macro_rules! store_contract {
    ($empty_store:path) => {
        $crate::for_each_store_check!($crate::tests_of_store_checks, @ $empty_store;);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! tests_of_store_checks {
    (@ $empty_store:path; $($module:ident { $($check:ident)* })*) => {
        $(mod $module {
            #[allow(unused_imports, reason = "the path of the function may be absolute")]
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let empty = $empty_store().await;
                    let store = $crate::contract::EmptyStore::store(&empty);
                    $crate::contract::run(concat!(stringify!($module), "::", stringify!($check)), store).await;
                }
            )*
        })*
    };
}

/// Hands all checks of stores with a retention to the macro `$with`, behind `$arguments`. The one list of them.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_retention_check {
    ($with:path, $($arguments:tt)*) => {
        $with! { $($arguments)*
            what_has_expired_is_not_read
            what_has_not_expired_is_not_deleted
            a_head_that_has_expired_is_as_none
            a_name_is_free_again_when_its_head_has_expired
            a_renewal_in_pages_renews_everything_and_the_head_last
            a_renewal_that_is_lost_after_any_page_loses_nothing
            a_renewal_that_was_not_finished_promises_nothing
            an_item_written_during_a_renewal_is_kept
            an_earlier_renewal_takes_nothing_back
            no_entry_expires_before_an_earlier_one
            renewing_what_was_deleted_makes_nothing
            each_write_of_a_ledger_entry_keeps_it
            what_belongs_to_no_execution_is_kept
            a_renewal_is_due_half_way_to_the_expiry
            what_another_retention_wrote_is_renewed_in_time
            a_place_where_no_renewal_was_is_refused
            a_head_reads_back_when_it_was_renewed
        }
    };
}

macro_rules! run_retention_check {
    (@ $($check:ident)*) => {
        /// Runs the check of this name on a store with the retention of the checks.
        ///
        /// # Panics
        ///
        /// Where the contract is broken, or if there is no such check.
        pub async fn run_of_retention(name: &str, keeping: retention::Keeping) {
            match name {
                $(stringify!($check) => retention::$check(keeping).await,)*
                _ => panic!("no check is called `{name}`"),
            }
        }
    };
}
crate::for_each_retention_check!(run_retention_check, @);

/// Makes a test of each check of stores with a retention: `retention_contract!(keeping);` with an async function from a
/// [`Retention`](crate::Retention) to an empty [`ExpiringStore`](crate::contract::retention::ExpiringStore) that has it. The calling crate needs
/// tokio's test macro.
#[macro_export]
macro_rules! retention_contract {
    ($keeping:path) => {
        $crate::for_each_retention_check!($crate::tests_of_retention_checks, @ $keeping;);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! tests_of_retention_checks {
    (@ $keeping:path; $($check:ident)*) => {
        mod retention {
            #[allow(unused_imports, reason = "the path of the function may be absolute")]
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    use $crate::contract::{retention, run_of_retention};
                    let clock = retention::clock();
                    let expiring = $keeping(retention::retention(&clock)).await;
                    run_of_retention(stringify!($check), retention::Keeping::new(expiring, clock)).await;
                }
            )*
        }
    };
}

/// Reads what may lag behind until it is as expected, or has been read a hundred times.
async fn eventually<T: PartialEq + std::fmt::Debug, F: Future<Output = T>>(mut read: impl FnMut() -> F, expected: T) {
    for _ in 0..100 {
        if read().await == expected {
            return;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(read().await, expected);
}

/// Does `act` for each number at once, in tasks of their own; answers in the order of the numbers.
async fn at_once<T, F>(numbers: std::ops::Range<u64>, act: impl Fn(u64) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = numbers.map(|number| tokio::spawn(act(number))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("a task does not panic"));
    }
    answers
}

/// Repeats a call that may be told to be tried again: real stores answer contention so.
async fn patiently<T, E: Into<crate::TransactError>, F: Future<Output = Result<T, E>>>(
    mut call: impl FnMut() -> F,
) -> Result<T, crate::TransactError> {
    for _ in 0..1000 {
        match call().await.map_err(Into::into) {
            Err(crate::TransactError::Store(error)) if error.is_retryable() => tokio::task::yield_now().await,
            answer => return answer,
        }
    }
    panic!("unavailable a thousand times");
}
