//! The codes of the diagnostics. Stable: people search for them, suites compare them. docs/diagnostics.md explains each.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $code;)*
        /// Every code, in the order of docs/diagnostics.md.
        pub const ALL: &[&str] = &[$($code),*];
    };
}

codes! {
    /// The text is not JSON.
    SYNTAX = "syntax";
    /// The text is over the size limit.
    TOO_LARGE = "too-large";
    /// Objects and arrays, or flows, stand too deep inside each other.
    TOO_DEEP = "too-deep";
    /// A key stands twice in one object.
    DUPLICATE_KEY = "duplicate-key";
    /// A field that the object does not have.
    UNKNOWN_FIELD = "unknown-field";
    /// A field of Amazon States Language that this release does not know yet.
    UNSUPPORTED_FIELD = "unsupported-field";
    /// A field of the JSONata query language in a JSONPath state.
    JSONATA_FIELD = "jsonata-field";
    /// A field of the JSONPath query language in a JSONata state.
    JSONPATH_FIELD = "jsonpath-field";
    /// A state in JSONPath in a machine that is in JSONata.
    QUERY_LANGUAGE_DOWNGRADE = "query-language-downgrade";
    /// A text that is no JSONata expression.
    BAD_JSONATA = "bad-jsonata";
    /// A name that no variable can have.
    BAD_VARIABLE_NAME = "bad-variable-name";
    /// A variable of an outer flow assigned in an inner one.
    OUTER_VARIABLE = "outer-variable";
    /// A variable that nothing assigns.
    UNASSIGNED_VARIABLE = "unassigned-variable";
    /// A field that must be there is not.
    MISSING_FIELD = "missing-field";
    /// Fields that exclude each other stand beside each other.
    EXCLUSIVE_FIELDS = "exclusive-fields";
    /// A value of the wrong JSON type.
    WRONG_TYPE = "wrong-type";
    /// A value of the right type that is not allowed there.
    BAD_VALUE = "bad-value";
    /// A number outside its bounds.
    OUT_OF_RANGE = "out-of-range";
    /// An array or object that must not be empty.
    EMPTY = "empty";
    /// A `Type` that does not exist.
    UNKNOWN_STATE_TYPE = "unknown-state-type";
    /// A state's name is empty or too long.
    BAD_STATE_NAME = "bad-state-name";
    /// Two states have the same name.
    DUPLICATE_STATE = "duplicate-state";
    /// A transition leads to a state that its flow does not have.
    UNKNOWN_STATE = "unknown-state";
    /// Nothing leads to a state.
    UNREACHABLE_STATE = "unreachable-state";
    /// A flow without any state that ends it.
    NO_TERMINAL_STATE = "no-terminal-state";
    /// A state that says neither `Next` nor `"End": true`.
    MISSING_TRANSITION = "missing-transition";
    /// A state that says both.
    NEXT_AND_END = "next-and-end";
    /// A text that is no path.
    BAD_PATH = "bad-path";
    /// A text that is no call of an intrinsic function.
    BAD_INTRINSIC = "bad-intrinsic";
    /// A literal that looks like a path or an intrinsic function.
    MISSING_DOLLAR = "missing-dollar";
    /// A text that is no RFC 3339 timestamp.
    BAD_TIMESTAMP = "bad-timestamp";
    /// A Choice rule with no comparison, or with several.
    ONE_COMPARISON = "one-comparison";
    /// `States.ALL` beside another name, or not in the last retrier or catcher.
    MISPLACED_STATES_ALL = "misplaced-states-all";
    /// A reserved error name that does not exist, or nearly one.
    UNKNOWN_ERROR_NAME = "unknown-error-name";
    /// A `Resource` that nothing here serves.
    UNSUPPORTED_RESOURCE = "unsupported-resource";
    /// A compensation in the processor of a distributed Map.
    DISTRIBUTED_COMPENSATION = "distributed-compensation";
    /// A pivot that declares how to undo it.
    PIVOT_WITH_COMPENSATION = "pivot-with-compensation";
    /// A pivot inside a Parallel or a Map.
    NESTED_PIVOT = "nested-pivot";
    /// `"Compensate": "Execution"` inside a Parallel or a Map.
    NESTED_COMPENSATE = "nested-compensate";
    /// A compensation that would wait for a task token.
    CALLBACK_COMPENSATION = "callback-compensation";
    /// An error name that can never prove that there was no effect.
    BAD_REFUSAL = "bad-refusal";
}
