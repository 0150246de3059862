//! The table of breaks: what the broken code does, its name, and the rule that it breaks.
//!
//! Longer than 600 lines because it is one table.

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
    /// * invariant 15, the life of definitions: nothing deletes one;
    /// * invariant 16, an id that nobody draws twice: 128 bits of the port `Entropy`;
    /// * invariant 18: that the simulator runs the code that is deployed is seen in its imports;
    /// * invariant 19, diagnostics and names of errors: `asl`, the API and their tests;
    /// * compensation, what a definition may say (undeclared compensations, where a pivot may stand), `explore` and `export`: tools;
    /// * compensation, what a plain machine may redrive: AWS's rule, in the conformance tests;
    /// * compensation, that a stop is answered at once and branches are unwound beside each other: only how long things take;
    /// * compensation, nested executions: no code yet;
    /// * tasks, FIFO groups, visibility, retention, recursive loops and trace headers: the template's settings;
    /// * tasks, that a heartbeat is no transition: the shape of the port; the dispatcher: no code yet;
    /// * tasks, that a conflict is decided again in the process: without it the message is sent again, which is as good;
    /// * order saga, a second refund: nothing of ours prevents it but the processor's own key.
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
    /// A payload that is too large is kept, though its state fails.
    OversizeValueKept, oversize_value_kept:
        "invariant 5: what is larger than a payload may be is not kept, for no store would take it";
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
    /// What a wake leaves beyond its first page is left.
    WakeEndsWithItsFirstPage, wake_ends_with_its_first_page:
        "invariant 12: a wake publishes all that is outstanding, in bounded pages";
    /// A page is sent as often as what it goes on with is delivered.
    PageForks, page_forks:
        "invariant 12: a wake publishes again page by page, and each page is sent once";
    /// The first page of a wake raises `wake_at`.
    FirstPageRaisesTheHead, first_page_raises_the_head:
        "invariant 12: only the last page of a wake raises `wake_at`";
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
    /// A hint that was delivered before publishes nothing of then if it finds something else due.
    RedeliveredHintPublishesNothing, redelivered_hint_publishes_nothing:
        "invariant 10: a hint that is delivered again publishes what it led to before, though it finds something else due by then";
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
    /// After a conflict, what the lease item said before counts.
    HeartbeatNotReadAgain, heartbeat_not_read_again:
        "invariant 14: the lease item is read for each decision, after a conflict too";

    // Living.

    /// Items that have expired and were not deleted yet are read.
    ExpiredItemRead, expired_item_read:
        "invariant 15: reads skip what has expired";
    /// An execution that is half-way to its expiry is not renewed.
    NeverRenewed, never_renewed:
        "invariant 15: an open execution whose oldest item is half-way to its expiry is renewed by its wakes";
    /// The first page of a renewal renews the head.
    RenewedHeadFirst, renewed_head_first:
        "invariant 15: a renewal renews the head last, so that it promises nothing that was not renewed";
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

    // Compensation.

    /// What is under way when its execution ends is not owed.
    OwedOnlyOnceSucceeded, owed_only_once_succeeded:
        "compensation (section 4): an action is owed from the moment it is scheduled";
    /// A task that timed out counts as refused.
    TimeoutIsARefusal, timeout_is_a_refusal:
        "compensation (section 4): a timeout is an unknown outcome, hence owed";
    /// A task whose heartbeat stayed away counts as refused.
    LostHeartbeatIsARefusal, lost_heartbeat_is_a_refusal:
        "compensation (section 4): a lost heartbeat is an unknown outcome, hence owed";
    /// A handler that panicked counts as having refused.
    PanicIsARefusal, panic_is_a_refusal:
        "compensation (section 4): a panic is an unknown outcome, hence owed";
    /// A handler that was stopped at its deadline counts as having refused.
    OverrunIsARefusal, overrun_is_a_refusal:
        "compensation (section 4): a handler that did not end in time leaves an unknown outcome, hence owed";
    /// A handler that says that there may have been an effect counts as having refused.
    HandlersFailureIsARefusal, handlers_failure_is_a_refusal:
        "compensation (section 4): only a typed refusal of a handler proves that there was no effect";
    /// A handler's refusal counts though an earlier call in the same attempt may have had an effect.
    DoubtfulRefusalBelieved, doubtful_refusal_believed:
        "compensation (section 4): a refusal proves nothing where the same attempt was begun before and may have had an effect";
    /// A result that is too large counts as a refusal.
    TooLargeResultIsARefusal, too_large_result_is_a_refusal:
        "compensation (section 4): a result too large is an unknown outcome, hence owed";
    /// A request that was received too often counts as refused.
    DeadLetterIsARefusal, dead_letter_is_a_refusal:
        "compensation (section 4): a crash is an unknown outcome, hence owed";
    /// A refusal of a later attempt makes up for the unknown outcome of an earlier one.
    RefusalForgetsUnknown, refusal_forgets_unknown:
        "compensation (section 4): an action is owed unless every attempt ended in a refusal";
    /// The errors that a Task lists in `Refusals` count as unknown outcomes.
    RefusalsIgnored, refusals_ignored:
        "compensation (section 4): an error that the Task lists in `Refusals` is a refusal";
    /// A refused action is owed.
    RefusedActionOwed, refused_action_owed:
        "compensation (section 4): an action whose every attempt was refused owes nothing";
    /// The result of an action does not reach its compensation.
    ArgumentsNotEvaluatedAgain, arguments_not_evaluated_again:
        "compensation (section 4): a compensation's arguments are evaluated again with the result when the action succeeds";
    /// An action that succeeded and whose state then fails owes nothing.
    FailedEvaluationForgetsTheAction, failed_evaluation_forgets_the_action:
        "compensation (section 4): if the second evaluation fails, the first stands and the state fails";
    /// An action is scheduled though its compensation's arguments cannot be evaluated.
    ScheduledThoughArgumentsFail, scheduled_though_arguments_fail:
        "compensation (section 4): if the first evaluation fails, the state fails and nothing is scheduled";
    /// A compensation does not revoke its action's key.
    NothingRevoked, nothing_revoked:
        "compensation (section 4): a compensation revokes first, so that a request still under way is never executed";
    /// A compensation in our table commits before it revokes.
    RevokedBehindTheEffect, revoked_behind_the_effect:
        "compensation (section 4): the revocation is written in the same write as the compensation's effect";
    /// A compensation outside takes effect before it revokes.
    RevokedBehindOutsideEffect, revoked_behind_outside_effect:
        "compensation (section 4): for an effect outside of our table the revocation is written before it";
    /// A revoked key is executed all the same.
    RevokedKeyExecuted, revoked_key_executed:
        "compensation (section 4): a request whose key is revoked is never executed";
    /// A compensation revokes under a live lease of its action.
    LiveActionNotAwaited, live_action_not_awaited:
        "compensation (section 4): a live attempt of the action is waited for";
    /// A compensation that meets a live lease of its action fails.
    LiveActionFailsItsCompensation, live_action_fails_its_compensation:
        "compensation (section 4): waiting for a live attempt is no failed attempt of the compensation";
    /// The deadline of a compensation leaves no time for its action's lease.
    CompensationTimedFromSchedule, compensation_timed_from_schedule:
        "compensation (section 4): a compensation's deadline counts from the latest possible end of the action's lease";
    /// A compensation has its action's key.
    CompensationUnderTheActionsKey, compensation_under_the_actions_key:
        "compensation (section 4): a compensation has its own key";
    /// A compensation that finds nothing to undo fails.
    NothingToUndoFails, nothing_to_undo_fails:
        "compensation (section 4): a compensation tolerates that there is nothing to undo";
    /// A Task that fails is not retried.
    OwnRetryIgnored, own_retry_ignored:
        "compensation (section 4): a Task's own Retry goes first, under the same key, before it unwinds or is caught";
    /// A catcher goes on before what failed is undone, and nobody undoes it then.
    CaughtWithoutUnwinding, caught_without_unwinding:
        "compensation (section 4): a part that fails unwinds before its failure is caught";
    /// A Parallel or Map is retried with what its last attempt owes still standing.
    RetriedWithoutUnwinding, retried_without_unwinding:
        "compensation (section 4): a Parallel or Map that fails unwinds before it is retried";
    /// An iteration that fails and is tolerated leaves what it did.
    ToleratedIterationNotUnwound, tolerated_iteration_not_unwound:
        "compensation (section 4): an iteration that fails unwinds before its failure is tolerated";
    /// What stands in the branches of a part that fails is forgotten where it is under way.
    SiblingsForgotten, siblings_forgotten:
        "compensation (section 4): siblings in flight stop at the failing transition and count as unknown";
    /// What was in flight is undone behind what was done before it.
    InFlightOwedOutOfPlace, in_flight_owed_out_of_place:
        "compensation (section 4): an action of unknown outcome is owed in its starting place";
    /// A success that comes after its task was stopped is forgotten.
    LateResultIgnored, late_result_ignored:
        "compensation (section 4): a late success supplies the compensation's arguments while it is not scheduled";
    /// A success that comes after the compensation was scheduled changes its arguments.
    LateResultChangesArguments, late_result_changes_arguments:
        "compensation (section 4): once a compensation is scheduled its arguments stay, because the same key asks for the same thing";
    /// Tasks in flight that leave nothing to undo are not revoked.
    NothingToUndoNotRevoked, nothing_to_undo_not_revoked:
        "compensation (section 4): `\"None\"` tasks in flight are revoked when they are stopped";
    /// A callback task that is stopped is not revoked where an attempt has handed its token out.
    CallbackNotRevoked, callback_not_revoked:
        "compensation (section 4): a callback task that is stopped is revoked also where an attempt has handed its token out";
    /// The token of a callback task that was stopped is taken.
    StoppedCallbackTaken, stopped_callback_taken:
        "compensation (section 4): pending callbacks of what is stopped are cancelled";
    /// A catcher's `"Compensate": "Execution"` unwinds the part alone.
    CompensateExecutionIgnored, compensate_execution_ignored:
        "compensation (section 4): `\"Compensate\": \"Execution\"` widens unwinding to all that is owed so far";
    /// A catcher's `"Compensate": "None"` unwinds all the same.
    CompensateNoneIgnored, compensate_none_ignored:
        "compensation (section 4): `\"Compensate\": \"None\"` suppresses unwinding";
    /// A Fail state ends the execution at once.
    FailStateDoesNotUnwind, fail_state_does_not_unwind:
        "compensation (section 4): an execution that reaches a Fail state unwinds";
    /// A failure that nobody catches ends the execution at once.
    UncaughtFailureDoesNotUnwind, uncaught_failure_does_not_unwind:
        "compensation (section 4): an execution with an uncaught failure unwinds";
    /// The machine's timeout ends the execution at once.
    TimeoutDoesNotUnwind, timeout_does_not_unwind:
        "compensation (section 4): an execution that times out unwinds";
    /// StopExecution ends the execution at once.
    StopDoesNotUnwind, stop_does_not_unwind:
        "compensation (section 4): an execution that is stopped unwinds";
    /// What was done first is undone first.
    FirstUndoneFirst, first_undone_first:
        "compensation (section 4): within a branch what is owed is undone last first";
    /// All branches are unwound at once.
    UnwindingUnbounded, unwinding_unbounded:
        "compensation (section 4): branches are unwound beside each other, a bounded number at once";
    /// The head says that an execution has ended that is still unwinding.
    EndReportedWhileUnwinding, end_reported_while_unwinding:
        "compensation (section 4): an execution is RUNNING until unwinding has ended";
    /// An execution that was unwound is FAILED, whatever ended it.
    UnwoundEndsAsFailed, unwound_ends_as_failed:
        "compensation (section 4): an execution that was unwound is FAILED, TIMED_OUT or ABORTED, as was decided";
    /// A stop during unwinding begins another end, and what was being undone is forgotten.
    StopDuringUnwindingCounts, stop_during_unwinding_counts:
        "compensation (section 4): a stop during unwinding changes nothing";
    /// The machine's timeout during unwinding begins another end, and what was being undone is forgotten.
    TimeoutDuringUnwindingCounts, timeout_during_unwinding_counts:
        "compensation (section 4): a timeout during unwinding changes nothing";
    /// An execution that was unwound to its end begins again when it is redriven.
    UnwoundRedriven, unwound_redriven:
        "compensation (section 4): an execution that was unwound to the end is not redrivable";
    /// The pivot's success goes unnoticed.
    PivotForgotten, pivot_forgotten:
        "compensation (section 4): after the pivot nothing of before is unwound";
    /// What was owed before the pivot stays owed.
    PivotDischargesNothing, pivot_discharges_nothing:
        "compensation (section 4): a pivot's success discharges all that is owed before it";
    /// An uncaught failure, stop or timeout behind the pivot unwinds what was registered since.
    FailureBehindPivotUnwinds, failure_behind_pivot_unwinds:
        "compensation (section 4): an uncaught failure, stop or timeout after the pivot parks the execution forward";
    /// An execution that ends behind its pivot short of its end is not marked as parked.
    ForwardNotParked, forward_not_parked:
        "compensation (section 4): what ends after the pivot short of its forward end is parked, an alarm";
    /// What is parked forward cannot be redriven.
    ForwardNotRedrivable, forward_not_redrivable:
        "compensation (section 4): redrive goes on with what is parked forward";
    /// A part behind the pivot that fails and is caught leaves what it did.
    PartBehindPivotNotUnwound, part_behind_pivot_not_unwound:
        "compensation (section 4): a part after the pivot that fails and is caught unwinds what it registered itself";
    /// A pivot of unknown outcome fails when its retriers are spent.
    PivotGivesUp, pivot_gives_up:
        "compensation (section 4): while its outcome is unknown, a pivot is retried beyond its MaxAttempts";
    /// A refusal of the pivot does not make its outcome known.
    PivotsRefusalNotTaken, pivots_refusal_not_taken:
        "compensation (section 4): a refusal under the pivot's key makes its outcome known";
    /// A stop or timeout unwinds while the pivot's outcome is unknown.
    EndOvertakesPivot, end_overtakes_pivot:
        "compensation (section 4): a stop or timeout waits until the pivot's outcome is known";
    /// A stop or timeout that waited for the pivot is forgotten when that succeeds.
    StopForgottenBehindPivot, stop_forgotten_behind_pivot:
        "compensation (section 4): a stop or timeout that waited for the pivot is committed, and carried out behind it";
    /// The first failure of a compensation is its last.
    CompensationNotRetried, compensation_not_retried:
        "compensation (section 4): a compensation retries, by default for a day";
    /// By default a compensation is retried without end.
    CompensationRetriedForEver, compensation_retried_for_ever:
        "compensation (section 4): the default retrying of a compensation ends after a day";
    /// A compensation that is spent stops the unwinding of the branches beside it.
    SpentStopsEverything, spent_stops_everything:
        "compensation (section 4): when a compensation's retries are spent, only its own branch stops";
    /// A compensation that is spent counts as done.
    SpentForgotten, spent_forgotten:
        "compensation (section 4): an execution with a spent compensation fails with `Backstep.CompensationFailed`";
    /// An execution with a spent compensation is not marked as parked.
    SpentNotParked, spent_not_parked:
        "compensation (section 4): an execution that still owes something at its end is parked, an alarm";
    /// Only one of those that are still owed is named.
    OwedNotAllNamed, owed_not_all_named:
        "compensation (section 4): the failure of a parked execution names all that is still owed";
    /// What is parked goes on under other keys.
    RedriveRenewsKeys, redrive_renews_keys:
        "compensation (section 4): a redrive of what is parked keeps every key";
    /// What is parked while unwinding owes nothing any more once it is redriven.
    RedriveForgetsOwed, redrive_forgets_owed:
        "compensation (section 4): a redrive of what is parked goes on exactly there";
    /// What is redriven begins at its first state.
    RedriveStartsOver, redrive_starts_over:
        "compensation (section 4): a redrive goes on where the execution ended";

    // How a task travels.

    /// An input of any length travels in its request.
    LargeInputInTheRequest, large_input_in_the_request:
        "tasks (section 5): bodies over 48 KiB travel by reference to a value item";
    /// A success in the ledger answers its own attempt only, and any other runs again.
    SuccessAnswersItsAttemptAlone, success_answers_its_attempt_alone:
        "tasks (section 5): a success in the ledger answers every attempt";
    /// A failure in the ledger answers a later attempt as well.
    FailureAnswersHigherAttempt, failure_answers_higher_attempt:
        "tasks (section 5): a failure answers only its own attempt, a higher one runs again";
    /// An attempt runs though a later one was begun.
    LowerAttemptRuns, lower_attempt_runs:
        "tasks (section 5): an attempt lower than the ledger's is dropped";
    /// A request runs under a key on which somebody else holds a live lease.
    LiveLeaseIgnored, live_lease_ignored:
        "tasks (section 5): a live lease gives the duplicate back until the lease's end";
    /// A request that meets a live lease is acknowledged.
    LiveDuplicateDropped, live_duplicate_dropped:
        "tasks (section 5): a duplicate that meets a live lease is given back, not dropped: the lease's holder may be dead";
    /// Whoever wants a lease acts, whether or not its write was the one that took it.
    LeaseTakenUnconditionally, lease_taken_unconditionally:
        "tasks (section 5): an expired lease is taken over by conditional update";
    /// A ledger entry is written whatever stands there.
    LedgerOverwritten, ledger_overwritten:
        "tasks (section 5): a ledger entry is only written on condition that it is as it was read";
    /// The end of a lease on an effect outside is what its holder's clock says.
    OutsideLeaseWithoutMargin, outside_lease_without_margin:
        "tasks (section 5): an effect outside is over by every clock when its lease is taken for ended";
    /// A handler goes on when its lease has ended.
    LeaseEndIgnored, lease_end_ignored:
        "tasks (section 5): nothing acts on a key without a lease, so that a handler is stopped at its lease's end";
    /// A handler goes on when its lease was taken from it.
    LostLeaseIgnored, lost_lease_ignored:
        "tasks (section 5): nothing acts on a key without a lease, so that a handler is stopped when its lease is lost";
    /// A handler's effect in our table is committed before the ledger.
    EffectApartFromLedger, effect_apart_from_ledger:
        "tasks (section 5): effect and ledger are committed in one transaction, conditional on the lease";
    /// A transaction that conflicts, or is throttled, is answered as a refusal.
    ConflictIsABusinessAnswer, conflict_is_a_business_answer:
        "tasks (section 5): transaction conflicts and throttling are retried, never taken for a business answer";
    /// A state has one key for all its visits.
    KeyOfAllVisits, key_of_all_visits:
        "tasks (section 5): each entry into a state and each outer retry is a new visit, hence a new key";
    /// Each attempt has a key of its own.
    KeyOfTheAttempt, key_of_the_attempt:
        "tasks (section 5): the key is the same for all attempts of a visit";
    /// A success that comes between two attempts is stale.
    LateSuccessInBackoffRefused, late_success_in_backoff_refused:
        "tasks (section 5): a worker's success for any attempt of the visit is accepted, also during backoff";
    /// A success that failed its state is used again when it comes again.
    MisfitUsedAgain, misfit_used_again:
        "tasks (section 5): a success whose result failed the state is over: its copies spend no retries";
    /// The ledger answers a callback's attempt by the success of another, whose token was another.
    CallbackAnsweredByLedger, callback_answered_by_ledger:
        "tasks (section 5): each attempt of a callback task hands out a token of its own";
    /// A callback is taken though its deadline has passed, as long as nobody has noticed.
    CallbackAfterItsDeadline, callback_after_its_deadline:
        "tasks (section 5): a callback's answer after its deadline is `TaskTimedOut`, whether or not the timeout was committed yet";
    /// The token of an earlier attempt answers a callback task.
    EarlierCallbackTokenTaken, earlier_callback_token_taken:
        "tasks (section 5): a `.waitForTaskToken` token belongs to one attempt";
    /// An answer for a visit that is over is applied.
    AnswerBehindTheVisitApplied, answer_behind_the_visit_applied:
        "tasks (section 5): after the visit everything is stale";
    /// A heartbeat does not move its lease's end.
    HeartbeatDoesNotExtend, heartbeat_does_not_extend:
        "tasks (section 5): heartbeats extend the lease item";
    /// A handler may work beyond its task's deadline, and begin behind it.
    HandlerOutlivesTheDeadline, handler_outlives_the_deadline:
        "tasks (section 5): a handler's deadline is the earlier of the function's remaining time and the task's deadline";
    /// A request is acknowledged though its answer was not sent.
    UnansweredAcknowledged, unanswered_acknowledged:
        "tasks (section 5): a request is done when the queue has taken its answer";
    /// A message that lost against other writers is acknowledged.
    ContentionAcknowledged, contention_acknowledged:
        "tasks (section 5): a message that conflicts beyond the limit is sent again before it is acknowledged";
    /// A message that lost against other writers is given back, and its receives are counted.
    ContentionGivenBack, contention_given_back:
        "tasks (section 5): contention never leads to the dead letters";
    /// A message that is sent again does not say so.
    ResentNotCounted, resent_not_counted:
        "tasks (section 5): a message that is sent again has its own counter";
    /// All answers to one request have the same deduplication id.
    DeduplicationIdOfTheToken, deduplication_id_of_the_token:
        "tasks (section 5): deduplication ids are fresh per send";
    /// The dead letters of task queues are acknowledged without answering their tasks.
    DeadLettersAcknowledged, dead_letters_acknowledged:
        "tasks (section 5): the dead letters of the task queues are consumed, and their tasks answered";
    /// A batch is acknowledged if anything of it is done.
    BatchAcknowledgedWhole, batch_acknowledged_whole:
        "tasks (section 5): each message of a batch is acknowledged by itself, so that what failed comes again";
    /// A batch is given back if anything of it is not done.
    BatchGivenBackWhole, batch_given_back_whole:
        "tasks (section 5): each message of a batch is given back by itself, so that what is done does not come again";

    // The order saga's handlers.

    /// Stock is taken without a look at what is left.
    StockUnguarded, stock_unguarded:
        "order saga: stock never falls below zero";
    /// What has expired, and is back in the stock, is released once more.
    ReleasedTwice, released_twice:
        "order saga: nothing is released twice";
    /// Shipping asks the carrier while the reservation can still expire.
    ReservationNotMadeFirm, reservation_not_made_firm:
        "order saga: a reservation is made firm before the carrier is asked";
    /// Each request to the processor has another idempotency key.
    ChargedWithoutKey, charged_without_key:
        "order saga: the processor charges once per key, and the key is the same for all attempts";
    /// A decline is taken for proof that no earlier request under the key was charged.
    DeclineBelieved, decline_believed:
        "order saga: a decline proves nothing where a charge stands under the key";
    /// A refund asks the processor by its own key.
    RefundedByItsOwnKey, refunded_by_its_own_key:
        "order saga: a refund asks the processor by the action's key";
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
