//! `dragline merge`: joins part files of one crawl, each item once, by the keys that `--provenance` writes.

mod doubles;
mod format;
#[cfg(feature = "parquet")]
mod parquet;
mod part;
mod target;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, anyhow};

use self::doubles::Doubles;
use self::format::Format;
use self::part::{Next, Part};
use self::target::Target;
use crate::args::Merge;
use crate::commands::usage;
use crate::stdout::plural;
use crate::{Exit, Outcome};

/// Keys that are held at once: with what a table adds, some 440 MB while it grows, 290 MB when it has.
const KEYS: usize = 14_000_000;

/// What was found in a part when it was first read.
#[derive(Debug)]
struct Found {
    items: u64,
    /// What it ends in the middle of.
    cut: Option<&'static str>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Merge) -> Outcome {
    let format = check(&arguments.parts, &arguments.output).map_err(usage)?;
    let mut doubles = Doubles::new(KEYS);
    let mut found = Vec::new();
    loop {
        survey(&arguments.parts, format, &mut doubles, &mut found)?;
        if !doubles.again() {
            break;
        }
    }
    let failed = |error: Error| (Exit::Failure, error);
    write(arguments, format, &doubles, &found).map_err(failed)?;
    for (part, found) in arguments.parts.iter().zip(&found) {
        if let Some(what) = found.cut {
            eprintln!("note: {} ends in the middle of {what}, which is left out", part.display());
        }
    }
    let (items, left_out) = (doubles.items(), doubles.count());
    eprintln!(
        "{}: {} written, {} left out",
        plural(arguments.parts.len() as u64, "part"),
        plural(items - left_out, "item"),
        plural(left_out, "double"),
    );
    Ok(Exit::Success)
}

/// Checks what can be said before a part is read, and tells their format.
fn check(parts: &[PathBuf], output: &Path) -> Result<Format, Error> {
    let format = Format::of(&parts[0])?;
    let mut known = Vec::new();
    for part in parts {
        let own = Format::of(part)?;
        if own != format {
            let (first, part) = (parts[0].display(), part.display());
            return Err(anyhow!(
                "{part} is {own} and {first} is {format}; join those of one format"
            ));
        }
        let path = std::fs::canonicalize(part)
            .with_context(|| format!("failed to open {}", part.display()))?;
        if known.contains(&path) {
            return Err(anyhow!("{} is named twice; name each part once", part.display()));
        }
        known.push(path);
    }
    if output == Path::new("-") {
        return Ok(format);
    }
    let own = Format::of(output)?;
    let shown = output.display();
    if own != format {
        return Err(anyhow!("{shown} is {own} and the parts are {format}; give it their ending"));
    }
    if std::fs::canonicalize(output).is_ok_and(|path| known.contains(&path)) {
        return Err(anyhow!("{shown} is one of the parts; give the output another name"));
    }
    Ok(format)
}

/// Reads all keys once, and the first time notes what is in each part.
fn survey(
    parts: &[PathBuf],
    format: Format,
    doubles: &mut Doubles,
    found: &mut Vec<Found>,
) -> Result<(), (Exit, Error)> {
    doubles.begin();
    #[cfg(feature = "parquet")]
    if format == Format::Parquet {
        return parquet::survey(parts, doubles, found);
    }
    let failed = |error: Error| (Exit::Failure, error);
    let mut head = None;
    for (index, path) in parts.iter().enumerate() {
        let mut part = Part::open(path, format).map_err(usage)?;
        if let Some(own) = part.head() {
            match &head {
                None => head = Some(own.to_vec()),
                Some(head) if head != own => return Err(usage(other_columns(path, &parts[0]))),
                Some(_) => {}
            }
        }
        if let Some(found) = found.get(index) {
            for _ in 0..found.items {
                part.again().map_err(failed)?;
                doubles.note(part.key().map_err(usage)?);
            }
            continue;
        }
        let mut items = 0;
        let cut = loop {
            match part.next().map_err(failed)? {
                Next::Record => doubles.note(part.key().map_err(usage)?),
                Next::End => break None,
                Next::Cut(what) => break Some(what),
            }
            items += 1;
        };
        found.push(Found { items, cut });
    }
    Ok(())
}

/// Reads all records again, and writes those that are no doubles.
fn write(
    arguments: &Merge,
    format: Format,
    doubles: &Doubles,
    found: &[Found],
) -> Result<(), Error> {
    let mut target = Target::create(&arguments.output)?;
    #[cfg(feature = "parquet")]
    if format == Format::Parquet {
        return parquet::write(&arguments.parts, found, doubles, target);
    }
    let failed = || target::failed(&arguments.output);
    let (mut place, mut headed) = (0, false);
    for (path, found) in arguments.parts.iter().zip(found) {
        let mut part = Part::open(path, format)?;
        if let (false, Some(head)) = (headed, part.head()) {
            target.write_all(head).with_context(failed)?;
            headed = true;
        }
        // What a crawl that goes on appended since is not known to be new.
        for _ in 0..found.items {
            part.again()?;
            if !doubles.contains(place) {
                target.write_all(part.record()).with_context(failed)?;
            }
            place += 1;
        }
    }
    target.finish()
}

fn other_columns(path: &Path, first: &Path) -> Error {
    let (path, first) = (path.display(), first.display());
    anyhow!("{path} has other columns than {first}; join those of one kind")
}

fn changed(path: &Path) -> Error {
    anyhow!("{} changed while it was read; join it when nobody replaces it", path.display())
}
