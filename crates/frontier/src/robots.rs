//! The robots rules of one origin for one crawler (RFC 9309): bytes in, answers out; fetching is the caller's.

mod agent;
mod answer;
mod kept;
mod matching;
mod parse;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::percent::{Plain, normalize};
use crate::robots::matching::Patterns;

pub use agent::product_token;
pub use answer::RobotsAnswer;

/// What a path is compared as: `*` and `$` are escaped, since a pattern can only name them so.
const PATH: Plain = Plain::URI.without(b'*').without(b'$');

/// The robots rules of one origin for one crawler (RFC 9309).
///
/// Holds only what concerns the crawler it was parsed for. The size is bounded by what is read of
/// a file, 500 KiB: at most some 64,000 rules and 3 MiB, where usual files need some hundred bytes.
///
/// # Examples
///
/// ```
/// use dragline_frontier::{Robots, Rule};
///
/// let file = b"User-agent: *\nDisallow: /search\nAllow: /search/about\nCrawl-delay: 2.5\n";
/// let robots = Robots::parse(file, "dragline");
/// assert_eq!(robots.rule("/search?q=rust"), Rule::Disallowed { line: Some(2) });
/// assert_eq!(robots.rule("/search/about"), Rule::Allowed { line: Some(3) });
/// assert_eq!(robots.rule("/"), Rule::Allowed { line: None });
/// assert_eq!(robots.crawl_delay().unwrap().as_millis(), 2_500);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Robots {
    patterns: Patterns,
    otherwise: Access,
    crawl_delay: Option<Duration>,
    sitemaps: Box<[String]>,
    content_signal: Option<Box<str>>,
}

impl Robots {
    /// Reads a robots.txt for the crawler that calls itself `agent`.
    ///
    /// `agent` is the product token, without regard to case; a whole user agent is cut by
    /// [`product_token`]. The groups that name it are merged; only when there is none do the
    /// groups for `*` count. Nothing is an error: lines that make no sense are passed over, also
    /// bytes that are no UTF-8, and of a file over 500 KiB only the whole lines before that point
    /// are read.
    pub fn parse(body: &[u8], agent: &str) -> Self {
        parse::parse(body, agent)
    }

    /// Makes rules that allow everything, for an origin without a robots.txt.
    pub fn allow_all() -> Self {
        Self::with_default(Access::Allow)
    }

    /// Makes rules that allow only `/robots.txt`, for an origin that did not answer.
    pub fn disallow_all() -> Self {
        Self::with_default(Access::Disallow)
    }

    /// Decides whether a path, with its query if it has one, may be fetched.
    ///
    /// The longest matching pattern decides, `Allow` where two are of one length. Percent-encoding
    /// counts in its normal form on both sides. `/robots.txt` itself is always allowed, and so is
    /// what no rule names. Costs one linear pass over the path per rule at most.
    pub fn rule(&self, path_and_query: &str) -> Rule {
        if path_and_query == "/robots.txt" {
            return Rule::Allowed { line: None };
        }
        let rooted = match path_and_query.as_bytes().first() {
            Some(b'/') => None,
            // An empty path is the root, and a query alone is the root's.
            _ => Some(format!("/{path_and_query}")),
        };
        let path = rooted.as_deref().unwrap_or(path_and_query);
        let normal = normalize(path.as_bytes(), &PATH);
        match self.patterns.decide(normal.as_deref().unwrap_or(path).as_bytes()) {
            Some((Access::Allow, line)) => Rule::Allowed { line: Some(line) },
            Some((Access::Disallow, line)) => Rule::Disallowed { line: Some(line) },
            None => match self.otherwise {
                Access::Allow => Rule::Allowed { line: None },
                Access::Disallow => Rule::Disallowed { line: None },
            },
        }
    }

    /// Returns the time to leave between two requests, if the file asks for one of at most a day.
    ///
    /// No standard defines `Crawl-delay`. It counts for the agents named above it, and the largest
    /// one counts if there are several. Fractions of a second are kept; what is negative, not a
    /// number or longer than a day is passed over.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Returns the addresses of sitemaps as the file writes them, at most 1,000.
    ///
    /// They are for every crawler, whatever group they stand in. Those longer than 2,048 bytes and
    /// those that are no UTF-8 are left out.
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// Returns what `Content-Signal` lines say of how pages may be used (contentsignals.org), as the file writes it,
    /// such as `search=yes, ai-train=no`. At most 1 KiB.
    ///
    /// They count for the agents named above them; several lines are put together in their order, with a comma
    /// between. Those that would make it longer than 1 KiB and those that are no UTF-8 are left out.
    pub fn content_signal(&self) -> Option<&str> {
        self.content_signal.as_deref()
    }

    /// Takes the addresses of sitemaps, which nobody needs twice.
    pub(crate) fn take_sitemaps(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sitemaps).into_vec()
    }

    fn with_default(otherwise: Access) -> Self {
        Self {
            patterns: Patterns::default(),
            otherwise,
            crawl_delay: None,
            sitemaps: Box::default(),
            content_signal: None,
        }
    }
}

/// What robots rules say of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The path may be fetched.
    Allowed {
        /// The line that decided, counted from 1; `None` when no line names the path.
        line: Option<u32>,
    },
    /// The path must not be fetched.
    Disallowed {
        /// The line that decided, counted from 1; `None` when everything is disallowed.
        line: Option<u32>,
    },
}

/// Which of the two kinds of rule a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Access {
    Allow,
    Disallow,
}
