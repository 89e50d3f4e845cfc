//! A file of output, or a row of them: written through compression, cut where a commit ended, and continued.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sink::coding::{Encoder, Open};
use crate::sink::rotation::part;
use crate::sink::{Compression, Position, Rotation, SinkError};

/// Bytes that wait for compression before they are handed to it, but for the last item.
const BUFFER: usize = 64 * 1024;

/// Where a commit ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// The number of the file.
    part: u32,
    /// Its bytes.
    bytes: u64,
    /// Items in it.
    items: u64,
    /// What is not closed at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<Open>,
}

/// A file that items are appended to, or a row of such files.
pub(super) struct OutputFile {
    /// As it was given, for messages.
    path: PathBuf,
    absolute: String,
    rotation: Rotation,
    compression: Compression,
    /// What stands at the begin of each file.
    head: Vec<u8>,
    begun: bool,
    place: Place,
    file: Arc<File>,
    /// Whether it is neither a device nor a pipe, which cannot be synced.
    regular: bool,
    encoder: Encoder,
    buffer: Vec<u8>,
    encoded: Vec<u8>,
}

impl OutputFile {
    /// Opens the first file, and changes nothing in it before the crawl starts, which may well fail to.
    pub(super) fn open(path: &Path, rotation: Rotation) -> Result<Self, SinkError> {
        let failed = |error| SinkError::new(format!("failed to create {}", path.display()), error);
        let absolute = std::path::absolute(path).map_err(failed)?;
        let file = open(&part(path, rotation.first())).map_err(failed)?;
        let compression = Compression::of(path);
        Ok(Self {
            path: path.to_owned(),
            absolute: absolute.to_string_lossy().into_owned(),
            rotation,
            compression,
            head: Vec::new(),
            begun: false,
            place: Place::default(),
            regular: is_regular(&file),
            file: Arc::new(file),
            encoder: Encoder::new(compression),
            buffer: Vec::new(),
            encoded: Vec::new(),
        })
    }

    /// Sets what stands at the begin of each file.
    pub(super) fn head(&mut self, head: Vec<u8>) {
        self.head = head;
    }

    pub(super) fn name(&self) -> &str {
        &self.absolute
    }

    /// Returns how many bytes the present file has.
    #[cfg(feature = "parquet")]
    pub(super) fn bytes(&self) -> u64 {
        self.place.bytes
    }

    /// Returns the present file, unless it is a device or a pipe, which cannot be synced.
    pub(super) fn file(&self) -> Option<Arc<File>> {
        self.regular.then(|| self.file.clone())
    }

    /// Cuts what is behind a position and closes what is open there; without one, begins anew.
    pub(super) fn begin(&mut self, position: Option<&Position>) -> Result<(), SinkError> {
        let fresh = Place { part: self.rotation.first(), ..Place::default() };
        let place = position.map_or(Ok(fresh), Position::read)?;
        // Only what follows without a gap can be of this crawl.
        if place.part > 0 || self.rotation.first() > 0 {
            for number in place.part + 1.. {
                match fs::remove_file(part(&self.path, number)) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                    Err(error) => return Err(self.failed("continue", error)),
                }
            }
        }
        self.place = place;
        self.file = Arc::new(open(&self.part()).map_err(|error| self.failed("continue", error))?);
        let length = self.file.metadata().map_err(|error| self.failed("continue", error))?.len();
        if length < self.place.bytes {
            let message = format!(
                "{} has {length} bytes, and the crawl wrote {} of them that count; bring it back, or \
                 restart the crawl",
                self.part().display(),
                self.place.bytes
            );
            return Err(SinkError::new(message, io::ErrorKind::UnexpectedEof.into()));
        }
        self.cut(length).map_err(|error| self.failed("continue", error))?;
        self.begun = true;
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        // Devices such as /dev/null have no length to set.
        if length > self.place.bytes {
            self.file.set_len(self.place.bytes)?;
        }
        (&*self.file).seek(SeekFrom::Start(self.place.bytes))?;
        if let Some(open) = self.place.open.take() {
            self.encoded = open.end();
            self.write()?;
        }
        if self.place.bytes == 0 {
            self.buffer.extend_from_slice(&self.head);
            sync_folder(&self.part())?;
        }
        Ok(())
    }

    /// Takes one item, which `write` appends. What it appended before an error is dropped.
    pub(super) fn item<E: Into<io::Error>>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), SinkError> {
        self.ensure_begun()?;
        let pending =
            if self.compression == Compression::None { self.buffer.len() as u64 } else { 0 };
        if self.rotation.is_full(self.place.bytes + pending, self.place.items) {
            self.rotate().map_err(|error| self.failed("write to", error))?;
        }
        let before = self.buffer.len();
        if let Err(error) = write(&mut self.buffer) {
            self.buffer.truncate(before);
            let message = format!("failed to write a value to {}", self.path.display());
            return Err(SinkError::new(message, error.into()));
        }
        self.place.items += 1;
        if self.buffer.len() >= BUFFER {
            self.pump().map_err(|error| self.failed("write to", error))?;
        }
        Ok(())
    }

    /// Has all that was taken be in the file.
    pub(super) fn commit(&mut self) -> Result<Position, SinkError> {
        self.ensure_begun()?;
        let flush = |this: &mut Self| {
            this.pump()?;
            this.encoder.flush(&mut this.encoded)?;
            this.write()
        };
        flush(self).map_err(|error| self.failed("write to", error))?;
        self.position()
    }

    /// Does what a commit does, and closes what is open.
    pub(super) fn finish(&mut self) -> Result<Position, SinkError> {
        self.ensure_begun()?;
        self.close().map_err(|error| self.failed("write to", error))?;
        self.position()
    }

    fn position(&self) -> Result<Position, SinkError> {
        Position::new(&Place { open: self.encoder.open(), ..self.place.clone() })
    }

    fn ensure_begun(&mut self) -> Result<(), SinkError> {
        if self.begun { Ok(()) } else { self.begin(None) }
    }

    /// Closes the file for good, and begins the next.
    fn rotate(&mut self) -> io::Result<()> {
        self.close()?;
        // Nobody asks for this file again.
        if self.regular {
            self.file.sync_data()?;
        }
        self.place = Place { part: self.place.part + 1, ..Place::default() };
        let file = open(&self.part())?;
        file.set_len(0)?;
        self.file = Arc::new(file);
        sync_folder(&self.part())?;
        self.buffer.extend_from_slice(&self.head);
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.pump()?;
        if self.place.bytes == 0 {
            // An empty file is no gzip.
            self.encoder.begin()?;
        }
        self.encoder.finish(&mut self.encoded)?;
        self.write()
    }

    /// Compresses what waits for that.
    fn pump(&mut self) -> io::Result<()> {
        if self.compression == Compression::None {
            std::mem::swap(&mut self.buffer, &mut self.encoded);
        } else {
            self.encoder.encode(&self.buffer, &mut self.encoded)?;
            self.buffer.clear();
        }
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        (&*self.file).write_all(&self.encoded)?;
        self.place.bytes += self.encoded.len() as u64;
        self.encoded.clear();
        Ok(())
    }

    fn part(&self) -> PathBuf {
        part(&self.path, self.place.part)
    }

    fn failed(&self, what: &str, error: io::Error) -> SinkError {
        SinkError::new(format!("failed to {what} {}", self.part().display()), error)
    }
}

impl fmt::Debug for OutputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputFile").field("path", &self.path).field("place", &self.place).finish()
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path)
}

fn is_regular(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Makes sure of the name of a file, where the system knows how and lets us.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or(Path::new("."))) {
        Ok(folder) if cfg!(unix) => folder.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
