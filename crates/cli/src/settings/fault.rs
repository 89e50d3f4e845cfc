//! What is wrong with a file of settings, in words: where, and what was probably meant. No secret is repeated.

use std::path::Path;

use anyhow::{Error, anyhow};

/// What makes a line of a file one that is not repeated.
const SECRET: [&str; 4] = ["credentials", "headers", "proxy", "bearer"];
/// How much alike two keys are, of 1, for one to be meant by the other.
const ALIKE: f64 = 0.75;

/// Tells what is wrong, with line and column.
pub(super) fn tell(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let start = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    anyhow!("{}:{line}:{column}: {}", path.display(), words(&around(text, start), error))
}

/// Returns the header of the table and the line that a place in a file is in.
fn around(text: &str, start: usize) -> String {
    let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let lines: Vec<&str> = text[..end].lines().collect();
    let table = lines.iter().rev().find(|line| line.trim_start().starts_with('['));
    format!("{} {}", table.unwrap_or(&""), lines.last().unwrap_or(&""))
}

/// Tells what is wrong; `around` is where.
pub(super) fn words(around: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim().replace('\n', "; ");
    if let Some(rest) = message.strip_prefix("unknown field `")
        && let Some((key, known)) = rest.split_once('`')
    {
        return unknown(key, known);
    }
    if SECRET.iter().any(|word| around.contains(word)) {
        return "the value cannot be used; it is not shown, since it may be secret".to_owned();
    }
    message
}

fn unknown(key: &str, known: &str) -> String {
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let alike = |name: &&&str| strsim::jaro_winkler(key, name);
    let nearest = known.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)));
    match nearest.filter(|name| alike(name) >= ALIKE) {
        Some(nearest) => format!("unknown key `{key}`; did you mean `{nearest}`?"),
        None => format!("unknown key `{key}`; known here are {}", known.join(", ")),
    }
}
