//! Where merged records go: standard output, or a file that is there once it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error};
use dragline::{CompressedWriter, Compression};

/// Bytes that are written at once.
const BUFFER: usize = 256 * 1024;

/// An output that is written.
pub(super) struct Target {
    path: PathBuf,
    to: To,
}

enum To {
    Stdout(BufWriter<io::Stdout>),
    /// Under another name until it is whole; `None` once it is.
    File {
        draft: PathBuf,
        writer: Option<Box<CompressedWriter<BufWriter<File>>>>,
    },
}

impl Target {
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let to = if path == Path::new("-") {
            To::Stdout(BufWriter::new(io::stdout()))
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let draft = path.with_file_name(format!(".{name}.{}", std::process::id()));
            // Never one that is there.
            let writer = File::create_new(&draft).and_then(|file| {
                Compression::of(path).writer(BufWriter::with_capacity(BUFFER, file))
            });
            let writer = writer.with_context(|| format!("failed to create {}", draft.display()))?;
            To::File { draft, writer: Some(Box::new(writer)) }
        };
        Ok(Self { path: path.to_owned(), to })
    }

    /// Makes it whole, and has all of it on the disk.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        let path = self.path.clone();
        let finished = match &mut self.to {
            To::Stdout(stdout) => heard(stdout.flush()),
            To::File { draft, writer } => {
                let writer = writer.take().expect("it is there until the end");
                let synced = writer.finish().and_then(|file| {
                    file.into_inner().map_err(IntoInnerError::into_error)?.sync_all()
                });
                synced.and_then(|()| fs::rename(&*draft, &path)).inspect_err(|_| {
                    // It is of no use, and the error is what matters.
                    let _ = fs::remove_file(draft);
                })
            }
        };
        finished.with_context(|| failed(&path))
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            To::Stdout(stdout) => heard(stdout.write_all(bytes)).map(|()| bytes.len()),
            To::File { writer, .. } => {
                writer.as_mut().expect("it is there until the end").write(bytes)
            }
        }
    }

    /// Nothing, since only the whole counts.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let To::File { draft, writer: Some(_) } = &self.to {
            let _ = fs::remove_file(draft);
        }
    }
}

/// Says that an output could not be written.
pub(super) fn failed(path: &Path) -> String {
    match path.to_str() {
        Some("-") => "failed to write to standard output".to_owned(),
        _ => format!("failed to write {}", path.display()),
    }
}

/// Whoever reads standard output may stop.
fn heard(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
