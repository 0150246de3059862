//! Making the data directory so that a power cut does not take it away again.

use std::fs;
use std::io;
use std::path::Path;

/// Makes a directory and those above it that are missing.
///
/// SQLite syncs the directory that its files stand in, but the entry of that directory is its parent's: commits that were answered would be lost with
/// it. So each directory that is made has its parent synced.
pub(crate) fn make(directory: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = directory.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    // Also where nothing is missing: then it says whether this is a directory.
    fs::create_dir_all(directory)?;
    missing.into_iter().try_for_each(sync_parent)
}

#[cfg(unix)]
fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent)?.sync_all()
}

/// Elsewhere a directory cannot be opened as a file, and its entries are the file system's business.
#[cfg(not(unix))]
fn sync_parent(_: &Path) -> io::Result<()> {
    Ok(())
}
