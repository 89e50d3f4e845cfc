//! How values on the command line are read: durations, sizes, output files.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Where page records go, by the ending of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// JSON lines on standard output.
    Stdout,
    /// JSON lines in a file.
    JsonLines(PathBuf),
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::Stdout);
        }
        let path = PathBuf::from(text);
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("jsonl") => Ok(Self::JsonLines(path)),
            _ => Err("the ending says no known format; use a name that ends in .jsonl, or - for \
                      standard output"
                .to_owned()),
        }
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
        assert_eq!("a/b.jsonl".parse(), Ok(Output::JsonLines("a/b.jsonl".into())));
        assert!("out.csv".parse::<Output>().unwrap_err().contains(".jsonl"));
    }
}
