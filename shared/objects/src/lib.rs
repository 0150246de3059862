//! Objects in buckets: the port [`ObjectStore`] with its contract suite, in memory and in a directory; and what distributed Maps do with objects:
//! [`read_items`] and [`ResultFiles`].
//!
//! Only parts of an object are ever read, and pages of a list: what a call costs does not depend on how large the object is.

pub mod contract;
mod directory;
mod memory;
mod object_store;
mod reader;
mod writer;

pub use directory::DirectoryObjects;
pub use memory::MemoryObjects;
pub use object_store::{ObjectError, ObjectPage, ObjectPart, ObjectStore, ObjectSummary};
pub use reader::{ReadError, read_items};
pub use writer::{ResultFile, ResultFiles};
