//! The index of an archive, in a file beside it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use dragline_warc::{CdxLine, Reader};

use crate::sink::SinkError;

/// What is read of a record, in bytes: the head of its answer.
const HEAD: u64 = 64 * 1024;

/// Reads an archive and writes its index.
pub(super) fn write(archive: &Path) -> Result<(), SinkError> {
    let path = beside(archive);
    let failed = |error| SinkError::new(format!("failed to write {}", path.display()), error);
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let mut lines = Vec::new();
    for record in Reader::new(File::open(archive).map_err(failed)?, HEAD) {
        let record = record.map_err(|damage| failed(io::Error::other(damage)))?;
        lines.extend(CdxLine::of(&record, &name));
    }
    lines.sort_unstable();
    let mut out = BufWriter::new(File::create(&path).map_err(failed)?);
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).map_err(failed)?;
    out.flush().map_err(failed)
}

/// Returns where the index of an archive is: `site.cdxj` for `site.warc.gz`.
fn beside(archive: &Path) -> PathBuf {
    let plain = match archive.extension() {
        Some(ending) if ending == "gz" => archive.with_extension(""),
        _ => archive.to_owned(),
    };
    plain.with_extension("cdxj")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_stands_beside_its_archive() {
        for (archive, index) in
            [("a/site.warc.gz", "a/site.cdxj"), ("s.warc", "s.cdxj"), ("s", "s.cdxj")]
        {
            assert_eq!(beside(Path::new(archive)), Path::new(index));
        }
    }
}
