//! What a page asks of those who index it: the `X-Robots-Tag` header and `<meta name=robots>`.
//! Only reads; whether a wish is granted is the caller's to say.

use std::time::SystemTime;

use crate::date::Date;

mod rel;

pub use rel::Rel;

/// What a page asks for, from all its headers and meta elements together.
///
/// What is not asked for is allowed. Where two wishes differ the more restrictive one counts,
/// whichever came first and whomever they name, so the order does not matter.
///
/// # Examples
///
/// ```
/// use dragline_parse::{Permission, Signals};
///
/// let signals = Signals::default()
///     .header("otherbot: noindex", "dragline")
///     .header("unavailable_after: Fri, 02 Jan 2026 00:00:00 GMT, max-snippet: 50", "dragline")
///     .meta("robots", "nofollow", "dragline");
/// assert_eq!(signals.index, Permission::Allowed);
/// assert_eq!(signals.follow, Permission::Denied);
/// assert_eq!(signals.max_snippet, Some(50));
/// assert!(signals.unavailable_after.is_some());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Signals {
    /// Whether the page may be listed (`noindex`, `none`).
    pub index: Permission,
    /// Whether its links may be followed (`nofollow`, `none`).
    pub follow: Permission,
    /// Whether a copy may be shown (`noarchive`, `nocache`).
    pub archive: Permission,
    /// Whether an excerpt may be shown (`nosnippet`).
    pub snippet: Permission,
    /// Whether its images may be listed (`noimageindex`).
    pub image_index: Permission,
    /// Whether a translation may be offered (`notranslate`).
    pub translate: Permission,
    /// The longest excerpt, in characters; absent if there is no limit.
    pub max_snippet: Option<u32>,
    /// The largest preview of an image; absent if there is no limit.
    pub max_image_preview: Option<ImagePreview>,
    /// The longest preview of a video, in seconds; absent if there is no limit.
    pub max_video_preview: Option<u32>,
    /// When the page is to be listed no more.
    pub unavailable_after: Option<SystemTime>,
}

/// Whether something may be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Permission {
    /// It may; the page says nothing against it.
    #[default]
    Allowed,
    /// It may not.
    Denied,
}

/// How large a preview of an image may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImagePreview {
    /// None at all.
    None,
    /// One of the usual size.
    Standard,
    /// One as wide as the screen.
    Large,
}

impl Signals {
    /// Adds the value of one `X-Robots-Tag` header.
    ///
    /// A name with a colon in front, as in `dragline: noindex`, makes what follows count for that
    /// crawler alone, up to the next such name. What counts is what names no crawler and what
    /// names `agent`, the product token, without regard to case. Rules that are not known are
    /// passed over.
    #[must_use]
    pub fn header(mut self, value: &str, agent: &str) -> Self {
        let mut concerned = true;
        let mut rest = value;
        while let Some(rule) = Rule::next(&mut rest) {
            match rule {
                Rule::Other { name } => {
                    concerned = general(name) || name.eq_ignore_ascii_case(agent)
                }
                rule if concerned => self.add(&rule),
                _ => {}
            }
        }
        self
    }

    /// Adds one `<meta>` element by its name and content.
    ///
    /// It counts if its name is `robots` or `agent`, the product token, without regard to case.
    #[must_use]
    pub fn meta(mut self, name: &str, content: &str, agent: &str) -> Self {
        let name = name.trim();
        if !general(name) && !name.eq_ignore_ascii_case(agent) {
            return self;
        }
        let mut rest = content;
        while let Some(rule) = Rule::next(&mut rest) {
            match rule {
                // Nobody is named inside a meta, so this is a rule that is not known.
                Rule::Other { .. } => rest = rest.split_once(',').map_or("", |(_, rest)| rest),
                rule => self.add(&rule),
            }
        }
        self
    }

    fn add(&mut self, rule: &Rule<'_>) {
        match rule {
            Rule::Word(word) => self.word(word),
            Rule::Value { name, value } => self.value(name, value),
            Rule::Other { .. } => {}
        }
    }

    fn word(&mut self, word: &str) {
        match word.to_ascii_lowercase().as_str() {
            "noindex" => self.index = Permission::Denied,
            "nofollow" => self.follow = Permission::Denied,
            "none" => (self.index, self.follow) = (Permission::Denied, Permission::Denied),
            "noarchive" | "nocache" => self.archive = Permission::Denied,
            "nosnippet" => self.snippet = Permission::Denied,
            "noimageindex" => self.image_index = Permission::Denied,
            "notranslate" => self.translate = Permission::Denied,
            // The others, such as `all`, ask for what is allowed anyway.
            _ => {}
        }
    }

    fn value(&mut self, name: &str, value: &str) {
        match name.to_ascii_lowercase().as_str() {
            "max-snippet" => lower(&mut self.max_snippet, value.parse().ok()),
            "max-video-preview" => lower(&mut self.max_video_preview, value.parse().ok()),
            "max-image-preview" => lower(&mut self.max_image_preview, image_preview(value)),
            _ => lower(&mut self.unavailable_after, Date::read(value).time()),
        }
    }
}

/// One piece of a list of rules.
enum Rule<'a> {
    Word(&'a str),
    Value {
        name: &'a str,
        value: &'a str,
    },
    /// A name with a colon that is not of a rule: a crawler, in a header.
    Other {
        name: &'a str,
    },
}

impl<'a> Rule<'a> {
    /// Takes the next rule off the list.
    fn next(rest: &mut &'a str) -> Option<Self> {
        let list = rest.trim_start_matches(|character: char| {
            character == ',' || character == ':' || character.is_whitespace()
        });
        if list.is_empty() {
            return None;
        }
        let (name, after) = list.split_at(list.find([',', ':']).unwrap_or(list.len()));
        let name = name.trim();
        let Some(value) = after.strip_prefix(':') else {
            *rest = after;
            return Some(Self::Word(name));
        };
        if !["max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"]
            .iter()
            .any(|rule| rule.eq_ignore_ascii_case(name))
        {
            *rest = value;
            return Some(Self::Other { name });
        }
        let (value, after) = value.split_at(value_end(name, value));
        *rest = after;
        Some(Self::Value { name, value: value.trim() })
    }
}

/// Returns where the value of a rule ends: at the comma, unless that is part of a date.
fn value_end(name: &str, value: &str) -> usize {
    let mut commas = value.match_indices(',').map(|(index, _)| index);
    let first = commas.next().unwrap_or(value.len());
    let date = |end: usize| Date::read(&value[..end]).time().is_some();
    if !name.eq_ignore_ascii_case("unavailable_after") || date(first) {
        return first;
    }
    let second = commas.next().unwrap_or(value.len());
    if date(second) { second } else { first }
}

/// Keeps the lower of two limits, either of which may be absent.
fn lower<T: Ord + Copy>(limit: &mut Option<T>, other: Option<T>) {
    *limit = (*limit).into_iter().chain(other).min();
}

fn image_preview(value: &str) -> Option<ImagePreview> {
    match value.to_ascii_lowercase().as_str() {
        "none" => Some(ImagePreview::None),
        "standard" => Some(ImagePreview::Standard),
        "large" => Some(ImagePreview::Large),
        _ => None,
    }
}

/// Says whether a name stands for every crawler.
fn general(name: &str) -> bool {
    name == "*" || name.eq_ignore_ascii_case("robots")
}

#[cfg(test)]
mod tests;
