//! A crawl that was joined and is not started yet: a frontier that is shared with other workers.

use std::sync::Arc;

use dragline_frontier::{Directory, FingerprintKey, Group, SinkPosition};
use serde_json::Value;

use crate::config::Config;
use crate::engine::Member;
use crate::error::Error;
use crate::state::{Resumed, settings};

/// What is known of a crawl that was joined.
pub(crate) struct Joined {
    pub(crate) member: Member,
    pub(crate) directory: Arc<Directory>,
    pub(crate) key: FingerprintKey,
    pub(crate) crawl: u64,
    pub(crate) seeds: Vec<Box<str>>,
    pub(crate) sinks: Vec<SinkPosition>,
    pub(crate) resumed: Resumed,
    /// The settings with which it was joined.
    pub(crate) settings: Value,
}

impl Joined {
    /// Tells whether the crawl may be started with these settings.
    pub(crate) fn check(&self, config: &Config, has_state: bool) -> Result<(), Error> {
        if has_state {
            return Err(Error::config(
                "a crawl is kept in a directory or shared with other workers, not both; leave out one of them",
            ));
        }
        check(config)?;
        if common(config) != self.settings {
            return Err(Error::config(
                "settings were changed after the crawl was joined; set them before",
            ));
        }
        Ok(())
    }
}

/// Tells what of the settings several workers cannot keep together.
pub(crate) fn check(config: &Config) -> Result<(), Error> {
    if config.politeness.group != Group::None {
        return Err(Error::config(
            "politeness.group is set, and several workers cannot keep a limit over hosts that each of them has some \
             of; leave it out, or crawl with one worker",
        ));
    }
    Ok(())
}

/// The settings that all workers must have in common: which URLs belong, and how hosts are treated.
pub(crate) fn common(config: &Config) -> Value {
    let mut settings = settings(config);
    let limits = &config.limits;
    settings["limits"] = serde_json::json!({ "max_depth": limits.max_depth });
    settings
}
