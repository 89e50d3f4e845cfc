//! The file with what the last crawl that finished gave, to compare the next one with.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::counts::PageCounts;
use crate::error::{Error, ErrorKind};

/// The largest file that is read, in bytes: 64 routes of 256 fields need less.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    routes: BTreeMap<String, PageCounts>,
}

/// Reads the file; nothing when it is not there.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, PageCounts>, Error> {
    let shown = path.display();
    let unread = |error: io::Error| {
        let message = format!("health.baseline {shown} cannot be read");
        Error::because(ErrorKind::Config, message, error)
    };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(unread(error)),
        Ok(file) if file.len() > MAX_FILE => {
            let message =
                format!("health.baseline {shown} has more than 16 MiB; name another file");
            return Err(Error::config(message));
        }
        Ok(_) => {}
    }
    let text = std::fs::read(path).map_err(unread)?;
    let baseline: Baseline = serde_json::from_slice(&text).map_err(|error| {
        let message = format!("health.baseline {shown} is no such file; remove it or name another");
        Error::because(ErrorKind::Config, message, error)
    })?;
    Ok(baseline.routes)
}

/// Replaces the file, whole or not at all.
pub(crate) fn write(path: &Path, routes: BTreeMap<String, PageCounts>) -> Result<(), Error> {
    let written = || {
        let mut text = serde_json::to_vec_pretty(&Baseline { routes })?;
        text.push(b'\n');
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        std::fs::write(&beside, text)?;
        std::fs::rename(&beside, path)
    };
    written().map_err(|error: io::Error| {
        let message = format!("health.baseline {} cannot be written", path.display());
        Error::because(ErrorKind::Sink(error.kind()), message, error)
    })
}
