//! Why a state directory cannot be opened.

use std::io;
use std::path::PathBuf;

/// Why a state directory cannot be opened. It is left as it was, unless a variant says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A file cannot be read or written.
    #[error("failed to open {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process has it open.
    #[error(
        "{} is in use by another process; wait until that crawl has ended or choose another directory",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds something that is no state of a crawl.
    #[error(
        "{} is not empty and holds no state of a crawl; choose an empty directory or a new name",
        path.display()
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
    },
    /// A newer version wrote it.
    #[error(
        "{} has format {format} but this version knows only up to {known}; resume with a newer dragline",
        path.display()
    )]
    Newer {
        /// The label.
        path: PathBuf,
        /// Its format.
        format: u32,
        /// The newest format that is understood.
        known: u32,
    },
    /// An older version wrote it, in a way that is not read any more.
    #[error(
        "{} has format {format} and this version knows only {known}; finish it with the version that \
         began it, or start the crawl anew",
        path.display()
    )]
    Older {
        /// The label.
        path: PathBuf,
        /// Its format.
        format: u32,
        /// The format that is understood.
        known: u32,
    },
    /// Something in it is not as it was written. A journal that ends in the middle of a commit is not
    /// damage: that is how a process that was killed leaves it.
    #[error("{} is damaged: {what}; restore it from a copy or start the crawl anew", path.display())]
    Damaged {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong, in words.
        what: String,
    },
    /// It was to be refreshed and holds no crawl that came to its end.
    #[error(
        "{} holds no finished crawl, {waiting} URLs wait; let it come to its end before it is refreshed",
        path.display()
    )]
    Unfinished {
        /// The directory.
        path: PathBuf,
        /// URLs that wait.
        waiting: u64,
    },
    /// The directory of hosts that was given already numbers other hosts.
    #[error(
        "the state in {} numbers hosts in another way; open it before any host is numbered",
        path.display()
    )]
    Hosts {
        /// The directory.
        path: PathBuf,
    },
}

impl OpenError {
    /// Returns a stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "state_io",
            Self::InUse { .. } => "state_in_use",
            Self::Foreign { .. } => "state_foreign",
            Self::Newer { .. } => "state_newer",
            Self::Older { .. } => "state_older",
            Self::Damaged { .. } => "state_damaged",
            Self::Unfinished { .. } => "state_unfinished",
            Self::Hosts { .. } => "state_hosts",
        }
    }
}
