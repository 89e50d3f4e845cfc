//! What the records of a file are, by the ending of its name.

use std::fmt;
use std::path::Path;

use anyhow::{Error, anyhow};

use super::coding::Coding;

/// How records stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    JsonLines,
    Csv,
}

impl Format {
    /// Tells by the name of a file.
    ///
    /// # Errors
    /// When such files cannot be joined.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let mut name = path.to_path_buf();
        if Coding::of(path) != Coding::None {
            name.set_extension("");
        }
        match name.extension().and_then(|ending| ending.to_str()) {
            Some("jsonl") => Ok(Self::JsonLines),
            Some("csv") => Ok(Self::Csv),
            _ => Err(anyhow!(
                "{} cannot be joined; name files that end in .jsonl or .csv, or these with .gz or .zst behind it",
                path.display()
            )),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JsonLines => "JSON lines",
            Self::Csv => "CSV",
        })
    }
}
