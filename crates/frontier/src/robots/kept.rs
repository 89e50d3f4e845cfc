//! Robots rules as bytes, for workers that read a robots.txt once for all of them.

use std::time::Duration;

use crate::robots::matching::Patterns;
use crate::robots::{Access, Robots};

impl Robots {
    /// Returns the rules as bytes, which [`from_bytes`](Self::from_bytes) reads: all but the sitemaps. They are
    /// about as long as the lines for this crawler are in the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let kept = (&self.patterns, self.otherwise, self.crawl_delay, &self.content_signal);
        postcard::to_stdvec(&kept).expect("a growing vector takes any value that serde knows")
    }

    /// Reads what [`to_bytes`](Self::to_bytes) made; `None` for bytes that it did not make.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        type Kept = (Patterns, Access, Option<Duration>, Option<Box<str>>);
        let kept: Kept = postcard::from_bytes(bytes).ok()?;
        let (patterns, otherwise, crawl_delay, content_signal) = kept;
        let whole = patterns.are_whole();
        let sitemaps = Box::default();
        whole.then_some(Self { patterns, otherwise, crawl_delay, sitemaps, content_signal })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Robots, Rule};

    const FILE: &[u8] = b"User-agent: *\nDisallow: /search\nAllow: /search/a$\nCrawl-delay: 2.5\n\
        Content-Signal: ai-train=no\n";

    #[test]
    fn kept_rules_say_what_the_file_says() {
        for rules in [Robots::parse(FILE, "x"), Robots::allow_all(), Robots::disallow_all()] {
            assert_eq!(Robots::from_bytes(&rules.to_bytes()), Some(rules));
        }
    }

    #[test]
    fn damaged_rules_are_none_or_answer_all_the_same() {
        let bytes = Robots::parse(FILE, "x").to_bytes();
        for at in 0..bytes.len() {
            assert_eq!(Robots::from_bytes(&bytes[..at]), None);
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                if let Some(rules) = Robots::from_bytes(&damaged) {
                    let answer = rules.rule("/search/a");
                    assert!(matches!(answer, Rule::Allowed { .. } | Rule::Disallowed { .. }));
                }
            }
        }
    }
}
