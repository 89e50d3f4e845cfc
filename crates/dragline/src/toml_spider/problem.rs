//! What is wrong with a spider's file: each mistake with its place, the line and a remedy.

use std::fmt;
use std::ops::Range;

/// Most mistakes of one file that are told; the rest are counted.
const MAX_PROBLEMS: usize = 20;

/// Most characters of a line that are shown.
const MAX_WIDTH: usize = 120;

/// The error of a file that is no spider, with all mistakes that could be told at once (at most 20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpiderError {
    problems: Vec<Problem>,
    omitted: usize,
}

/// One mistake in a spider's file.
///
/// Prints what is wrong, then the place and the line with a mark under the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    message: String,
    place: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    /// The line, or the part of a long one around the mistake, without tabs.
    excerpt: String,
    /// Characters of the excerpt before the mark, and under it.
    mark: (usize, usize),
}

impl SpiderError {
    /// Returns the mistakes in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(super) fn unread(message: String) -> Self {
        Self { problems: vec![Problem { message, place: None }], omitted: 0 }
    }
}

impl Problem {
    /// Returns what is wrong and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns line and column, both from 1, columns in characters; `None` when the file could not be read.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }
}

impl fmt::Display for SpiderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        match self.omitted {
            0 => Ok(()),
            omitted => write!(f, "\n\nand {omitted} more"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let Some(Place { file, line, column, excerpt, mark: (before, length) }) = &self.place
        else {
            return Ok(());
        };
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let (before, marks) = (" ".repeat(*before), "^".repeat(*length));
        write!(
            f,
            "\n{gutter}--> {file}:{line}:{column}\n{gutter} |\n{number} | {excerpt}\n{gutter} | {before}{marks}"
        )
    }
}

impl std::error::Error for SpiderError {}

/// Collects the mistakes of one file.
pub(super) struct Problems<'t> {
    file: &'t str,
    text: &'t str,
    found: Vec<(usize, Problem)>,
}

impl<'t> Problems<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// Adds a mistake at a place in the text, in bytes.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        let place = Some(place(self.file, self.text, &span));
        self.found.push((span.start, Problem { message: message.into(), place }));
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Ends with an error if there was a mistake.
    pub(super) fn into_result(mut self) -> Result<(), SpiderError> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort_by_key(|(start, _)| *start);
        let omitted = self.found.len().saturating_sub(MAX_PROBLEMS);
        let problems = self.found.into_iter().take(MAX_PROBLEMS).map(|(_, problem)| problem);
        Err(SpiderError { problems: problems.collect(), omitted })
    }
}

fn place(file: &str, text: &str, span: &Range<usize>) -> Place {
    let start = (0..=span.start.min(text.len()))
        .rev()
        .find(|&start| text.is_char_boundary(start))
        .unwrap_or(0);
    let line_start = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let before = text[line_start..start].chars().count();
    let end = span.end.clamp(start, line_start + line.len().max(start - line_start));
    let end = (start..=end).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(start);
    let length = text[start..end].chars().count().clamp(1, MAX_WIDTH);
    // A long line is shown from a little before the mistake.
    let skipped = if before + length > MAX_WIDTH { before.saturating_sub(20) } else { 0 };
    let shown = line.chars().skip(skipped).take(MAX_WIDTH);
    Place {
        file: file.to_owned(),
        line: text[..line_start].matches('\n').count() + 1,
        column: before + 1,
        excerpt: shown
            .map(|character| if character.is_control() { ' ' } else { character })
            .collect(),
        mark: (before - skipped, length.min(MAX_WIDTH - 20)),
    }
}

/// Returns the known name that is nearest to one that is not, if one is near.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    let distances = known.into_iter().map(|known| {
        let distance = strsim::damerau_levenshtein(&lower, &known.to_lowercase());
        (distance, known)
    });
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    let may_differ = (name.chars().count().max(known.chars().count()) / 3).max(1);
    (distance <= may_differ && distance < name.chars().count()).then_some(known)
}

/// Writes what is known where a name is not: the nearest, else all.
pub(super) fn instead(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Range<usize>) -> String {
        let mut problems = Problems::new("a.toml", text);
        problems.add(span, "wrong");
        problems.into_result().unwrap_err().to_string()
    }

    #[test]
    fn the_mark_is_under_the_mistake() {
        assert_eq!(
            shown("a = 1\nü\t= x\n", 10..11),
            "wrong\n --> a.toml:2:4\n  |\n2 | ü = x\n  |    ^"
        );
    }

    #[test]
    fn any_span_of_any_text_is_shown() {
        for text in ["", "\n", "ü", "a\r\nb", &"é".repeat(400)] {
            for start in 0..=text.len() + 1 {
                for length in [0, 1, 500] {
                    assert!(shown(text, start..start + length).contains("a.toml:"));
                }
            }
        }
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        let known = ["attr", "css", "carried"];
        assert_eq!(nearest("atr", known), Some("attr"));
        assert_eq!(nearest("cs", known), Some("css"));
        assert_eq!(nearest("selector", known), None);
        assert_eq!(instead("x", &["a", "b"]), "known are a, b");
    }
}
