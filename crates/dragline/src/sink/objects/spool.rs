//! The spool: a folder of files that are parts, until they are in the store.

use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use ring::digest::SHA256;

use crate::sink::SinkError;

/// A folder with the files of parts, each named by its number.
#[derive(Clone, Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    /// What names end with, such as `.jsonl.gz`.
    ending: String,
}

impl Spool {
    /// Names the folder in which parts under a URL wait; others may wait beside it.
    pub(super) fn new(spool: &Path, url: &str, ending: &str) -> Self {
        let digest = ring::digest::digest(&SHA256, url.as_bytes());
        let name: String = digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { folder: spool.join(name), ending: ending.to_owned() }
    }

    /// Returns the file of a part.
    pub(super) fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{number:05}{}", self.ending))
    }

    /// Makes the folder if it is not there, and removes from it all but these parts.
    pub(super) fn keep(&self, parts: RangeInclusive<u32>) -> Result<(), SinkError> {
        fs::create_dir_all(&self.folder).map_err(|error| self.failed("create", error))?;
        self.clear(|number| !parts.contains(&number))
    }

    /// Removes what there is of a part.
    pub(super) fn remove(&self, part: u32) -> Result<(), SinkError> {
        self.clear(|number| number == part)
    }

    /// Removes all parts, and the folder if nothing else is in it.
    pub(super) fn close(&self) -> Result<(), SinkError> {
        self.clear(|_| true)?;
        // What somebody else put there stays, with the folder.
        let _ = fs::remove_dir(&self.folder);
        let _ = self.folder.parent().map(fs::remove_dir);
        Ok(())
    }

    fn clear(&self, goes: impl Fn(u32) -> bool) -> Result<(), SinkError> {
        let clear = || {
            for entry in fs::read_dir(&self.folder)? {
                let entry = entry?;
                let name = entry.file_name();
                // Beside the file of a part there may be others that begin with its name.
                let name = name.to_string_lossy();
                let number = name.split(|digit: char| !digit.is_ascii_digit()).next();
                let number = number.filter(|number| number.len() >= 5);
                if number.and_then(|number| number.parse().ok()).is_some_and(&goes) {
                    fs::remove_file(entry.path())?;
                }
            }
            Ok::<_, io::Error>(())
        };
        match clear() {
            // A second close finds no folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            cleared => cleared.map_err(|error| self.failed("clear", error)),
        }
    }

    fn failed(&self, what: &str, error: io::Error) -> SinkError {
        SinkError::new(format!("failed to {what} {}", self.folder.display()), error)
    }
}
