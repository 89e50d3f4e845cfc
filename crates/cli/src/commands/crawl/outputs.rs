//! From the name of an output to the sink that writes it: the one place that knows all formats.

use std::path::PathBuf;

use anyhow::{Error, anyhow};
use dragline::{Columns, Csv, JsonLines, Rotation, Sink, SinkError, Sqlite, Wants};
use serde::Serialize;

use crate::Exit;
use crate::args::Crawl;
use crate::commands::usage;
use crate::values::{Format, Output};

/// What is written.
#[derive(Debug)]
pub(in crate::commands) struct Content {
    /// What a database calls it.
    pub(in crate::commands) table: &'static str,
    pub(in crate::commands) columns: Columns,
    pub(in crate::commands) wants: Wants,
    pub(in crate::commands) rotation: Rotation,
}

/// Checks what can be said of outputs before one of them is opened.
pub(super) fn check(arguments: &Crawl) -> Result<(), (Exit, Error)> {
    let mut known: Vec<PathBuf> = Vec::new();
    for output in arguments.output.iter().chain(&arguments.pages) {
        let Output::File(path, format) = output else { continue };
        let absolute = std::path::absolute(path).map_err(usage)?;
        if known.contains(&absolute) {
            let path = path.display();
            return Err(usage(anyhow!("{path} is named twice; each output needs its own file")));
        }
        known.push(absolute);
        if *format == Format::Sqlite && arguments.rotate.is_some() {
            let path = path.display();
            return Err(usage(anyhow!("--rotate is for files of lines, and {path} is a database")));
        }
    }
    Ok(())
}

/// Opens an output.
pub(in crate::commands) fn sink<T: Serialize + 'static>(
    output: &Output,
    content: &Content,
) -> Result<Box<dyn Sink<T>>, (Exit, Error)> {
    if let Output::Archive(path) = output {
        let path = path.display();
        return Err(usage(anyhow!(
            "{path}: an archive holds what a crawl exchanges with servers, and here nothing is"
        )));
    }
    open(output, content).map_err(|error| (Exit::Failure, error.into()))
}

fn open<T: Serialize + 'static>(
    output: &Output,
    content: &Content,
) -> Result<Box<dyn Sink<T>>, SinkError> {
    let rotation = content.rotation;
    let columns = || content.columns.clone();
    let with = content.wants == Wants::Provenance;
    let (path, format) = match output {
        // An archive was refused.
        Output::Stdout | Output::Archive(_) => {
            let sink = JsonLines::stdout();
            return Ok(Box::new(if with { sink.with_provenance() } else { sink }));
        }
        Output::File(path, format) => (path, format),
    };
    Ok(match format {
        Format::JsonLines => {
            let sink = JsonLines::rotated(path, rotation)?;
            Box::new(if with { sink.with_provenance() } else { sink })
        }
        Format::Csv => {
            let sink = Csv::rotated(path, columns(), rotation)?;
            Box::new(if with { sink.with_provenance()? } else { sink })
        }
        Format::Sqlite => {
            let sink = Sqlite::create(path, content.table, columns())?;
            Box::new(if with { sink.with_provenance()? } else { sink })
        }
    })
}

/// Says what the items are written with.
pub(super) fn wants(arguments: &Crawl) -> Wants {
    if arguments.provenance { Wants::Provenance } else { Wants::Values }
}
