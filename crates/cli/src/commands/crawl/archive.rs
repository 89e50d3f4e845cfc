//! The archive among the outputs of a crawl.

use anyhow::{Error, anyhow};
use dragline::{Archive, Crawler, Spider};

use crate::Exit;
use crate::args::Crawl;
use crate::commands::usage;
use crate::values::Output;

/// Has a crawl write the archive that its outputs name, if one does.
pub(super) fn set<S: Spider>(
    crawler: Crawler<S>,
    arguments: &Crawl,
) -> Result<Crawler<S>, (Exit, Error)> {
    if arguments.pages.iter().any(is_archive) {
        return Err(usage(anyhow!(
            "--pages is for page records, which an archive has not; name the archive with --output"
        )));
    }
    let mut archives = arguments.output.iter().filter_map(|output| match output {
        Output::Archive(path) => Some(path),
        _ => None,
    });
    let Some(path) = archives.next() else { return Ok(crawler) };
    if archives.next().is_some() {
        return Err(usage(anyhow!("a crawl writes one archive, and --output names several")));
    }
    let archive = Archive::create(path).map_err(|error| (Exit::Failure, error.into()))?;
    Ok(crawler.archive(archive))
}

/// Tells whether an output is an archive, which no records or items go to.
pub(super) fn is_archive(output: &Output) -> bool {
    matches!(output, Output::Archive(_))
}
