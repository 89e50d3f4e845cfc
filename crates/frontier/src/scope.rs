//! Which URLs belong to a crawl, decided from its seeds and patterns; called for every link found.

mod kind;
mod places;
#[cfg(test)]
mod tests;

use regex::Regex;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::canonical::Parts;
use crate::scope::places::Places;

pub use kind::ScopeKind;

/// Which URLs belong to a crawl, as a user writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScopeConfig {
    /// How far from the seeds a crawl may go; the same host by default.
    pub kind: ScopeKind,
    /// Regular expressions, of which one must match somewhere in the URL; none means no condition.
    pub include: Vec<String>,
    /// Regular expressions, of which none may match anywhere in the URL; they win over `include`.
    pub exclude: Vec<String>,
}

/// Decides which URLs belong to a crawl.
///
/// The seeds themselves need not pass: whoever names a seed wants it, so a caller usually lets
/// seeds through unless they are [excluded](InScope::Excluded). Keeps one small record per host
/// (or domain, or folder) of a seed, and grows with nothing else.
///
/// # Examples
///
/// ```
/// use dragline_frontier::{InScope, Scope, ScopeConfig, ScopeKind};
/// use url::Url;
///
/// let config = ScopeConfig {
///     kind: ScopeKind::Domain,
///     exclude: vec![r"\.pdf$".to_owned()],
///     ..ScopeConfig::default()
/// };
/// let scope = Scope::new(&config, [&Url::parse("https://www.example.org/")?])?;
/// assert_eq!(scope.decide(&Url::parse("https://docs.example.org/a")?), InScope::Inside);
/// assert_eq!(scope.decide(&Url::parse("https://example.com/")?), InScope::Outside);
/// let excluded = InScope::Excluded { pattern: 0 };
/// assert_eq!(scope.decide(&Url::parse("https://www.example.org/a.pdf")?), excluded);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scope {
    places: Places,
    include: Vec<Regex>,
    exclude: Vec<Regex>,
}

impl Scope {
    /// Makes the scope of a crawl that begins at `seeds`.
    ///
    /// # Errors
    ///
    /// Fails when a pattern is not a regular expression, or one that would take more than 10 MiB.
    pub fn new<'a>(
        config: &ScopeConfig,
        seeds: impl IntoIterator<Item = &'a Url>,
    ) -> Result<Self, ScopeError> {
        let mut scope = Self {
            places: Places::new(config.kind),
            include: compile("include", &config.include)?,
            exclude: compile("exclude", &config.exclude)?,
        };
        for seed in seeds {
            scope.add_seed(seed);
        }
        Ok(scope)
    }

    /// Widens the scope by what lies around another seed.
    pub fn add_seed(&mut self, seed: &Url) {
        self.places.add(seed);
    }

    /// Decides whether a URL belongs to the crawl, and says why when it does not.
    ///
    /// Where several reasons speak against a URL, `exclude` counts before the place, so that an
    /// excluded seed is known as such before it is added, and the place before `include`.
    pub fn decide(&self, url: &Url) -> InScope {
        self.decide_parts(&Parts::of(url))
    }

    /// Tells whether all URLs with such a root lie [outside](InScope::Outside).
    pub(crate) fn is_elsewhere(&self, root: &Parts<'_>) -> bool {
        self.exclude.is_empty() && !self.places.reach(root)
    }

    pub(crate) fn decide_parts(&self, url: &Parts<'_>) -> InScope {
        let matching = |pattern: &Regex| pattern.is_match(url.text);
        if let Some(pattern) = self.exclude.iter().position(matching) {
            return InScope::Excluded { pattern };
        }
        if !self.places.contain(url) {
            return InScope::Outside;
        }
        if !self.include.is_empty() && !self.include.iter().any(matching) {
            return InScope::NotIncluded;
        }
        InScope::Inside
    }
}

/// Whether a URL belongs to a crawl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InScope {
    /// It belongs.
    Inside,
    /// It lies too far from the seeds.
    Outside,
    /// An `exclude` pattern matches.
    Excluded {
        /// The place of the pattern in [`ScopeConfig::exclude`], counted from 0.
        pattern: usize,
    },
    /// There are `include` patterns and none matches.
    NotIncluded,
}

/// Why a scope cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// A pattern is not a regular expression.
    #[error(
        "{list} pattern `{pattern}` is not a regular expression: {reason} \
         (write `\\` before a sign that is meant literally)"
    )]
    InvalidPattern {
        /// The list the pattern is in: `include` or `exclude`.
        list: &'static str,
        /// The pattern as it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A pattern is too large to be used.
    #[error("{list} pattern `{pattern}` needs too much memory; use fewer or smaller repetitions")]
    PatternTooLarge {
        /// The list the pattern is in: `include` or `exclude`.
        list: &'static str,
        /// The pattern as it was given.
        pattern: String,
    },
    /// A word does not name a kind of scope; holds the word.
    #[error("unknown scope `{0}`, use host, domain, prefix or any")]
    UnknownKind(String),
}

fn compile(list: &'static str, patterns: &[String]) -> Result<Vec<Regex>, ScopeError> {
    let compile_one = |pattern: &String| {
        Regex::new(pattern).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                ScopeError::PatternTooLarge { list, pattern: pattern.clone() }
            }
            error => ScopeError::InvalidPattern {
                list,
                pattern: pattern.clone(),
                reason: one_line(&error.to_string()),
            },
        })
    };
    patterns.iter().map(compile_one).collect()
}

/// The reason alone: the regex crate draws the pattern over several lines and ends with the reason.
fn one_line(message: &str) -> String {
    let last = message.lines().last().unwrap_or(message);
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
