//! Map, inline: States Language specification, "Map State".

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
