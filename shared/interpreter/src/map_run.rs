//! What an execution keeps of a distributed Map: the Map's side, and the Map Run's.
//!
//! A Map Run is an execution of its own, the child of the one that the Map stands in, and the parent of its items' executions (docs/adr/0024).
//! Its state is bounded whatever has been done: items stand in pages or are read piece by piece, what has ended is counted, and results stand in
//! pages that are sealed once (ARCHITECTURE.md, invariant 7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::execution::hexadecimal;
use crate::{ChildEnd, Identity, Payload, StateFailure, ValueHash};

/// A distributed Map that waits for its Map Run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRun {
    /// The secret that the run's id and token are made of.
    #[serde(with = "hexadecimal")]
    pub secret: u128,
    /// The revision that created it.
    pub revision: u64,
    /// The run's names.
    pub identity: Identity,
    /// What it is to do: a [`RunSpec`].
    pub spec: Payload,
    /// Value items that the spec refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<ValueHash>,
    /// Where it stands.
    pub phase: MapRunPhase,
}

/// Where a Map Run stands, as the Map knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MapRunPhase {
    /// It runs.
    Open,
    /// It has ended; what came of it is used in the same transition.
    Ended(Box<ChildEnd>),
    /// It has failed, and nothing caught that.
    Failed(StateFailure),
}

/// What a Map Run is to do: everything that was evaluated in the state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// The label of its executions.
    pub label: String,
    /// The event by which the Map was entered, for causes.
    pub entered_event: u64,
    /// The items, an array; none where they are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Payload>,
    /// How they are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderSpec>,
    /// `MaxConcurrency`; 0 for as many as possible.
    pub max_concurrency: u64,
    /// How much may fail.
    pub tolerance: RunTolerance,
    /// The data that `ItemSelector` sees.
    pub selection: Selection,
    /// How items are batched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchSpec>,
    /// Where results are written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<WriterSpec>,
}

impl RunSpec {
    /// The value items that it refers to.
    pub(crate) fn carried(&self) -> Vec<ValueHash> {
        let Selection { data, context, variables } = &self.selection;
        let batch = self.batch.iter().filter_map(|batch| batch.input.as_ref());
        let all = self.items.iter().chain([data, context]).chain(variables.values()).chain(batch);
        let mut hashes: Vec<ValueHash> = all.filter_map(Payload::hash).cloned().collect();
        hashes.sort();
        hashes.dedup();
        hashes
    }
}

/// How much of a Map Run may fail. Where nothing is given, nothing may.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct RunTolerance {
    /// `ToleratedFailureCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// `ToleratedFailurePercentage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
}

/// What `ItemSelector` sees besides its item; `null` where it asks for nothing of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// The Map's effective input.
    pub data: Payload,
    /// The context object of the Map, without an item.
    pub context: Payload,
    /// The variables that it mentions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Payload>,
}

/// An `ItemReader`, evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReaderSpec {
    /// What is read.
    pub source: ReaderSource,
    /// The bucket, the key or prefix: as evaluated.
    pub parameters: Value,
    /// How the object is read.
    pub input_type: ReaderInput,
    /// The names of the columns; none if they stand in the first row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv_headers: Option<Vec<String>>,
    /// What stands between two columns.
    pub csv_delimiter: char,
    /// Where the array stands: a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_pointer: Option<String>,
    /// At most this many items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
}

/// What a reader reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReaderSource {
    /// What is in an object.
    Object,
    /// The objects of a bucket.
    List,
}

/// How an object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReaderInput {
    /// One JSON value.
    Json,
    /// One per line.
    Jsonl,
    /// Rows of columns.
    Csv,
    /// A manifest of files.
    Manifest,
}

/// An `ItemBatcher`, evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchSpec {
    /// At most this many items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
    /// At most this many bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// `BatchInput`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Payload>,
}

/// A `ResultWriter` that exports, evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriterSpec {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with; may be empty.
    pub prefix: String,
    /// Whether a line holds each result.
    #[serde(default)]
    pub lines: bool,
}

/// A Map Run's own progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunProgress {
    /// The secret that its executions' ids and tokens are made of.
    #[serde(with = "hexadecimal")]
    pub secret: u128,
    /// Whether an execution's input is made of more than its item: then the [`RunSpec`] is read for it.
    pub selects: bool,
    /// Whether results are kept with what is known of their executions.
    pub records: bool,
    /// The page that holds the next item, and what follows it; none where the next has to be read, or all are taken.
    pub items: Option<ValueHash>,
    /// The next item's place in that page.
    pub items_offset: usize,
    /// Whether items are left to be read.
    #[serde(default)]
    pub unread: bool,
    /// Where the reader goes on; none at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many items may still be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_left: Option<u64>,
    /// The index of the next item.
    pub next_item: u64,
    /// The index of the next execution.
    pub next_child: u64,
    /// Executions under way, by the revision that asked for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenPage>,
    /// The revision that left executions unstarted though there was room: its bound was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starved: Option<u64>,
    /// Ends that were told; used in the same transition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<EndedChild>,
    /// Results of executions that have ended: the page that is being filled.
    #[serde(default, skip_serializing_if = "RunResults::is_empty")]
    pub results: RunResults,
    /// Pages of results that were sealed, the latest ones; each names the ones before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealed: Vec<ValueHash>,
    /// Bytes of all results, for the limit of the Map's output.
    #[serde(default)]
    pub result_bytes: u64,
    /// What it is doing.
    #[serde(default)]
    pub stage: RunStage,
}

/// An execution that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedChild {
    /// Its index.
    pub index: u64,
    /// How many items it had.
    pub items: u64,
    /// The page of its input.
    pub inputs: ValueHash,
    /// How it ended.
    pub end: ChildEnd,
}

/// Executions that were asked for by one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPage {
    /// The revision.
    pub revision: u64,
    /// Their inputs: an [`crate::InputPage`].
    pub inputs: ValueHash,
    /// Those that have not ended: index, and how many items each has.
    pub open: Vec<(u64, u64)>,
}

/// What a Map Run is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub enum RunStage {
    /// Its executions run.
    #[default]
    Running,
    /// All have ended; results are being written.
    Writing {
        /// The revision that asked for it.
        revision: u64,
    },
    /// They were written; used in the same transition.
    Written(Result<Value, StateFailure>),
}

/// Results of a Map Run's executions, by their index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct RunResults {
    /// Of those that succeeded.
    pub succeeded: Vec<(u64, Payload)>,
    /// Of the others, where they are to be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<(u64, Payload)>,
    /// In a sealed page: the pages before it that it took over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<ValueHash>,
}

impl RunResults {
    fn is_empty(&self) -> bool {
        self.succeeded.is_empty() && self.failed.is_empty()
    }
}

/// What DescribeMapRun tells of a Map Run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct MapRunFacts {
    /// At most this many executions at a time; 0 for as many as possible.
    pub max_concurrency: u64,
    /// How much may fail.
    pub tolerance: RunTolerance,
    /// Items, by what became of them.
    pub items: RunCounts,
    /// Executions, by what became of them.
    pub executions: RunCounts,
    /// Whether all items are known: only then their total is.
    #[serde(default)]
    pub all_read: bool,
}

/// Numbers of items or executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct RunCounts {
    /// Known so far.
    pub total: u64,
    /// Under way.
    pub running: u64,
    /// Succeeded.
    pub succeeded: u64,
    /// Failed.
    pub failed: u64,
    /// Timed out.
    pub timed_out: u64,
    /// Stopped.
    pub aborted: u64,
    /// Written by the `ResultWriter`.
    #[serde(default)]
    pub results_written: u64,
}

impl RunCounts {
    /// Those that did not succeed.
    pub fn unsuccessful(&self) -> u64 {
        self.failed + self.timed_out + self.aborted
    }

    /// Those that are not under way yet.
    pub fn pending(&self) -> u64 {
        self.total.saturating_sub(self.running + self.succeeded + self.unsuccessful())
    }
}

/// Items that are to be read: from where the cursor says, by whoever knows the bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemsRequest {
    /// The [`ReaderSpec`], as JSON text.
    pub reader: String,
    /// Where an earlier page ended; none for the first.
    pub cursor: Option<String>,
}

/// Items that were read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ItemsPage {
    /// The items; may be empty although more follow.
    pub items: Vec<Value>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// Results that are to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteRequest {
    /// The Map's visit in the run.
    pub visit: u64,
    /// The revision that asked for it.
    pub revision: u64,
    /// Where to: the [`RunSpec`].
    pub spec: Payload,
    /// The results that are in no page yet.
    pub results: RunResults,
    /// The pages.
    pub sealed: Vec<ValueHash>,
}
