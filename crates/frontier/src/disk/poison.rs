//! The first failure of a store: after it nothing is written any more, and every call repeats it.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::disk::writer::Failure;
use crate::store::StoreError;

/// Remembers the first failure, in words.
#[derive(Debug)]
pub(super) struct Poison {
    path: PathBuf,
    first: OnceLock<String>,
}

impl Poison {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, first: OnceLock::new() }
    }

    /// Notes a failure, unless there was one before.
    pub(super) fn fail(&self, failure: &Failure) {
        let path = self.path.display();
        self.first.get_or_init(|| {
            format!(
                "the state in {path} could not be written or read: {failure}; what was committed \
                 before is kept, resume from it when the cause is removed"
            )
        });
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.first.get().is_some() { Err(self.error()) } else { Ok(()) }
    }

    /// Returns the failure, for a caller who found that nobody answers any more.
    pub(super) fn error(&self) -> StoreError {
        let message = self.first.get().map_or("the thread of the store ended", String::as_str);
        StoreError::new(message, None)
    }
}
