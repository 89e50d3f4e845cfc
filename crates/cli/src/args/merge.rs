//! The arguments of `merge`.

use std::path::PathBuf;

use clap::Args;

/// What is joined, and where to.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The files to join: .jsonl or .csv, with .gz or .zst behind it if they are compressed, or .parquet
    ///
    /// All of one format, in the order in which they are to stand in the output. They are never written to.
    #[arg(value_name = "PART", required = true)]
    pub(crate) parts: Vec<PathBuf>,

    /// Write what was joined to this file, compressed if its name ends in .gz or .zst; `-` is standard output
    ///
    /// It is there once it is whole. A file that is there is replaced, unless it is one of the parts.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}
