//! JSON lines: each value as a line, in a file or down a pipe.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use dragline_fetch::BoxFuture;
use serde::Serialize;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::sink::{Entry, Position, Sink, SinkError};

/// Writes each value as a line of JSON.
///
/// Its buffer holds what came since the last commit, which the engine makes after every batch of pages.
pub struct JsonLines<T> {
    name: String,
    out: Out,
    begun: bool,
    regular: bool,
    buffer: Vec<u8>,
    written: u64,
    // `fn(&T)` so that the sink is `Send` whatever `T` is.
    values: PhantomData<fn(&T)>,
}

/// Files take a batch at memory speed; a pipe may block for ever, so that goes through the runtime.
enum Out {
    /// A file, and its absolute path.
    File(Arc<File>, String),
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
                Ok(Self::new(name, Out::File(Arc::new(file), path.to_string_lossy().into_owned())))
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
        let regular = match &out {
            Out::File(file, _) => file.metadata().is_ok_and(|metadata| metadata.is_file()),
            Out::Async(_) => false,
        };
        Self { name, out, begun, regular, buffer: Vec::new(), written: 0, values: PhantomData }
    }
}

impl<T: Serialize + 'static> Sink<T> for JsonLines<T> {
    fn name(&self) -> Option<&str> {
        match &self.out {
            Out::File(_, path) => Some(path),
            Out::Async(_) => None,
        }
    }

    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        let position = position.map_or(Ok(0), Position::read)?;
        let Out::File(file, _) = &self.out else { return Ok(()) };
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
        (&**file).seek(SeekFrom::Start(position)).map_err(failed)?;
        (self.begun, self.written) = (true, position);
        Ok(())
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        let before = self.buffer.len();
        if let Err(error) = serde_json::to_writer(&mut self.buffer, entry.value) {
            self.buffer.truncate(before);
            let message = format!("failed to write a value to {} as JSON", self.name);
            return Err(SinkError::new(message, io::Error::from(error)));
        }
        self.buffer.push(b'\n');
        Ok(())
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(async {
            if !self.begun {
                self.begin(None)?;
            }
            if self.buffer.is_empty() {
                return Position::new(&self.written);
            }
            let result = match &mut self.out {
                Out::File(file, _) => (&**file).write_all(&self.buffer),
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
            Position::new(&self.written)
        })
    }

    fn file(&self) -> Option<Arc<File>> {
        match &self.out {
            // Pipes and devices cannot be synced.
            Out::File(file, _) if self.regular => Some(file.clone()),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_out_before_the_commit() {
        let mut sink =
            JsonLines::writer("test", tokio_test::io::Builder::new().write(b"1\n2\n").build());
        sink.write(&Entry::sample(&1)).unwrap();
        sink.write(&Entry::sample(&2)).unwrap();
        assert_eq!(sink.commit().await.unwrap().read::<u64>().unwrap(), 4);
        assert_eq!(sink.commit().await.unwrap().read::<u64>().unwrap(), 4);
    }

    #[test]
    fn a_file_that_cannot_be_created_is_named() {
        let error = JsonLines::<u8>::create("no/such/folder/out.jsonl").unwrap_err();
        assert_eq!(error.to_string(), "failed to create no/such/folder/out.jsonl");
    }
}
