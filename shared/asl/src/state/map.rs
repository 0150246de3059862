//! Map, inline and distributed: States Language specification, "Map State"; Step Functions Developer Guide, "Using Map state in Distributed
//! mode".

use super::{Amount, Catcher, Data, Retrier};
use crate::definition::{Flow, Next};
use crate::path::Path;
use crate::template::Template;

/// A Map state.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// How data flows; `Parameters` is not here but in `item_selector`.
    pub data: Data,
    /// `ItemProcessor` (or `Iterator`, its older name).
    pub processor: Flow,
    /// `ItemsPath`; the effective input itself when absent.
    pub items_path: Option<Path>,
    /// `Items` (JSONata): an array, or an expression for one; the input itself when absent.
    pub items: Option<Template>,
    /// `ItemSelector` (or `Parameters`, its older name); the item itself when absent.
    pub item_selector: Option<Template>,
    /// `MaxConcurrency` or its path; 0 and absent mean as many as the engine allows (40, as on AWS).
    pub max_concurrency: Option<Amount>,
    /// Failures that are tolerated.
    pub tolerance: Tolerance,
    /// What only a Map in mode `DISTRIBUTED` has, whose items are executions of their own; none of an inline one.
    pub distributed: Option<Box<Distributed>>,
    /// `Retry`.
    pub retry: Vec<Retrier>,
    /// `Catch`.
    pub catch: Vec<Catcher>,
    /// Where it leads.
    pub next: Next,
}

/// How many iterations may fail before the Map does; absent fields tolerate none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tolerance {
    /// `ToleratedFailureCount` or its path.
    pub count: Option<Amount>,
    /// `ToleratedFailurePercentage` or its path, 0 to 100.
    pub percentage: Option<Amount>,
}

/// What only a distributed Map has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distributed {
    /// `ExecutionType` of the processor's executions.
    pub execution_type: ExecutionType,
    /// `ItemReader`.
    pub reader: Option<ItemReader>,
    /// `ItemBatcher`.
    pub batcher: Option<ItemBatcher>,
    /// `ResultWriter`.
    pub writer: Option<ResultWriter>,
    /// `Label`: a part of the names of its executions.
    pub label: Option<String>,
}

/// `ExecutionType` of a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExecutionType {
    /// `STANDARD`.
    #[default]
    Standard,
    /// `EXPRESS`.
    Express,
}

/// `ItemReader`: where the items are read from.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemReader {
    /// What is read.
    pub source: ItemSource,
    /// `Parameters`, in JSONata `Arguments`: the bucket, the key or prefix.
    pub parameters: Option<Template>,
    /// `InputType`; JSON when absent.
    pub input_type: InputType,
    /// `CSVHeaderLocation` and `CSVHeaders`: the names of the columns; none if they stand in the first row.
    pub csv_headers: Option<Vec<String>>,
    /// `CSVDelimiter`.
    pub csv_delimiter: char,
    /// `ItemsPointer`: where in the object the array stands, a JSON pointer.
    pub items_pointer: Option<String>,
    /// `MaxItems` or its path; 0 and absent mean all.
    pub max_items: Option<Amount>,
}

/// What an `ItemReader` reads, by its `Resource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemSource {
    /// `s3:getObject`: what is in an object.
    Object,
    /// `s3:listObjectsV2`: the objects of a bucket.
    List,
}

/// `InputType` of an `ItemReader`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InputType {
    /// An array, or an object whose members are the items.
    #[default]
    Json,
    /// A JSON value per line.
    Jsonl,
    /// Rows of columns.
    Csv,
    /// The manifest of an S3 Inventory, which names files of rows.
    Manifest,
}

/// `ItemBatcher`: several items for one execution. One of the bounds is there at least.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemBatcher {
    /// `MaxItemsPerBatch` or its path.
    pub max_items: Option<Amount>,
    /// `MaxInputBytesPerBatch` or its path.
    pub max_bytes: Option<Amount>,
    /// `BatchInput`: what each batch is given besides.
    pub input: Option<Template>,
}

/// `ResultWriter`: where results are written to, or how they are shaped.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultWriter {
    /// `Parameters`, in JSONata `Arguments`, of `s3:putObject`: the bucket and the prefix; none where nothing is exported.
    pub parameters: Option<Template>,
    /// `Transformation`.
    pub transformation: Transformation,
    /// `OutputType`: whether a line holds each result (`JSONL`), in place of an array (`JSON`).
    pub lines: bool,
}

/// `Transformation` of a `ResultWriter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transformation {
    /// `NONE`: the results with what is known of their executions.
    #[default]
    None,
    /// `COMPACT`: the results alone.
    Compact,
    /// `FLATTEN`: the results alone, those that are arrays by their elements.
    Flatten,
}
