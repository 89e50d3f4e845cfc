//! Sinks: where items and page records are written. Called by the engine, a batch at a time.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use dragline_fetch::BoxFuture;
use serde::Serialize;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Takes values of one kind and writes them somewhere.
///
/// A URL counts as done only after the values that came from it are committed. A sink that fails stops
/// the crawl; everything committed before is kept.
pub trait Sink<T>: Send + 'static {
    /// Returns the name under which a later run finds the output again, such as the path of its file; `None`
    /// when it cannot be continued, so that items of pages that were in flight may come twice after a kill.
    fn name(&self) -> Option<&str> {
        None
    }

    /// Gets ready to write behind this many bytes of output, which are from earlier runs of the crawl; what
    /// follows them is not accounted for and goes. Called once, before anything else.
    ///
    /// # Errors
    /// When the output is not there any more, or cannot be cut.
    fn begin(&mut self, position: u64) -> Result<(), SinkError> {
        let _ = position;
        Ok(())
    }

    /// Takes one value; it may wait in a buffer until the next [`commit`](Self::commit).
    ///
    /// # Errors
    /// When the value cannot be written.
    fn write(&mut self, value: &T) -> Result<(), SinkError>;

    /// Writes out all that was taken, and returns how many bytes are out in all.
    ///
    /// # Errors
    /// When not all of it could be written.
    fn commit(&mut self) -> BoxFuture<'_, Result<u64, SinkError>>;
}

/// A closure takes each value as it comes and has nothing to commit.
impl<T, F: FnMut(&T) + Send + 'static> Sink<T> for F {
    fn write(&mut self, value: &T) -> Result<(), SinkError> {
        self(value);
        Ok(())
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<u64, SinkError>> {
        Box::pin(std::future::ready(Ok(0)))
    }
}

/// Writes each value as a line of JSON.
///
/// Its buffer holds what came since the last commit, which the engine makes after every batch of pages.
pub struct JsonLines<T> {
    name: String,
    out: Out,
    begun: bool,
    buffer: Vec<u8>,
    written: u64,
    // `fn(&T)` so that the sink is `Send` whatever `T` is.
    values: PhantomData<fn(&T)>,
}

/// Files take a batch at memory speed; a pipe may block for ever, so that goes through the runtime.
enum Out {
    /// A file, and its absolute path.
    File(File, String),
    Async(Pin<Box<dyn AsyncWrite + Send>>),
}

impl<T: Serialize> JsonLines<T> {
    /// Writes to a file. When the crawl starts, one that is there already is replaced; a crawl with a state
    /// continues its own.
    ///
    /// # Errors
    /// When the file cannot be opened or created; the error names it.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, SinkError> {
        let path: PathBuf = path.as_ref().into();
        let name = path.display().to_string();
        // Nothing of it is touched before the crawl starts, which may well fail to.
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let place = std::path::absolute(&path).and_then(|path| Ok((path, opened?)));
        match place {
            Ok((path, file)) => {
                Ok(Self::new(name, Out::File(file, path.to_string_lossy().into_owned())))
            }
            Err(error) => Err(SinkError::new(format!("failed to create {name}"), error)),
        }
    }

    /// Writes to standard output, after each batch of pages.
    pub fn stdout() -> Self {
        Self::writer("standard output", tokio::io::stdout())
    }

    /// Writes to anything asynchronous; `name` is what errors call it.
    pub fn writer(name: impl Into<String>, writer: impl AsyncWrite + Send + 'static) -> Self {
        Self::new(name.into(), Out::Async(Box::pin(writer)))
    }

    fn new(name: String, out: Out) -> Self {
        let begun = matches!(out, Out::Async(_));
        Self { name, out, begun, buffer: Vec::new(), written: 0, values: PhantomData }
    }
}

impl<T: Serialize + 'static> Sink<T> for JsonLines<T> {
    fn name(&self) -> Option<&str> {
        match &self.out {
            Out::File(_, path) => Some(path),
            Out::Async(_) => None,
        }
    }

    fn begin(&mut self, position: u64) -> Result<(), SinkError> {
        let Out::File(file, _) = &mut self.out else { return Ok(()) };
        let failed = |error| SinkError::new(format!("failed to continue {}", self.name), error);
        let length = file.metadata().map_err(failed)?.len();
        if length < position {
            let message = format!(
                "{} has {length} bytes, and the crawl wrote {position} of them that count; bring \
                 it back, or restart the crawl",
                self.name
            );
            return Err(SinkError::new(message, io::ErrorKind::UnexpectedEof.into()));
        }
        // Devices such as /dev/null have no length to set.
        if length > position {
            file.set_len(position).map_err(failed)?;
        }
        file.seek(SeekFrom::Start(position)).map_err(failed)?;
        (self.begun, self.written) = (true, position);
        Ok(())
    }

    fn write(&mut self, value: &T) -> Result<(), SinkError> {
        let before = self.buffer.len();
        if let Err(error) = serde_json::to_writer(&mut self.buffer, value) {
            self.buffer.truncate(before);
            let message = format!("failed to write a value to {} as JSON", self.name);
            return Err(SinkError::new(message, io::Error::from(error)));
        }
        self.buffer.push(b'\n');
        Ok(())
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<u64, SinkError>> {
        Box::pin(async {
            if !self.begun {
                self.begin(0)?;
            }
            if self.buffer.is_empty() {
                return Ok(self.written);
            }
            let result = match &mut self.out {
                Out::File(file, _) => file.write_all(&self.buffer),
                Out::Async(writer) => match writer.write_all(&self.buffer).await {
                    Ok(()) => writer.flush().await,
                    Err(error) => Err(error),
                },
            };
            result.map_err(|error| {
                SinkError::new(format!("failed to write to {}", self.name), error)
            })?;
            self.written += self.buffer.len() as u64;
            self.buffer.clear();
            Ok(self.written)
        })
    }
}

impl<T> fmt::Debug for JsonLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines")
            .field("name", &self.name)
            .field("written", &self.written)
            .finish()
    }
}

/// A sink that could not write, in words.
#[derive(Debug)]
pub struct SinkError {
    message: String,
    source: io::Error,
}

impl SinkError {
    /// Creates an error that says what failed, with its cause.
    pub fn new(message: impl Into<String>, source: io::Error) -> Self {
        Self { message: message.into(), source }
    }

    /// Returns the kind of the cause; a closed pipe is `BrokenPipe`.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_out_before_the_commit() {
        let mut sink =
            JsonLines::writer("test", tokio_test::io::Builder::new().write(b"1\n2\n").build());
        sink.write(&1).unwrap();
        sink.write(&2).unwrap();
        assert_eq!(sink.commit().await.unwrap(), 4);
        assert_eq!(sink.commit().await.unwrap(), 4);
    }

    #[test]
    fn a_file_that_cannot_be_created_is_named() {
        let error = JsonLines::<u8>::create("no/such/folder/out.jsonl").unwrap_err();
        assert_eq!(error.to_string(), "failed to create no/such/folder/out.jsonl");
    }
}
