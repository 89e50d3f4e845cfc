//! Where merged records go: standard output, or a file that is there once it is whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error};

use super::coding::{Coding, Writer};

/// An output that is written.
pub(super) struct Target {
    path: PathBuf,
    to: To,
}

enum To {
    Stdout(io::BufWriter<io::Stdout>),
    /// Under another name until it is whole; `None` once it is.
    File {
        draft: PathBuf,
        writer: Option<Box<Writer>>,
    },
}

impl Target {
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let to = if path == Path::new("-") {
            To::Stdout(io::BufWriter::new(io::stdout()))
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let draft = path.with_file_name(format!(".{name}.{}", std::process::id()));
            // Never one that is there.
            let writer = File::create_new(&draft).and_then(|file| Coding::of(path).writer(file));
            let writer = writer.with_context(|| format!("failed to create {}", draft.display()))?;
            To::File { draft, writer: Some(Box::new(writer)) }
        };
        Ok(Self { path: path.to_owned(), to })
    }

    pub(super) fn write(&mut self, record: &[u8]) -> Result<(), Error> {
        let written = match &mut self.to {
            To::Stdout(stdout) => match stdout.write_all(record) {
                // Whoever reads it may stop.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written,
            },
            To::File { writer, .. } => {
                writer.as_mut().expect("it is there until the end").write(record)
            }
        };
        written.with_context(|| failed(&self.path))
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        let path = self.path.clone();
        let finished = match &mut self.to {
            To::Stdout(stdout) => match stdout.flush() {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                flushed => flushed,
            },
            To::File { draft, writer } => {
                let whole = writer.take().expect("it is there until the end").finish();
                whole.and_then(|()| fs::rename(&*draft, &path)).inspect_err(|_| {
                    // It is of no use, and the error is what matters.
                    let _ = fs::remove_file(draft);
                })
            }
        };
        finished.with_context(|| failed(&path))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let To::File { draft, writer: Some(_) } = &self.to {
            let _ = fs::remove_file(draft);
        }
    }
}

fn failed(path: &Path) -> String {
    match path.to_str() {
        Some("-") => "failed to write to standard output".to_owned(),
        _ => format!("failed to write {}", path.display()),
    }
}
