//! JSON lines: each value as a line, in a file or down a pipe.

use std::fmt;
use std::fs::File;
use std::marker::PhantomData;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use dragline_fetch::BoxFuture;
use serde::{Serialize, Serializer};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::sink::output_file::OutputFile;
use crate::sink::{Entry, ItemKey, Position, Rotation, Sink, SinkError, Wants};

/// Writes each value as a line of JSON.
///
/// A file whose name ends in `.gz` or `.zst` is compressed. What was committed can be read from it at any time;
/// after a kill the file ends in the middle, until the crawl goes on and makes it whole. In memory is what came
/// since the last [commit](Sink::commit); of a file, at most 64 KiB and one value, and what the compression holds.
pub struct JsonLines<T> {
    out: Out,
    wants: Wants,
    // `fn(&T)` so that the sink is `Send` whatever `T` is.
    values: PhantomData<fn(&T)>,
}

/// Files take a batch at memory speed; a pipe may block for ever, so that goes through the runtime.
enum Out {
    File(Box<OutputFile>),
    Async { name: String, writer: Pin<Box<dyn AsyncWrite + Send>>, buffer: Vec<u8> },
}

impl<T: Serialize> JsonLines<T> {
    /// Writes to a file. When the crawl starts, one that is there already is replaced; a crawl with a state
    /// continues its own.
    ///
    /// # Errors
    /// When the file cannot be opened or created; the error names it.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, SinkError> {
        Self::rotated(path, Rotation::default())
    }

    /// Writes to several files, one after the other, as [`Rotation`] says and names them. Those that are there
    /// already are replaced, as far as their numbers have no gap.
    ///
    /// # Errors
    /// When the first file cannot be opened or created; the error names the path that was given.
    pub fn rotated(path: impl AsRef<Path>, rotation: Rotation) -> Result<Self, SinkError> {
        let file = OutputFile::open(path.as_ref(), rotation)?;
        Ok(Self::new(Out::File(Box::new(file))))
    }

    /// Writes to standard output, at each commit.
    pub fn stdout() -> Self {
        Self::writer("standard output", tokio::io::stdout())
    }

    /// Writes to anything asynchronous; `name` is what errors call it.
    pub fn writer(name: impl Into<String>, writer: impl AsyncWrite + Send + 'static) -> Self {
        let (name, writer, buffer) = (name.into(), Box::pin(writer), Vec::new());
        Self::new(Out::Async { name, writer, buffer })
    }

    /// Adds to each line where its value comes from: `_key`, `_url`, `_fetched_at`, `_status`, `_sha256` and
    /// `_preferences`. Values must be structs or maps.
    #[must_use]
    pub fn with_provenance(self) -> Self {
        Self { wants: Wants::Provenance, ..self }
    }

    fn new(out: Out) -> Self {
        Self { out, wants: Wants::Values, values: PhantomData }
    }
}

impl<T: Serialize + 'static> Sink<T> for JsonLines<T> {
    fn name(&self) -> Option<&str> {
        match &self.out {
            Out::File(file) => Some(file.name()),
            Out::Async { .. } => None,
        }
    }

    fn wants(&self) -> Wants {
        self.wants
    }

    fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        match &mut self.out {
            Out::File(file) => file.begin(position),
            Out::Async { .. } => Ok(()),
        }
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        let wants = self.wants;
        match &mut self.out {
            Out::File(file) => file.item(|buffer| line(buffer, entry, wants)),
            Out::Async { name, buffer, .. } => {
                let before = buffer.len();
                line(buffer, entry, wants).map_err(|error| {
                    buffer.truncate(before);
                    SinkError::new(format!("failed to write a value to {name}"), error.into())
                })
            }
        }
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(async {
            let (name, writer, buffer) = match &mut self.out {
                Out::File(file) => return file.commit(),
                Out::Async { name, writer, buffer } => (name, writer, buffer),
            };
            if !buffer.is_empty() {
                let written = match writer.write_all(buffer).await {
                    Ok(()) => writer.flush().await,
                    Err(error) => Err(error),
                };
                let failed = |error| SinkError::new(format!("failed to write to {name}"), error);
                written.map_err(failed)?;
                buffer.clear();
            }
            Ok(Position::default())
        })
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        match &mut self.out {
            Out::File(file) => Box::pin(std::future::ready(file.finish())),
            Out::Async { .. } => self.commit(),
        }
    }

    fn file(&self) -> Option<Arc<File>> {
        match &self.out {
            Out::File(file) => file.file(),
            Out::Async { .. } => None,
        }
    }
}

impl<T> fmt::Debug for JsonLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("JsonLines");
        match &self.out {
            Out::File(file) => out.field("file", file).finish(),
            Out::Async { name, .. } => out.field("name", name).finish_non_exhaustive(),
        }
    }
}

fn line<T: Serialize>(
    buffer: &mut Vec<u8>,
    entry: &Entry<'_, T>,
    wants: Wants,
) -> serde_json::Result<()> {
    match wants {
        Wants::Values => serde_json::to_writer(&mut *buffer, entry.value)?,
        Wants::Provenance => serde_json::to_writer(&mut *buffer, &Line::of(entry))?,
    }
    buffer.push(b'\n');
    Ok(())
}

/// A value and where it comes from.
#[derive(Serialize)]
struct Line<'a, T> {
    #[serde(flatten)]
    value: &'a T,
    #[serde(rename = "_key", serialize_with = "as_text")]
    key: ItemKey,
    #[serde(rename = "_url")]
    url: &'a str,
    #[serde(rename = "_fetched_at")]
    fetched_at: &'a str,
    #[serde(rename = "_status", skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(rename = "_sha256", skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    #[serde(rename = "_preferences", skip_serializing_if = "Option::is_none")]
    preferences: Option<String>,
}

impl<'a, T> Line<'a, T> {
    fn of(entry: &Entry<'a, T>) -> Self {
        let from = entry.provenance();
        Self {
            value: entry.value,
            key: entry.key,
            url: from.url,
            fetched_at: from.fetched_at,
            status: from.status,
            sha256: from.sha256,
            preferences: from.preferences.map(ToString::to_string),
        }
    }
}

fn as_text<S: Serializer>(key: &ItemKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
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
        assert_eq!(sink.commit().await.unwrap(), Position::default());
        assert_eq!(sink.finish().await.unwrap(), Position::default());
    }

    #[test]
    fn a_file_that_cannot_be_created_is_named() {
        let error = JsonLines::<u8>::create("no/such/folder/out.jsonl").unwrap_err();
        assert_eq!(error.to_string(), "failed to create no/such/folder/out.jsonl");
    }

    #[test]
    fn provenance_stands_beside_the_fields() {
        let value = std::collections::BTreeMap::from([("a", 1)]);
        let mut out = Vec::new();
        line(&mut out, &Entry::sample(&value), Wants::Provenance).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"a\":1,\"_key\":\"0000000000000000-0000000000000000-item-0\",\"_url\":\"\",\"_fetched_at\":\"\"}\n"
        );
        assert!(line(&mut Vec::new(), &Entry::sample(&1), Wants::Provenance).is_err());
    }
}
