//! A disk that loses the end of what was written last.

use std::fs::{self, OpenOptions};
use std::path::Path;

/// Cuts so many bytes off the newest journal of a state; tells whether there was anything to cut.
pub(crate) fn cut(state: &Path, bytes: u64) -> bool {
    let Ok(entries) = fs::read_dir(state.join("tables")) else { return false };
    let newest = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jnl"))
        .max_by_key(|path| {
            path.file_stem().and_then(|name| name.to_str()?.parse::<u64>().ok()).unwrap_or(0)
        });
    let Some(path) = newest else { return false };
    // The file is longer than what is written in it; the rest is zeros.
    let text = fs::read(&path).unwrap();
    let Some(last) = text.iter().rposition(|byte| *byte != 0) else { return false };
    let length = (last as u64 + 1).saturating_sub(bytes);
    OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
    true
}
