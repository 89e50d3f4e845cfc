//! The part of a crawl that several workers share: which worker this is, and how its files are called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Error, anyhow};
use dragline::{Counts, Fleet, Resumed};

use crate::Exit;
use crate::args::Crawl;
use crate::commands::usage;
use crate::progress::Reporter;
use crate::values::Output;

/// What stands for the worker's name in that of a file.
const PLACE: &str = "{worker}";

/// Reads how the crawl is shared, if it is, and puts the worker's name into those of its files.
pub(super) fn prepare(arguments: &mut Crawl) -> Result<Option<Fleet>, (Exit, Error)> {
    let Some(address) = &arguments.sharing.frontier else { return Ok(None) };
    if arguments.sharing.lease.is_some_and(|lease| lease.is_zero()) {
        return Err(usage(anyhow!(
            "--lease is 0, and a lease must last; leave it out, or write 30s"
        )));
    }
    let mut fleet = Fleet::at(&address.0).map_err(usage)?;
    if let Some(name) = &arguments.sharing.worker {
        fleet = fleet.worker(name);
    }
    if let Some(lease) = arguments.sharing.lease {
        fleet = fleet.lease(lease);
    }
    for output in arguments.output.iter_mut().chain(&mut arguments.pages) {
        match output {
            Output::File(path, _) | Output::Archive(path) => *path = named(path, fleet.name()),
            Output::Objects(url, _) => {
                let path = url.path().replace("%7Bworker%7D", PLACE);
                url.set_path(&named(Path::new(&path), fleet.name()).to_string_lossy());
            }
            // A table may be shared, and standard output is the process's own.
            Output::Stdout | Output::Postgres(_) => {}
        }
    }
    if let Some(path) = &mut arguments.events {
        *path = named(path, fleet.name());
    }
    Ok(Some(fleet))
}

/// Puts a worker's name into that of a file: in its place, or before the first ending.
fn named(path: &Path, worker: &str) -> PathBuf {
    let Some(name) = path.file_name() else { return path.to_owned() };
    let Some(text) = name.to_str() else {
        let mut name = OsString::from(format!("{worker}."));
        name.push(path.file_name().unwrap_or_default());
        return path.with_file_name(name);
    };
    if text.contains(PLACE) {
        return path.with_file_name(text.replace(PLACE, worker));
    }
    // A name that begins with a dot has no ending there.
    let name = match text.char_indices().skip(1).find(|(_, letter)| *letter == '.') {
        Some((at, _)) => format!("{}.{worker}{}", &text[..at], &text[at..]),
        None => format!("{text}.{worker}"),
    };
    path.with_file_name(name)
}

/// Tells which crawl was joined, and how far it is.
pub(super) fn tell(reporter: &Reporter, address: &str, worker: &str, found: &Resumed) {
    let Counts { discovered, waiting, .. } = found.counts;
    reporter.note(&match discovered {
        0 => format!("{address}: a new crawl, begun as {worker}"),
        _ => format!(
            "{address}: joined as {worker}, with {discovered} URLs known, {waiting} waiting"
        ),
    });
}

/// Returns a number that tells texts apart (FNV-1a), the same on each machine.
pub(super) fn digest(text: &[u8]) -> String {
    let hash = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_workers_name_before_its_ending_or_in_its_place() {
        for (path, expected) in [
            ("out/items.jsonl.gz", "out/items.w1.jsonl.gz"),
            ("items-{worker}.csv", "items-w1.csv"),
            ("{worker}.jsonl", "w1.jsonl"),
            (".hidden.jsonl", ".hidden.w1.jsonl"),
            ("bare", "bare.w1"),
        ] {
            assert_eq!(named(Path::new(path), "w1"), Path::new(expected));
        }
    }
}
