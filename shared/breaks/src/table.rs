//! The table of breaks: what the broken code does, its name, and the rule that it breaks.

/// Makes the enum, the list of its variants, their names and their rules of one table, so that no list can miss one.
macro_rules! breaks {
    ($(#[$about:meta])* pub enum Break; $($(#[$meaning:meta])* $variant:ident, $name:ident: $rule:literal;)*) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Break {
            $($(#[$meaning])* $variant,)*
        }

        impl Break {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name: the variant's, in snake case.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)*
                }
            }

            /// The rule that it breaks, in one sentence, led by where the rule is kept: `invariant 10: ...`.
            pub fn rule(self) -> &'static str {
                match self {
                    $(Self::$variant => $rule,)*
                }
            }
        }
    };
}

breaks! {
    /// A deliberate break: a guard of a rule that does not guard.
    ///
    /// Each variant says what the broken code does. Its place is where `Break::...` stands in the sources; [`Break::rule`] names the rule.
    ///
    /// Rules without a break, because no interleaving can show them:
    /// * invariant 1, frozen formats: samples in the tests of each stored type;
    /// * invariant 5, size of a definition: `asl` refuses it before anything runs; a history has no limit that could be dropped;
    /// * invariant 6, one write per transition and keys by execution: the shape of the port, and of the policies of a deployed stack;
    /// * invariant 8, the order of receipt: of several answers only their order in the history depends on it;
    /// * invariant 15, renewal and the life of definitions: no code yet;
    /// * invariant 16, an id that nobody draws twice: 128 bits of the port `Entropy`;
    /// * invariant 18: that the simulator runs the code that is deployed is seen in its imports;
    /// * invariant 19, diagnostics and names of errors: `asl`, the API and their tests.
    pub enum Break;

    // Deciding.

    /// Random numbers are not made of the seed alone.
    TransitionDrawsItself, transition_draws_itself:
        "invariant 1: time and seed are arguments, the interpreter draws nothing by itself";
    /// Every commit has the same seed.
    SeedNotDrawn, seed_not_drawn:
        "invariant 1: a seed is drawn for each commit and recorded in its entry";
    /// The failure of a task becomes a Rust error.
    TaskFailureIsAnError, task_failure_is_an_error:
        "invariant 2: what fails in the program is a value, a Rust error says that a message is not permitted or data corrupt";
    /// A transition visits twenty times as many states as it may.
    StatesUnbounded, states_unbounded:
        "invariant 3: a transition visits a bounded number of states";
    /// A transition issues as many commands as there are.
    CommandsUnbounded, commands_unbounded:
        "invariant 3: a transition issues a bounded number of commands";
    /// A branch that was left runnable arms no hint and no wake.
    RunnableBranchForgotten, runnable_branch_forgotten:
        "invariant 3: a branch that is left runnable is outstanding like a hint that is due at once";
    /// Deadlines that have passed fire only behind the messages.
    MessagesBeforeDeadlines, messages_before_deadlines:
        "invariant 4: overdue deadlines fire before the messages";
    /// The machine's timeout fires before deadlines that passed earlier.
    DeadlinesOutOfOrder, deadlines_out_of_order:
        "invariant 4: overdue deadlines fire in their order";
    /// A payload may be of any length.
    PayloadUnlimited, payload_unlimited:
        "invariant 5: a payload has a limit";
    /// A payload may be nested to any depth.
    NestingUnlimited, nesting_unlimited:
        "invariant 5: the nesting of a payload has a limit";
    /// Any number of branches may be open.
    BranchesUnlimited, branches_unlimited:
        "invariant 5: the branches that are open at a time have a limit";

    // Committing.

    /// An entry takes the place of the one at its revision.
    EntryOverwritten, entry_overwritten:
        "invariant 6: an entry is put on condition that nothing stands at its revision";
    /// An entry that is put again after its answer was lost is a conflict.
    OwnEntryNotRecognized, own_entry_not_recognized:
        "invariant 6: a writer whose answer was lost recognizes its own entry by the seed";
    /// The latest entry is read as it was one entry ago.
    LatestEntryNotRead, latest_entry_not_read:
        "invariant 6: the latest entry is read consistently";
    /// A writer that meets another's entry goes on as if its own stood there.
    ConflictTakenForCommitted, conflict_taken_for_committed:
        "invariant 6: the conditional put alone decides whose transition it is";
    /// Value items are written behind the entry that names them.
    ValuesAfterEntry, values_after_entry:
        "invariant 7: value items are written before the entry that names them";
    /// Values of any length stand in the state and in events.
    LargeValueInline, large_value_inline:
        "invariant 7: values over the limit are value items, so that a transition's cost does not grow with the payload";
    /// A Map starts all its iterations at once.
    MapConcurrencyUnlimited, map_concurrency_unlimited:
        "invariant 7: a Map has a bounded number of active iterations";
    /// Results of a Map stay in the state.
    MapResultsNeverSealed, map_results_never_sealed:
        "invariant 7: finished results fill a page that is sealed, so that a transition's cost does not grow with the Map";
    /// What one message makes impossible parks all of its batch.
    UnfitMessageTakesItsBatchAlong, unfit_message_takes_its_batch_along:
        "invariant 8: a message that breaks a limit is taken out and the rest go on";
    /// Behind a message that is not applied, the rest of its batch is not applied either, and is acknowledged.
    StaleMessageTakesItsBatchAlong, stale_message_takes_its_batch_along:
        "invariant 8: a message that is rejected is taken out and the rest go on";
    /// The head of a start stands before its input.
    InputAfterHead, input_after_head:
        "invariant 9: a start writes the input's value item before the head";
    /// The first entry stands before the head, whoever has the name.
    EntryBeforeHead, entry_before_head:
        "invariant 9: a start puts the head, if the name is free, before the first entry";
    /// A head is made that is not due.
    HeadNotDueAtStart, head_not_due_at_start:
        "invariant 9: a new head is due at once, so that a start that was interrupted is found";
    /// A head without a journal is taken for no execution.
    HeadWithoutJournalLeft, head_without_journal_left:
        "invariant 9: whoever finds a head without a journal completes the start from the head";
    /// The head never hears of the end.
    EndNeverReported, end_never_reported:
        "invariant 9: the terminal entry is followed by the head's status";
    /// A wake of an execution that has ended does not tell the head.
    EndNotRepaired, end_not_repaired:
        "invariant 9: a wake repairs a head that did not hear of the end";

    // Publishing.

    /// What a transition creates is published before its entry is put, too.
    PublishedBeforeCommit, published_before_commit:
        "invariant 10: nothing outside happens before the commit";
    /// A message that no longer applies is acknowledged, and what may not have been published stays so.
    StaleMessagePublishesNothing, stale_message_publishes_nothing:
        "invariant 10: for a message that no longer applies, what is still outstanding since its revision is published";
    /// An entry of a batch that failed counts as sent.
    FailedEntryTakenForSent, failed_entry_taken_for_sent:
        "invariant 10: published means that each entry of each batch was answered successful";
    /// A batch whose answer was lost counts as sent.
    UnansweredBatchTakenForSent, unanswered_batch_taken_for_sent:
        "invariant 10: published means that each entry of each batch was answered";
    /// A message is acknowledged though not all that it led to was published.
    UnpublishedAcknowledged, unpublished_acknowledged:
        "invariant 10: a message is acknowledged after what it leads to was published";
    /// A queue's refusal counts as proof that nobody saw the request, also where it may have been sent before.
    SeenRequestTakenForUnseen, seen_request_taken_for_unseen:
        "invariant 10: a permanent refusal is a refusal only if this is provably the first publish";
    /// A queue's refusal never counts as proof that nobody saw the request.
    UnseenRequestTakenForSeen, unseen_request_taken_for_seen:
        "invariant 10: a permanent refusal of what is provably the first publish is a refusal of the task";
    /// A request that can never be published is left alone.
    UndeliverableRequestLeft, undeliverable_request_left:
        "invariant 10: a permanent refusal becomes the task's failure";
    /// A failure ends the current attempt, whichever attempt it is of.
    FailureOfAnotherAttemptAccepted, failure_of_another_attempt_accepted:
        "invariant 11: a message carries what shows it to be stale, and a failure counts for its own attempt alone";
    /// A token of a revision that does not exist is taken.
    TokenOfTheFutureApplied, token_of_the_future_applied:
        "invariant 11: a token from a revision above the latest is an alarm";
    /// A message that no longer applies is given back to the queue.
    StaleMessageGivenBack, stale_message_given_back:
        "invariant 11: a stale message is acknowledged and counted, never an error";
    /// The head's `wake_at` is not lowered.
    WakeNotLowered, wake_not_lowered:
        "invariant 12: a transition that needs an earlier wake lowers `wake_at`";
    /// The head's `wake_at` is lowered behind the commit.
    WakeLoweredAfterCommit, wake_lowered_after_commit:
        "invariant 12: `wake_at` is lowered before the commit that needs it";
    /// `wake_at` is raised over what a newer transition lowered it to.
    WakeRaisedOverNewer, wake_raised_over_newer:
        "invariant 12: a wake raises `wake_at` only if no newer transition has lowered it";
    /// A wake raises `wake_at` and is acknowledged though it could not publish what is outstanding.
    WakeRaisedUnpublished, wake_raised_unpublished:
        "invariant 12: a wake raises `wake_at` after what is outstanding was published";
    /// A wake never raises `wake_at`.
    WakeNeverRaised, wake_never_raised:
        "invariant 12: a wake raises `wake_at`, so that an execution that waits is not woken each minute";
    /// A wake publishes only what it created itself.
    WakePublishesNothing, wake_publishes_nothing:
        "invariant 12: on a wake the coordinator publishes what is outstanding again";
    /// A wake handles nothing that is overdue.
    WakeSkipsOverdue, wake_skips_overdue:
        "invariant 12: on a wake the coordinator handles what is overdue";
    /// An execution with a request outstanding is looked at within a day only.
    RequestNotLookedAfter, request_not_looked_after:
        "invariant 12: while a request is outstanding, an open execution is looked at again within 900 s";
    /// An execution that waits is looked at within a day only, whatever its earliest deadline.
    DeadlineNotLookedAfter, deadline_not_looked_after:
        "invariant 12: an execution that waits is looked at by its earliest deadline";
    /// The watch does not wake what is due for longest.
    WatchSkipsTheLongestDue, watch_skips_the_longest_due:
        "invariant 12: the watch sends a wake for what is due";
    /// A redrive does not tell the head that the execution is open again.
    RedrivenHeadStaysClosed, redriven_head_stays_closed:
        "invariant 12: an open execution is looked at again, one that was redriven too";
    /// The head that a redrive opened before it was interrupted stays open.
    DeadRedriveLeftOpen, dead_redrive_left_open:
        "invariant 12: a wake closes the head again that an interrupted redrive has opened";
    /// A hint fires however early it comes.
    EarlyHintFires, early_hint_fires:
        "invariant 13: a hint advances the time by the skew between clocks at most";
    /// A hint that comes early is acknowledged and nothing else.
    EarlyHintDropped, early_hint_dropped:
        "invariant 13: a hint that comes early is sent again for the rest";
    /// No hint is ever sent.
    HintNotSent, hint_not_sent:
        "invariant 13: a hint is sent when the earliest deadline is near";
    /// A deadline earlier than the armed one has no hint.
    EarlierDeadlineNotArmed, earlier_deadline_not_armed:
        "invariant 13: a hint is sent when the earliest deadline precedes the armed one";
    /// The time of a transition is the clock's, though the latest entry is later.
    TimeRunsBackwards, time_runs_backwards:
        "invariant 13: the time of a transition is the later of clock and latest entry";
    /// A start is answered though its head could not be put.
    StartAnsweredUncommitted, start_answered_uncommitted:
        "invariant 14: a start is answered when it is committed";
    /// A stop is answered and not committed.
    StopAnsweredUncommitted, stop_answered_uncommitted:
        "invariant 14: a stop is answered when it is committed";
    /// A redrive is answered and not committed.
    RedriveAnsweredUncommitted, redrive_answered_uncommitted:
        "invariant 14: a redrive is answered when it is committed";
    /// SendTaskSuccess and SendTaskFailure are answered though their commit failed.
    CallbackAnsweredUncommitted, callback_answered_uncommitted:
        "invariant 14: SendTaskSuccess and SendTaskFailure are answered when they are committed";
    /// A message is acknowledged though the store did not take what it led to.
    UncommittedAcknowledged, uncommitted_acknowledged:
        "invariant 14: an input is acknowledged when a journal or a durable queue has it";
    /// SendTaskHeartbeat is answered and not written.
    HeartbeatNotWritten, heartbeat_not_written:
        "invariant 14: a heartbeat writes its lease item";
    /// A heartbeat is judged overdue by the state alone.
    HeartbeatNotRead, heartbeat_not_read:
        "invariant 14: the lease item is read before a heartbeat is judged overdue";

    // Living.

    /// Items that have expired and were not deleted yet are read.
    ExpiredItemRead, expired_item_read:
        "invariant 15: reads skip what has expired";
    /// A head takes the place of the one that has its name.
    HeadOverwritten, head_overwritten:
        "invariant 16: a name is unique through its head";
    /// A start that finds its name taken begins an execution all the same.
    SecondStartRunsToo, second_start_runs_too:
        "invariant 16: a repeated start is answered, and starts nothing";
    /// A start repeated with another input is answered as the first.
    OtherInputAccepted, other_input_accepted:
        "invariant 16: a start of a name that is taken, with another input, is refused";
    /// A start repeated with the same input is answered as one with another.
    SameInputRefused, same_input_refused:
        "invariant 16: a start repeated with the same input is answered as the first was";
    /// The id of an execution is made of its name.
    IdOfTheName, id_of_the_name:
        "invariant 16: an execution's id is random, drawn at its start";
    /// A token's proof is not looked at.
    ProofNotCompared, proof_not_compared:
        "invariant 16: a task is answered only by who has its token";
    /// A token's proof is 0.
    ProofGuessable, proof_guessable:
        "invariant 16: a task token ends in 128 bits that nobody can guess";
    /// What a newer release wrote is parked.
    NewerFormatParked, newer_format_parked:
        "invariant 17: what is newer than known is given back to the queue, not taken for corrupt";
    /// What a newer release wrote is acknowledged.
    NewerFormatAcknowledged, newer_format_acknowledged:
        "invariant 17: what is newer than known is given back to the queue";
    /// An execution goes on by the definition that its machine has now.
    DefinitionOfTheDay, definition_of_the_day:
        "invariant 17: an execution is pinned to the definition that it was started with";
    /// What nobody can read is acknowledged and not parked.
    UnreadableAcknowledged, unreadable_acknowledged:
        "invariant 19: a message that cannot be read is sent to the parking queue";
    /// What is parked does not say why.
    ParkedWithoutReason, parked_without_reason:
        "invariant 19: a message is parked with its reason as attribute";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `TaskFailureIsAnError` as `task_failure_is_an_error`.
    fn snake_case(variant: &str) -> String {
        let mut name = String::new();
        for letter in variant.chars() {
            if letter.is_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.extend(letter.to_lowercase());
        }
        name
    }

    #[test]
    fn each_is_called_as_its_variant() {
        for which in Break::ALL {
            assert_eq!(which.name(), snake_case(&format!("{which:?}")));
        }
    }

    #[test]
    fn each_names_its_rule_by_where_it_is_kept() {
        for which in Break::ALL {
            let (place, rule) = which.rule().split_once(": ").unwrap();
            let number = place.strip_prefix("invariant ").and_then(|number| number.parse().ok());
            let known = number.is_some_and(|number| (1..=19).contains(&number))
                || ["compensation (section 4)", "tasks (section 5)", "order saga"].contains(&place);
            assert!(known && !rule.is_empty(), "{which:?}: {}", which.rule());
        }
    }

    #[test]
    fn every_invariant_that_an_interleaving_can_show_has_a_break() {
        let has_one = |number: &u32| Break::ALL.iter().any(|which| which.rule().starts_with(&format!("invariant {number}: ")));
        let without: Vec<u32> = (1..=19).filter(|number| !has_one(number)).collect();
        assert_eq!(without, [18]);
    }
}
