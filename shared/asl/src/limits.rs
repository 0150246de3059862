//! The bounds of a definition, each with its source. Tested at the limit and one past it.

/// Bytes of a definition's text. Step Functions Developer Guide, "Quotas": 1 MB for the definition in CreateStateMachine.
pub const MAX_DEFINITION_BYTES: usize = 1_048_576;
/// Objects and arrays inside each other. A branch of a Parallel costs four, the processor of a Map three: see [`MAX_FLOW_NESTING`].
/// Below serde_json's own bound of 128, so that ours, which names the place, is the one that is met.
pub const MAX_NESTING_DEPTH: usize = 100;
/// Flows inside each other, the outermost not counted. An execution mirrors its definition, with up to seven objects and arrays for each flow, and
/// must be readable again with serde_json's bound of 128: what could be written and not be read would be lost.
pub const MAX_FLOW_NESTING: usize = 15;
/// Characters of a state's name. Step Functions Developer Guide, "State machine structure": 80 Unicode characters.
pub const MAX_STATE_NAME_CHARACTERS: usize = 80;
/// Seconds of a timeout, a heartbeat, a Wait or a retrier's interval. Step Functions Developer Guide: 99999999.
pub const MAX_SECONDS: u64 = 99_999_999;
/// Retries of one retrier. Step Functions Developer Guide, "Error handling": 99999999.
pub const MAX_RETRY_ATTEMPTS: u64 = 99_999_999;
/// Seconds of `MaxDelaySeconds`: 366 days. The Developer Guide says "less than"; the service's own validation takes it.
pub const MAX_RETRY_DELAY_SECONDS: u64 = 31_622_400;
/// Names of one definition for which a suggestion is looked for: the search is quadratic, and nobody reads a thousand.
pub const MAX_SUGGESTIONS: usize = 100;
/// Characters of a name for which a suggestion is looked for; longer ones get none.
pub const MAX_SUGGESTION_CHARACTERS: usize = 80;
/// Segments of one path, those of the paths inside its filters counted apart; and selectors in one bracket.
pub const MAX_PATH_SEGMENTS: usize = 256;
/// Filters, parentheses and negations inside each other in a path.
pub const MAX_FILTER_NESTING: usize = 32;
/// Characters of a variable's name. Step Functions Developer Guide, "Variables": 80 Unicode characters.
pub const MAX_VARIABLE_NAME_CHARACTERS: usize = 80;
/// Intrinsic functions inside each other, the outermost counted. Step Functions Developer Guide, "Intrinsic functions": "you can
/// nest up to 10 intrinsic functions within a field".
pub const MAX_CALL_NESTING: usize = 10;

/// Characters of the label of a distributed Map (Step Functions Developer Guide, "Map state in Distributed mode").
pub const MAX_LABEL_CHARACTERS: usize = 40;
/// Items that a reader or a batch may be told to have at most: "up to 100,000,000" (the same, `MaxItems`).
pub const MAX_ITEMS: u64 = 100_000_000;
/// Bytes of a batch that may be asked for (the same, `ItemBatcher`).
pub const MAX_BATCH_BYTES: u64 = 262_144;
