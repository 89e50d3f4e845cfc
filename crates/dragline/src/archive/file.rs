//! The file of an archive, owned by the engine.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use dragline_frontier::{RobotsPolicy, SinkPosition};
use dragline_warc::{Draft, Kind};

use crate::archive::Archive;
use crate::archive::index;
use crate::archive::recorder::{Recorder, Recording};
use crate::batch::Committed;
use crate::config::Config;
use crate::sink::{Position, SinkError};

/// Bodies that later ones are compared with, at most.
const MAX_KNOWN: usize = 100_000;

/// Appends the records of a crawl to its archive.
#[derive(Debug)]
pub(crate) struct ArchiveFile {
    path: PathBuf,
    file: Arc<File>,
    recorder: Recorder,
    /// Records since the last commit: those of the pages that ended at once.
    buffer: Vec<u8>,
    written: u64,
}

impl ArchiveFile {
    /// Begins where the archive ended at the last commit; a new one with what is said of it.
    pub(crate) fn begin(
        archive: Archive,
        positions: &[SinkPosition],
        config: &Config,
        random: u64,
        now: SystemTime,
    ) -> Result<Self, SinkError> {
        // A crawl that goes on must not use its names again, even one whose random bits are given.
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seed = random.rotate_left(32) ^ since.as_nanos() as u64;
        let recorder = Recorder::new(archive.packing(), &config.fetch, seed);
        let Archive { path, file } = archive;
        let file = Arc::new(file);
        let mut this = Self { path, file, recorder, buffer: Vec::new(), written: 0 };
        let name = this.name();
        let known = positions.iter().find(|position| *position.name == *name);
        if let Some(known) = known {
            this.written = Position::from_bytes(&known.position).read()?;
        }
        this.cut()?;
        if this.written == 0 {
            this.introduce(config, now);
        }
        Ok(this)
    }

    /// Cuts off what is not accounted for.
    fn cut(&mut self) -> Result<(), SinkError> {
        let length = self.file.metadata().map_err(|error| self.failed("continue", error))?.len();
        if length < self.written {
            let message = format!(
                "{} has {length} bytes, and the crawl wrote {} of them that count; bring it back, or restart the crawl",
                self.path.display(),
                self.written
            );
            return Err(SinkError::new(message, io::ErrorKind::UnexpectedEof.into()));
        }
        let cut = match length > self.written {
            true => self.file.set_len(self.written),
            false => Ok(()),
        };
        cut.and_then(|()| (&*self.file).seek(SeekFrom::Start(self.written)))
            .map_err(|error| self.failed("continue", error))?;
        Ok(())
    }

    /// Says what the archive is and how it was made.
    fn introduce(&mut self, config: &Config, now: SystemTime) {
        let robots = match config.politeness.robots {
            RobotsPolicy::Obey => "obey",
            RobotsPolicy::Ignore => "ignore",
        };
        let facts = [
            ("software", concat!("dragline/", env!("CARGO_PKG_VERSION"))),
            ("format", "WARC File Format 1.1"),
            (
                "conformsTo",
                "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            ),
            ("robots", robots),
            ("http-header-user-agent", &config.fetch.user_agent),
        ];
        let facts: String =
            facts.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        Draft::new(Kind::Warcinfo, self.recorder.name(), now)
            .field("WARC-Filename", name)
            .block("application/warc-fields", facts, bytes::Bytes::new())
            .write(self.recorder.packing, &mut self.buffer);
    }

    pub(crate) fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// Takes the records of an exchange.
    pub(crate) fn take(&mut self, recording: Recording) {
        self.buffer.extend_from_slice(&recording.bytes);
        if let Some((digest, original)) = recording.body
            && self.recorder.known.len() < MAX_KNOWN
        {
            // The first one stays: it stands in front of all that refer to it.
            self.recorder.known.entry(digest).or_insert(original);
        }
    }

    pub(crate) fn has_pending(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Writes out what was taken, and adds how far the archive is.
    pub(crate) fn commit(&mut self, output: &mut Committed) -> Result<(), SinkError> {
        (&*self.file).write_all(&self.buffer).map_err(|error| self.failed("write to", error))?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        output.add(&self.name(), Position::new(&self.written)?, Some(self.file.clone()));
        Ok(())
    }

    /// Writes the index.
    pub(crate) async fn finish(self) -> Result<(), SinkError> {
        match tokio::task::spawn_blocking(move || index::write(&self.path)).await {
            Ok(written) => written,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => std::future::pending().await,
        }
    }

    fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    fn failed(&self, what: &str, error: io::Error) -> SinkError {
        SinkError::new(format!("failed to {what} {}", self.path.display()), error)
    }
}
