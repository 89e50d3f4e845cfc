//! Settings of how pages are discovered, beside the links that a spider names itself.

use serde::{Deserialize, Serialize};

/// How pages are discovered, beside the links that a spider names itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Discovery {
    /// Whether `nofollow` is obeyed by [`Page::found`](crate::Page::found) and
    /// [`Output::follow_found`](crate::Output::follow_found). Default: it is.
    pub nofollow: Nofollow,
    /// Whether sitemaps are read, and the pages they list crawled. Default: off.
    pub sitemaps: Sitemaps,
}

/// Whether links are left out that a page asks not to follow.
///
/// It asks so by `rel=nofollow` on one link; for all its links by `<meta name=robots>`, a meta of our product
/// token, or `X-Robots-Tag`, with `nofollow` or `none`. A link that a spider picks itself, by a selector or
/// otherwise, is always followed: whoever names it wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nofollow {
    /// They are left out, and counted in [`Links::nofollow`](crate::Links::nofollow).
    #[default]
    Obey,
    /// They are links like others.
    Ignore,
}

/// Whether sitemaps (sitemaps.org protocol) are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sitemaps {
    /// They are not.
    #[default]
    Off,
    /// For the host of each seed those that its robots.txt names are read, when that file is; `/sitemap.xml`
    /// when it names none or robots.txt is ignored.
    ///
    /// A sitemap is fetched like any page: robots.txt, delays and [`Limits`](crate::Limits) hold, and it has a
    /// record, but no spider sees it. It may lie outside the folder of a seed and need not match an include
    /// pattern; on another host than the file that names it, that host must be in scope. The pages it lists
    /// are crawled when they are in scope, as if they were seeds: with depth 0, and with the route of the
    /// first seed of the host.
    ///
    /// Three indexes deep, 50,000 entries and 50 MiB of each file, 10,000 files in one run of a crawl; the rest is counted
    /// in [`Links::many_sitemaps`](crate::Links::many_sitemaps). Of a broken file, what comes before the fault
    /// counts, and its record has the error `sitemap`.
    On,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_words_and_unknown_ones_are_errors() {
        let read = |text: &str| serde_json::from_str::<Discovery>(text);
        let both = read(r#"{"nofollow": "ignore", "sitemaps": "on"}"#).unwrap();
        assert_eq!(both, Discovery { nofollow: Nofollow::Ignore, sitemaps: Sitemaps::On });
        assert_eq!(read("{}").unwrap(), Discovery::default());
        assert!(read(r#"{"sitemap": "on"}"#).is_err());
    }
}
