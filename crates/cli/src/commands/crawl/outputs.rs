//! From the name of an output to the sink that writes it: the one place that knows all formats.

use std::path::{Path, PathBuf};

use anyhow::{Error, anyhow};
use dragline::{Columns, Csv, JsonLines, Rotation, Sink, SinkError, Sqlite, Wants};
use serde::Serialize;
#[cfg(any(feature = "object-store", feature = "postgres"))]
use url::Url;

use crate::Exit;
use crate::args::Crawl;
use crate::commands::usage;
use crate::values::{Format, Output};

/// What is written.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Content {
    /// What a database calls it.
    pub(in crate::commands) table: &'static str,
    pub(in crate::commands) columns: Columns,
    pub(in crate::commands) wants: Wants,
    pub(in crate::commands) rotation: Rotation,
    /// The state directory, where parts of an object store wait.
    #[cfg_attr(
        not(feature = "object-store"),
        expect(dead_code, reason = "only parts of an object store wait there")
    )]
    pub(in crate::commands) state: Option<PathBuf>,
}

/// Checks what can be said of outputs before one of them is opened.
pub(in crate::commands) fn check<'a>(
    outputs: impl Iterator<Item = &'a Output>,
    events: Option<&PathBuf>,
    rotation: Option<Rotation>,
) -> Result<(), (Exit, Error)> {
    if events.is_some_and(|path| path.to_string_lossy().contains("://")) {
        return Err(usage(anyhow!("--events is for a file of this machine")));
    }
    let events = events.into_iter().map(std::path::absolute);
    let mut known = events.collect::<Result<Vec<PathBuf>, _>>().map_err(usage)?;
    for output in outputs {
        let (path, format) = match output {
            // There is one archive, which is told from the others where it is opened.
            Output::Stdout | Output::Archive(_) => continue,
            Output::File(path, format) => (path.clone(), format),
            #[cfg(not(feature = "object-store"))]
            Output::Objects(..) => return Err(usage(lacking("object-store"))),
            // As long as it is, it cannot be the path of a file.
            #[cfg(feature = "object-store")]
            Output::Objects(url, format) => (url.as_str().into(), format),
            #[cfg(not(feature = "postgres"))]
            Output::Postgres(_) => return Err(usage(lacking("postgres"))),
            #[cfg(feature = "postgres")]
            Output::Postgres(_) if rotation.is_some() => {
                return Err(usage(anyhow!(
                    "--rotate is for files of lines, and PostgreSQL is a database"
                )));
            }
            #[cfg(feature = "postgres")]
            Output::Postgres(_) => continue,
        };
        let absolute = std::path::absolute(&path).map_err(usage)?;
        if known.contains(&absolute) {
            let path = path.display();
            return Err(usage(anyhow!("{path} is named twice; each output needs its own file")));
        }
        known.push(absolute);
        let kind = match format {
            Format::JsonLines | Format::Csv => continue,
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => return Err(usage(lacking("parquet"))),
            #[cfg(feature = "parquet")]
            Format::Parquet => "a Parquet file",
            Format::Sqlite => "a database",
        };
        if rotation.is_some() && matches!(output, Output::File(..)) {
            let path = path.display();
            return Err(usage(anyhow!("--rotate is for files of lines, and {path} is {kind}")));
        }
    }
    Ok(())
}

/// Opens an output.
pub(in crate::commands) async fn sink<T: Serialize + 'static>(
    output: &Output,
    content: &Content,
) -> Result<Box<dyn Sink<T>>, (Exit, Error)> {
    match output {
        Output::Archive(path) => Err(usage(anyhow!(
            "{}: an archive holds what a crawl exchanges with servers, and here nothing is",
            path.display()
        ))),
        #[cfg(feature = "postgres")]
        Output::Postgres(url) => postgres(&url.0, content).await,
        #[cfg(feature = "object-store")]
        Output::Objects(url, format) => {
            objects(url, *format, content).await.map_err(|error| (Exit::Failure, error))
        }
        _ => open(output, content).map_err(|error| (Exit::Failure, error.into())),
    }
}

fn open<T: Serialize + 'static>(
    output: &Output,
    content: &Content,
) -> Result<Box<dyn Sink<T>>, SinkError> {
    match output {
        // An archive was refused.
        Output::Stdout | Output::Archive(_) => {
            let sink = JsonLines::stdout();
            let with = content.wants == Wants::Provenance;
            Ok(Box::new(if with { sink.with_provenance() } else { sink }))
        }
        Output::File(path, format) => file(path, *format, content),
        Output::Postgres(_) | Output::Objects(..) => {
            unreachable!("it is opened elsewhere, or was refused before")
        }
    }
}

fn file<T: Serialize + 'static>(
    path: &Path,
    format: Format,
    content: &Content,
) -> Result<Box<dyn Sink<T>>, SinkError> {
    let rotation = content.rotation;
    let columns = || content.columns.clone();
    let with = content.wants == Wants::Provenance;
    Ok(match format {
        Format::JsonLines => {
            let sink = JsonLines::rotated(path, rotation)?;
            Box::new(if with { sink.with_provenance() } else { sink })
        }
        Format::Csv => {
            let sink = Csv::rotated(path, columns(), rotation)?;
            Box::new(if with { sink.with_provenance()? } else { sink })
        }
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => unreachable!("it was refused before"),
        #[cfg(feature = "parquet")]
        Format::Parquet => {
            let sink = dragline::Parquet::create(path, columns())?;
            Box::new(if with { sink.with_provenance()? } else { sink })
        }
        Format::Sqlite => {
            let sink = Sqlite::create(path, content.table, columns())?;
            Box::new(if with { sink.with_provenance()? } else { sink })
        }
    })
}

/// Opens an output in an object store.
#[cfg(feature = "object-store")]
async fn objects<T: Serialize + 'static>(
    url: &Url,
    format: Format,
    content: &Content,
) -> Result<Box<dyn Sink<T>>, Error> {
    let spool = match &content.state {
        Some(state) => state.join("spool"),
        // What is left there after a kill is all that there is of the last parts.
        None => tempfile::Builder::new().prefix("dragline-").tempdir()?.keep(),
    };
    let (rotation, wants) = (content.rotation, content.wants);
    let content = Content { rotation: Rotation::default(), ..content.clone() };
    let part = move |path: &Path| file(path, format, &content);
    Ok(Box::new(dragline::Objects::connect(url, spool, rotation, wants, part).await?))
}

/// Says what the items are written with.
pub(super) fn wants(arguments: &Crawl) -> Wants {
    // Doubles of several workers are told by the keys.
    let keys = arguments.provenance || arguments.sharing.frontier.is_some();
    if keys { Wants::Provenance } else { Wants::Values }
}

/// Opens an output in a PostgreSQL database.
#[cfg(feature = "postgres")]
async fn postgres<T: Serialize + 'static>(
    url: &str,
    content: &Content,
) -> Result<Box<dyn Sink<T>>, (Exit, Error)> {
    let (url, table) = table(url, content.table).map_err(usage)?;
    let columns = content.columns.clone();
    let sink = dragline::Postgres::connect(&url, &table, columns, content.wants).await;
    Ok(Box::new(sink.map_err(|error| (Exit::Failure, error.into()))?))
}

/// Says that the command is built without a feature.
#[cfg(not(all(feature = "object-store", feature = "parquet", feature = "postgres")))]
pub(in crate::commands) fn lacking(feature: &str) -> Error {
    anyhow!(
        "this dragline was built without `{feature}`; build it with --features {feature}, or choose \
         another output"
    )
}

/// Takes the name of the table out of a URL, and puts the password of the environment in.
#[cfg(feature = "postgres")]
fn table(url: &str, default: &str) -> Result<(String, String), Error> {
    // The error of the parser is no secret, but says nothing that this does not.
    let parsed = Url::parse(url).map_err(|_| {
        anyhow!(
            "the URL of the database cannot be read; write it like postgres://user@host/database"
        )
    });
    let mut parsed = parsed?;
    let mut table = default.to_owned();
    let mut rest = Vec::new();
    for (name, value) in parsed.query_pairs() {
        match &*name {
            "table" => table = value.into_owned(),
            _ => rest.push((name.into_owned(), value.into_owned())),
        }
    }
    parsed.set_query(None);
    if !rest.is_empty() {
        parsed.query_pairs_mut().extend_pairs(rest);
    }
    if let (None, Ok(password)) = (parsed.password(), std::env::var("PGPASSWORD")) {
        // A URL without a host has no place for it.
        let _ = parsed.set_password(Some(&password));
    }
    Ok((parsed.into(), table))
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_table() {
        let (url, name) =
            table("postgres://me@host/shop?table=a.b&sslmode=disable", "items").unwrap();
        assert_eq!((&*url, &*name), ("postgres://me@host/shop?sslmode=disable", "a.b"));
        assert_eq!(table("postgres://host/shop", "items").unwrap().1, "items");
    }
}
