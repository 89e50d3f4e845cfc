//! Rotation: when the output goes on in a further file, and how those are called.

use std::path::{Path, PathBuf};

/// When the output goes on in a further file. Default: never.
///
/// The files of `items.jsonl.gz` are then `items-00001.jsonl.gz`, `items-00002.jsonl.gz` and so on. Each is whole
/// and can be read alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// After the item with which a file has this many bytes, as they are on disk. What compression holds back is
    /// not counted, so that it may be some hundred KiB more.
    pub bytes: Option<u64>,
    /// After this many items.
    pub items: Option<u64>,
}

impl Rotation {
    /// Returns the number of the first file; 0 is the one that is named as it is.
    pub(super) fn first(self) -> u32 {
        u32::from(self != Self::default())
    }

    /// Tells whether a file has all that it is to have.
    pub(super) fn is_full(self, bytes: u64, items: u64) -> bool {
        // One item goes into each, however small the limit.
        items > 0
            && (self.bytes.is_some_and(|most| bytes >= most)
                || self.items.is_some_and(|most| items >= most))
    }
}

/// Returns the path of the file with this number.
pub(super) fn part(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let whole = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    let stem = whole.rfind('.').filter(|dot| *dot > 0).unwrap_or(whole.len());
    path.with_file_name(format!("{}-{number:05}{}", &name[..stem], &name[stem..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_before_the_endings() {
        for (path, expected) in [
            ("a/items.jsonl", "a/items-00001.jsonl"),
            ("items.of.may.csv.gz", "items.of.may-00001.csv.gz"),
            ("items.jsonl.zst", "items-00001.jsonl.zst"),
            ("items", "items-00001"),
            (".gz", "-00001.gz"),
        ] {
            assert_eq!(part(Path::new(path), 1), Path::new(expected));
        }
        assert_eq!(part(Path::new("a.csv"), 0), Path::new("a.csv"));
        assert_eq!(part(Path::new("a.csv"), 123_456), Path::new("a-123456.csv"));
    }
}
