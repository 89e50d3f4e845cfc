//! What the records of a file are, by the ending of its name.

use std::fmt;
use std::path::Path;

use anyhow::{Error, anyhow};
use dragline::Compression;

#[cfg(not(feature = "parquet"))]
use crate::commands::crawl::outputs::lacking;

/// How records stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    JsonLines,
    Csv,
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// Tells by the name of a file.
    ///
    /// # Errors
    /// When such files cannot be joined.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let mut name = path.to_path_buf();
        let plain = Compression::of(path) == Compression::None;
        if !plain {
            name.set_extension("");
        }
        match name.extension().and_then(|ending| ending.to_str()) {
            Some("jsonl") => Ok(Self::JsonLines),
            Some("csv") => Ok(Self::Csv),
            #[cfg(feature = "parquet")]
            Some("parquet") if plain => Ok(Self::Parquet),
            #[cfg(not(feature = "parquet"))]
            Some("parquet") if plain => Err(lacking("parquet")),
            _ => Err(anyhow!(
                "{} cannot be joined; name files that end in .jsonl or .csv, or these with .gz or .zst behind it, \
                 or in .parquet",
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
            #[cfg(feature = "parquet")]
            Self::Parquet => "Parquet",
        })
    }
}
