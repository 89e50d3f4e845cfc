//! `dragline merge`: joins part files of one crawl, each item once, by the keys that `--provenance` writes.

mod coding;
mod doubles;
mod format;
mod part;
mod target;

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

/// Runs the command.
pub(crate) fn run(arguments: &Merge) -> Outcome {
    let format = check(&arguments.parts, &arguments.output).map_err(usage)?;
    let mut doubles = Doubles::new(KEYS);
    let cut = loop {
        let cut = survey(&arguments.parts, format, &mut doubles)?;
        if !doubles.again() {
            break cut;
        }
    };
    let failed = |error: Error| (Exit::Failure, error);
    write(arguments, format, &doubles).map_err(failed)?;
    for (part, what) in &cut {
        eprintln!("note: {} ends in the middle of {what}, which is left out", part.display());
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

/// Reads all keys once. Returns the parts that end in the middle of something.
fn survey(
    parts: &[PathBuf],
    format: Format,
    doubles: &mut Doubles,
) -> Result<Vec<(PathBuf, &'static str)>, (Exit, Error)> {
    let failed = |error: Error| (Exit::Failure, error);
    let (mut cut, mut head) = (Vec::new(), None);
    doubles.begin();
    for path in parts {
        let mut part = Part::open(path, format).map_err(usage)?;
        if let Some(own) = part.head() {
            match &head {
                None => head = Some(own.to_vec()),
                Some(head) if head != own => {
                    let (path, first) = (path.display(), parts[0].display());
                    let text =
                        format!("{path} has other columns than {first}; join those of one kind");
                    return Err(usage(anyhow!(text)));
                }
                Some(_) => {}
            }
        }
        loop {
            match part.next().map_err(failed)? {
                Next::Record => doubles.note(part.key().map_err(usage)?),
                Next::End => break,
                Next::Cut(what) => {
                    cut.push((path.clone(), what));
                    break;
                }
            }
        }
    }
    Ok(cut)
}

/// Reads all records again, and writes those that are no doubles.
fn write(arguments: &Merge, format: Format, doubles: &Doubles) -> Result<(), Error> {
    let mut target = Target::create(&arguments.output)?;
    let (mut place, mut headed) = (0, false);
    for path in &arguments.parts {
        let mut part = Part::open(path, format)?;
        if let (false, Some(head)) = (headed, part.head()) {
            target.write(head)?;
            headed = true;
        }
        // What a crawl that goes on appended since is not known to be new.
        while place < doubles.items() && part.next()? == Next::Record {
            if !doubles.contains(place) {
                target.write(part.record())?;
            }
            place += 1;
        }
    }
    target.finish()
}
