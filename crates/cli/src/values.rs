//! How values on the command line are read: durations, sizes, output files.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use dragline::Rotation;
use url::Url;

/// Where page records go, by the ending of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// JSON lines on standard output.
    Stdout,
    /// A file of this format; what is compressed says so by its ending.
    File(PathBuf, Format),
    /// A web archive.
    Archive(PathBuf),
    /// A table in a PostgreSQL database.
    Postgres(Secret),
    /// Parts of this format in an object store.
    Objects(Url, Format),
}

/// A URL that may have a password in it, which nobody prints.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a URL that may have a password")
    }
}

/// How an output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    JsonLines,
    Csv,
    Parquet,
    Sqlite,
}

/// How an object is named.
const OBJECTS: &str =
    "write it like s3://bucket/folder/items.jsonl.gz or file:///folder/items.jsonl.gz";

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::Stdout);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            // Nothing is wrong with it here, since a message would have all of it.
            return Ok(Self::Postgres(Secret(text.to_owned())));
        }
        let objects = match text.split_once("://") {
            None => None,
            Some(("s3" | "file", _)) => match Url::parse(text) {
                Ok(url) if url.query().or(url.fragment()).is_none() => Some(url),
                Ok(_) => return Err(format!("it has more than a path; {OBJECTS}")),
                Err(error) => return Err(format!("{error}; {OBJECTS}")),
            },
            Some((scheme, _)) => {
                return Err(format!("{scheme}:// is no place for an output; {OBJECTS}"));
            }
        };
        let path = PathBuf::from(text);
        let whole = text.strip_suffix(".gz").or(text.strip_suffix(".zst"));
        let name = PathBuf::from(whole.unwrap_or(text));
        let format = match name.extension().and_then(|ending| ending.to_str()) {
            Some("jsonl") => Format::JsonLines,
            Some("csv") => Format::Csv,
            Some("parquet") if whole.is_none() => Format::Parquet,
            Some("sqlite" | "warc") if objects.is_some() => {
                return Err(
                    "a database or an archive cannot be in an object store; name a file".into()
                );
            }
            Some("sqlite") if whole.is_none() => Format::Sqlite,
            Some("warc") if !text.ends_with(".zst") => return Ok(Self::Archive(path)),
            _ => {
                return Err(
                    "the ending says no known format; use a name that ends in .jsonl, .csv, \
                            .jsonl.gz, .csv.gz, .jsonl.zst, .csv.zst, .parquet, .sqlite, .warc.gz or \
                            .warc, or - for standard output"
                        .to_owned(),
                );
            }
        };
        Ok(match objects {
            Some(url) => Self::Objects(url, format),
            None => Self::File(path, format),
        })
    }
}

/// Reads a duration such as `30s`, `1m 30s` or `200ms`; `0` needs no unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 500ms, 30s, 5m or 2h"))
}

/// Reads a size in bytes such as `10MiB`, `500kB` or `4096`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    match text.parse::<bytesize::ByteSize>() {
        Ok(size) => Ok(size.as_u64()),
        Err(error) => Err(format!("{error}; write it like 10MiB, 500kB or 4096")),
    }
}

/// Reads when an output goes on in a further file: a count, or a size with a unit.
pub(crate) fn rotation(text: &str) -> Result<Rotation, String> {
    let hint = "write a count of items such as 100000, or a size with a unit such as 256MiB";
    let rotation = match text.parse() {
        Ok(items) => Rotation { items: Some(items), ..Rotation::default() },
        Err(_) => {
            let bytes = size(text).map_err(|_| hint.to_owned())?;
            Rotation { bytes: Some(bytes), ..Rotation::default() }
        }
    };
    if rotation.items == Some(0) || rotation.bytes == Some(0) {
        return Err(format!("it must be more than 0; {hint}"));
    }
    Ok(rotation)
}

/// Reads where to listen: an address with a port, or a port of this machine alone.
pub(crate) fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse()
        .map_err(|_| "write a port such as 9090, or an address such as 127.0.0.1:9090".to_owned())
}

/// Reads a number that is not zero.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_unless_zero() {
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(duration("5").unwrap_err().contains("500ms"));
        assert!(duration("-1s").is_err());
    }

    #[test]
    fn sizes_know_both_kinds_of_units() {
        assert_eq!(size("10MiB"), Ok(10 * 1024 * 1024));
        assert_eq!(size("500kB"), Ok(500_000));
        assert_eq!(size("4096"), Ok(4096));
        assert!(size("much").unwrap_err().contains("10MiB"));
    }

    #[test]
    fn an_unknown_ending_is_refused() {
        assert_eq!("-".parse(), Ok(Output::Stdout));
        for (name, format) in [
            ("a/b.jsonl", Format::JsonLines),
            ("b.jsonl.gz", Format::JsonLines),
            ("b.csv", Format::Csv),
            ("b.c.csv.zst", Format::Csv),
            ("b.parquet", Format::Parquet),
            ("b.sqlite", Format::Sqlite),
        ] {
            assert_eq!(name.parse(), Ok(Output::File(name.into(), format)));
        }
        for name in ["out.txt", "jsonl", "out.gz", "out.parquet.gz", "out.csv.bz2", "out.csv.gz.gz"]
        {
            assert!(name.parse::<Output>().unwrap_err().contains(".jsonl.gz"), "{name}");
        }
    }

    #[test]
    fn a_database_is_told_from_a_file_and_keeps_its_password() {
        let output: Output = "postgres://me:s3cret@host/shop".parse().unwrap();
        assert!(matches!(output, Output::Postgres(_)));
        assert!(!format!("{output:?}").contains("s3cret"));
    }

    #[test]
    fn an_object_is_told_from_a_file() {
        let output: Output = "s3://bucket/a/items.csv.gz".parse().unwrap();
        let url = Url::parse("s3://bucket/a/items.csv.gz").unwrap();
        assert_eq!(output, Output::Objects(url, Format::Csv));
        for (name, why) in [
            ("gs://bucket/items.csv", "gs:// is no place"),
            ("http://host/items.csv", "http:// is no place"),
            ("s3://bucket/items.csv?x", "more than a path"),
            ("s3://bucket/items.sqlite", "a database or an archive"),
            ("s3://bucket/site.warc.gz", "a database or an archive"),
            ("s3://bucket/items", "the ending says no known format"),
        ] {
            assert!(name.parse::<Output>().unwrap_err().contains(why), "{name}");
        }
    }

    #[test]
    fn a_rotation_is_a_count_or_a_size() {
        let items = Rotation { items: Some(1000), bytes: None };
        assert_eq!(rotation("1000"), Ok(items));
        let bytes = Rotation { items: None, bytes: Some(1024 * 1024) };
        assert_eq!(rotation("1MiB"), Ok(bytes));
        for wrong in ["0", "0MB", "many", "-1", ""] {
            assert!(rotation(wrong).unwrap_err().contains("256MiB"), "{wrong}");
        }
    }
}
