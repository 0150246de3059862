//! A data directory belongs to one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::OpenError;

/// The name of the lock file: it holds the process id of its owner, for people.
const LOCK_FILE: &str = "backstep.lock";

/// The hold on a directory; given up when dropped, or by the system when the process ends in any way.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes a directory.
    ///
    /// # Errors
    ///
    /// [`OpenError::Locked`] if another process has it, or this one already.
    pub(crate) fn take(directory: &Path) -> Result<Self, OpenError> {
        // Not truncated: until the lock is taken, what stands in the file is another's.
        let path = directory.join(LOCK_FILE);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked { directory: directory.to_owned(), by: owner(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

/// Who says to have the lock, as a part of a sentence.
fn owner(file: &mut File) -> String {
    let mut text = String::new();
    let process = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse::<u32>().ok());
    match process {
        Some(process) if process == std::process::id() => "this process".to_owned(),
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    }
}
