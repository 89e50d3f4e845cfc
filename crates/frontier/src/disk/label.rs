//! The label of a state directory: what it is, in which format, and of which crawl. It is read before
//! anything else is touched, so that a state that is not understood stays as it is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use crate::disk::error::OpenError;

/// The file's name.
pub(super) const LABEL: &str = "crawl.json";
/// The format that this version writes and reads.
pub(super) const FORMAT: u32 = 2;

const MAGIC: &str = "dragline crawl";
/// The longest label that is read, in bytes; its settings text is what makes it long.
const MAX_LABEL: u64 = 16 * 1024 * 1024;

/// What stays the same for the whole life of a crawl.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    magic: String,
    format: u32,
    pub(super) crawl: u64,
    pub(super) key: u64,
    pub(super) digest: u64,
    pub(super) settings: String,
    checksum: u64,
}

/// The part of a label that every format has.
#[derive(Deserialize)]
struct Magic {
    magic: String,
    format: u32,
}

impl Label {
    pub(super) fn new(crawl: u64, key: u64, digest: u64, settings: String) -> Self {
        let mut label = Self {
            magic: MAGIC.to_owned(),
            format: FORMAT,
            crawl,
            key,
            digest,
            settings,
            checksum: 0,
        };
        label.checksum = label.sum();
        label
    }

    /// Reads the label of a directory; `None` when it has none.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, OpenError> {
        let path = directory.join(LABEL);
        let damaged = |what: String| OpenError::Damaged { path: path.clone(), what };
        let length = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(OpenError::Io { path, source }),
        };
        if length > MAX_LABEL {
            return Err(damaged(format!("it is longer than {MAX_LABEL} bytes")));
        }
        let bytes =
            fs::read(&path).map_err(|source| OpenError::Io { path: path.clone(), source })?;
        let magic: Magic =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if magic.magic != MAGIC {
            return Err(damaged("it is the label of something else".to_owned()));
        }
        if magic.format > FORMAT {
            return Err(OpenError::Newer { path, format: magic.format, known: FORMAT });
        }
        if magic.format < FORMAT {
            return Err(OpenError::Older { path, format: magic.format, known: FORMAT });
        }
        let label: Self =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if label.checksum != label.sum() {
            return Err(damaged("its checksum is wrong".to_owned()));
        }
        Ok(Some(label))
    }

    /// Writes the label of a new crawl, whole or not at all.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::from)?;
        let new = directory.join(format!("{LABEL}.new"));
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, directory.join(LABEL))?;
        sync_directory(directory)
    }

    fn sum(&self) -> u64 {
        let Self { magic, format, crawl, key, digest, settings, checksum: _ } = self;
        let text = format!("{magic}\n{format}\n{crawl}\n{key}\n{digest}\n{settings}");
        XxHash3_64::oneshot(text.as_bytes())
    }
}

/// Makes sure of the names in a directory, where the system knows how.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
