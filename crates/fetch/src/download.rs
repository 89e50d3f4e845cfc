//! A body written to a file, which appears under its name only when it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::fs::{File, rename};
use tokio::io::AsyncWriteExt;

use crate::body::Body;
use crate::error::{Error, ErrorKind, Phase};
use crate::response::Response;

/// How many names are tried for a temporary file; others are left by programs that were killed.
const MAX_NAMES: usize = 64;

impl Response<Body> {
    /// Writes the decoded body to a file and returns its size in bytes.
    ///
    /// The body goes to a temporary file beside `path`, in pieces that are read only when the
    /// last one is written, so memory does not grow with the body. At its end the file is synced
    /// and renamed, in place of what was there; on any error, and when the future is dropped, it
    /// is removed and what was there stays. The limits of the request hold:
    /// [`max_body`](crate::RequestBuilder::max_body) and
    /// [`timeout`](crate::RequestBuilder::timeout) raise them for one request. The status is not
    /// looked at.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk), so that a body cut short is an error too, and `File` when the
    /// file cannot be written.
    pub async fn download(mut self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        let url = self.url().clone();
        let failed = |cause: io::Error| {
            let reason = format!("failed to write {}: {cause}", path.display());
            Error::new(ErrorKind::File, reason)
                .with_phase(Phase::Body)
                .with_url(url.clone())
                .with_source(cause)
        };
        let mut temporary = Temporary::beside(path).map_err(failed)?;
        let mut size = 0;
        while let Some(piece) = self.chunk().await? {
            temporary.file.write_all(&piece).await.map_err(failed)?;
            size += piece.len() as u64;
        }
        temporary.become_file(path).await.map_err(failed)?;
        Ok(size)
    }
}

/// A file that is removed unless it gets its final name.
struct Temporary {
    file: File,
    // Empty once the file has its final name.
    path: Option<PathBuf>,
}

impl Temporary {
    /// Makes a new file in the same directory, hidden and with the name of the process in it.
    fn beside(path: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = path.file_name().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the path does not end with a file name")
        })?;
        for _ in 0..MAX_NAMES {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{number}.part", process::id()));
            let path = path.with_file_name(hidden);
            // Opened here and not on the blocking pool: between the two, a dropped future would
            // leave a file that nobody removes.
            match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { file: File::from_std(file), path: Some(path) }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "every temporary name is taken"))
    }

    async fn become_file(mut self, path: &Path) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        if let Some(temporary) = &self.path {
            rename(temporary, path).await?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // Nothing can be done about a file that will not go.
            let _ = fs::remove_file(path);
        }
    }
}
