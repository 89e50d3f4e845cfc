//! Reads the lines of a robots.txt and keeps the groups of one crawler (RFC 9309 section 2.2).

use std::time::Duration;

use memchr::{memchr, memchr2, memrchr2};

use crate::robots::agent::{names, names_all, product_token};
use crate::robots::matching::{Patterns, RawRule};
use crate::robots::{Access, Robots};

/// How much of a file is read, in bytes: what RFC 9309 section 2.5 asks for at least.
const MAX_BODY: usize = 500 * 1_024;

/// How many sitemaps are kept.
const MAX_SITEMAPS: usize = 1_000;

/// The longest address of a sitemap, in bytes: what the sitemap protocol allows.
const MAX_SITEMAP: usize = 2_048;

/// The longest crawl delay that is believed.
const MAX_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest content signal, in bytes.
const MAX_SIGNAL: usize = 1_024;

/// Reads a file for one crawler; see [`Robots::parse`].
pub(super) fn parse(body: &[u8], agent: &str) -> Robots {
    let token = product_token(agent);
    let mut own = Group::default();
    let mut general = Group::default();
    let mut sitemaps = Vec::new();
    // Agents that stand one under the other share the rules below them. Only `Allow` and
    // `Disallow` end such a run: `Crawl-delay`, `Content-Signal`, `Sitemap` and unknown lines are no part of
    // RFC 9309's groups, so agents above and below them still belong together.
    let mut run = Run::Open;
    for (line, text) in (1_u32..).zip(Lines(readable(body))) {
        let Some((key, value)) = split(text) else { continue };
        match key {
            Key::UserAgent => {
                if run == Run::Closed {
                    own.selected = false;
                    general.selected = false;
                    run = Run::Open;
                }
                if names_all(value) {
                    general.select();
                } else if names(value, token) {
                    own.select();
                }
            }
            Key::Rule(access) => {
                run = Run::Closed;
                let rule = RawRule { access, line, pattern: value };
                for group in [&mut own, &mut general] {
                    if group.selected {
                        group.rules.push(rule.clone());
                    }
                }
            }
            Key::CrawlDelay => {
                for group in [&mut own, &mut general] {
                    if group.selected {
                        group.crawl_delay = group.crawl_delay.max(delay(value));
                    }
                }
            }
            Key::ContentSignal => {
                for group in [&mut own, &mut general] {
                    if group.selected {
                        group.signal(value);
                    }
                }
            }
            Key::Sitemap => {
                if sitemaps.len() < MAX_SITEMAPS {
                    sitemaps.extend(sitemap(value));
                }
            }
        }
    }
    let group = if own.found { own } else { general };
    Robots {
        patterns: Patterns::new(&group.rules),
        otherwise: Access::Allow,
        crawl_delay: group.crawl_delay,
        sitemaps: sitemaps.into(),
        content_signal: group.content_signal.map(String::into_boxed_str),
    }
}

/// What all groups of one agent say together.
#[derive(Default)]
struct Group<'a> {
    found: bool,
    /// Whether the lines now read are for this agent.
    selected: bool,
    rules: Vec<RawRule<'a>>,
    crawl_delay: Option<Duration>,
    content_signal: Option<String>,
}

impl Group<'_> {
    fn select(&mut self) {
        self.found = true;
        self.selected = true;
    }

    fn signal(&mut self, value: &[u8]) {
        let Ok(value) = std::str::from_utf8(value) else { return };
        let before = self.content_signal.as_deref().unwrap_or_default();
        let between = if before.is_empty() { "" } else { ", " };
        if !value.is_empty() && before.len() + between.len() + value.len() <= MAX_SIGNAL {
            self.content_signal = Some([before, between, value].concat());
        }
    }
}

/// Whether another `User-agent` line joins those above it or begins a new group.
#[derive(PartialEq, Eq)]
enum Run {
    Open,
    Closed,
}

enum Key {
    UserAgent,
    Rule(Access),
    CrawlDelay,
    ContentSignal,
    Sitemap,
}

/// The part of a file that is read: without the byte order mark, up to the last line that ends
/// within the limit. The rest of a cut line would be another rule.
fn readable(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.len() <= MAX_BODY {
        return body;
    }
    let end = memrchr2(b'\n', b'\r', &body[..=MAX_BODY]).unwrap_or(0);
    &body[..end]
}

/// The lines of a file, which end in LF, CR or CRLF.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = memchr2(b'\n', b'\r', self.0).unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        self.0 = rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
        Some(line)
    }
}

/// Takes a line apart, or answers `None` when it is empty or not understood.
fn split(line: &[u8]) -> Option<(Key, &[u8])> {
    let end = memchr(b'#', line).unwrap_or(line.len());
    let line = line[..end].trim_ascii();
    let (key, value) = match memchr(b':', line) {
        Some(colon) => (line[..colon].trim_ascii_end(), line[colon + 1..].trim_ascii_start()),
        // `Disallow /private` shows well enough what is meant, as long as it is two words.
        None => {
            let space = line.iter().position(u8::is_ascii_whitespace)?;
            let value = line[space..].trim_ascii_start();
            if value.iter().any(u8::is_ascii_whitespace) {
                return None;
            }
            (&line[..space], value)
        }
    };
    Some((keyword(key)?, value))
}

fn keyword(key: &[u8]) -> Option<Key> {
    let keywords = [
        ("user-agent", Key::UserAgent),
        ("disallow", Key::Rule(Access::Disallow)),
        ("allow", Key::Rule(Access::Allow)),
        ("crawl-delay", Key::CrawlDelay),
        ("content-signal", Key::ContentSignal),
        ("sitemap", Key::Sitemap),
    ];
    let (_, key) =
        keywords.into_iter().find(|(name, _)| key.eq_ignore_ascii_case(name.as_bytes()))?;
    Some(key)
}

fn delay(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|delay| *delay <= MAX_DELAY)
}

fn sitemap(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    (1..=MAX_SITEMAP).contains(&text.len()).then(|| text.to_owned())
}
