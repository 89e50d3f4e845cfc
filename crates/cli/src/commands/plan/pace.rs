//! The pace of one host, and where each part of it comes from.

use std::time::Duration;

use dragline::{Config, RobotsPolicy};
use serde::Serialize;

use crate::robots_file::RobotsFile;

/// The settings below the ones that hold, to tell where a value comes from.
pub(crate) struct Layers {
    pub(crate) defaults: Config,
    /// What the files say, over the defaults.
    pub(crate) files: Config,
}

impl Layers {
    /// Tells where a setting comes from.
    pub(crate) fn source<T: PartialEq>(
        &self,
        holds: &Config,
        part: impl Fn(&Config) -> &T,
    ) -> &'static str {
        let value = part(holds);
        if value != part(&self.files) {
            "the command line"
        } else if value != part(&self.defaults) {
            "the file"
        } else {
            "the default"
        }
    }
}

/// How fast a host is asked.
#[derive(Debug, Serialize)]
pub(crate) struct Pace {
    /// Seconds between two requests.
    pub(crate) interval: f64,
    /// Which of the reasons makes it that long.
    pub(crate) because: String,
    /// The setting, in seconds.
    pub(crate) delay: f64,
    /// What robots.txt asks for, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) crawl_delay: Option<f64>,
    /// Seconds that an answer took, by those to robots.txt and sitemaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latency: Option<f64>,
    pub(crate) per_host: usize,
}

/// Returns the least time between two requests to a host by the settings and its robots.txt.
pub(crate) fn delay(config: &Config, robots: Option<&RobotsFile>) -> Duration {
    let asked = robots.and_then(|robots| robots.rules.crawl_delay()).unwrap_or_default();
    config.politeness.delay.max(asked.min(config.politeness.max_crawl_delay))
}

impl Pace {
    pub(crate) fn new(
        config: &Config,
        layers: &Layers,
        robots: Option<&RobotsFile>,
        latency: Option<Duration>,
    ) -> Self {
        let politeness = &config.politeness;
        let robots = robots.filter(|_| politeness.robots == RobotsPolicy::Obey);
        let asked = robots.and_then(|robots| robots.rules.crawl_delay());
        let set = delay(config, robots);
        let slow = latency.unwrap_or_default() * politeness.adaptive.latency_factor;
        let slow = slow.min(politeness.adaptive.ceiling);
        let words = |time: Duration| humantime::format_duration(time).to_string();
        let source = layers.source(config, |config| &config.politeness.delay);
        let (interval, because) = if set.is_zero() {
            let parallel = u32::try_from(politeness.per_host.max(1)).unwrap_or(u32::MAX);
            let each = latency.unwrap_or_default() / parallel;
            (
                each,
                format!("politeness.delay is 0 by {source}, so only the host's answers take time"),
            )
        } else if slow > set {
            (slow, "its answers take that long, and a slow host is not hurried".to_owned())
        } else if set > politeness.delay {
            let asked = asked.unwrap_or_default();
            let cut = if asked > set {
                format!(", cut from {} by politeness.max_crawl_delay", words(asked))
            } else {
                String::new()
            };
            (set, format!("the Crawl-delay of robots.txt asks for it{cut}"))
        } else {
            let more = asked.map_or(String::new(), |asked| {
                format!(", and its Crawl-delay is no longer ({})", words(asked))
            });
            (set, format!("politeness.delay, by {source}{more}"))
        };
        Self {
            interval: interval.as_secs_f64(),
            because,
            delay: politeness.delay.as_secs_f64(),
            crawl_delay: asked.map(|delay| delay.as_secs_f64()),
            latency: latency.map(|latency| latency.as_secs_f64()),
            per_host: politeness.per_host,
        }
    }
}
