//! Parquet parts: a row group without doubles is copied as it is, another is written without them.

mod part;

use std::path::PathBuf;
use std::sync::Arc;

use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::SerializedFileWriter;
use anyhow::{Context, Error};

use self::part::Part;
use super::doubles::Doubles;
use super::target::Target;
use super::{Found, changed, other_columns};
use crate::Exit;
use crate::commands::usage;

/// Reads all keys once, and the first time notes how many rows each part has.
pub(super) fn survey(
    parts: &[PathBuf],
    doubles: &mut Doubles,
    found: &mut Vec<Found>,
) -> Result<(), (Exit, Error)> {
    let failed = |error: Error| (Exit::Failure, error);
    let mut schema = None;
    for (index, path) in parts.iter().enumerate() {
        let part = Part::open(path).map_err(usage)?;
        let schema = schema.get_or_insert_with(|| part.schema());
        if *schema != part.schema() {
            return Err(usage(other_columns(path, &parts[0])));
        }
        match found.get(index) {
            None => found.push(Found { items: part.rows(), cut: None }),
            Some(found) if found.items != part.rows() => return Err(failed(changed(path))),
            Some(_) => {}
        }
        for group in 0..part.groups() {
            part.keys(group, |key| doubles.note(key))?;
        }
    }
    Ok(())
}

/// Writes all rows that are no doubles; the row groups stay as they are, less those.
pub(super) fn write(
    parts: &[PathBuf],
    found: &[Found],
    doubles: &Doubles,
    target: Target,
) -> Result<(), Error> {
    let schema = Part::open(&parts[0])?.schema();
    // As the outputs of a crawl are written.
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .build();
    let mut to = SerializedFileWriter::new(target, schema.clone(), Arc::new(properties))?;
    let mut place = 0;
    for (path, found) in parts.iter().zip(found) {
        let part = Part::open(path)?;
        if part.rows() != found.items || part.schema() != schema {
            return Err(changed(path));
        }
        for group in 0..part.groups() {
            let rows = part.rows_of(group);
            let keep = |row: u64| !doubles.contains(place + row);
            let kept = (0..rows).filter(|row| keep(*row)).count() as u64;
            if kept == rows {
                part.copy(group, &mut to)
            } else if kept > 0 {
                part.copy_rows(group, keep, &mut to)
            } else {
                Ok(())
            }
            .with_context(|| format!("failed to copy rows of {}", path.display()))?;
            place += rows;
        }
    }
    to.into_inner()?.finish()
}
