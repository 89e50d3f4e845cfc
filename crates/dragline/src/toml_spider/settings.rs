//! The sections of settings in a spider's file: `[fetch]`, `[politeness]`, `[scope]`, `[limits]`, `[traps]` and
//! `[discovery]`, with the keys of [`Config`].

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::keys::{Keys, value};
use super::problem::{Problems, instead};
use crate::config::Config;

/// The settings that a file has.
#[derive(Debug, Default)]
pub(super) struct Settings {
    fetch: Map<String, Json>,
    politeness: Map<String, Json>,
    scope: Map<String, Json>,
    limits: Map<String, Json>,
    traps: Map<String, Json>,
    discovery: Map<String, Json>,
}

impl Settings {
    pub(super) fn read(keys: &mut Keys<'_, '_>, problems: &mut Problems<'_>) -> Self {
        let defaults = Config::default();
        Self {
            fetch: section("fetch", &defaults.fetch, keys, problems),
            politeness: section("politeness", &defaults.politeness, keys, problems),
            scope: section("scope", &defaults.scope, keys, problems),
            limits: section("limits", &defaults.limits, keys, problems),
            traps: section("traps", &defaults.traps, keys, problems),
            discovery: section("discovery", &defaults.discovery, keys, problems),
        }
    }

    /// Puts the settings over others, key by key.
    pub(super) fn over(&self, base: &Config) -> Config {
        Config {
            fetch: over(&base.fetch, &self.fetch),
            politeness: over(&base.politeness, &self.politeness),
            scope: over(&base.scope, &self.scope),
            limits: over(&base.limits, &self.limits),
            traps: over(&base.traps, &self.traps),
            discovery: over(&base.discovery, &self.discovery),
        }
    }
}

/// Reads one section, and makes sure that it can be put over the defaults, and so over anything.
fn section<T: Serialize + DeserializeOwned + Clone>(
    name: &'static str,
    default: &T,
    keys: &mut Keys<'_, '_>,
    problems: &mut Problems<'_>,
) -> Map<String, Json> {
    let Some(table) = keys.table(name, problems) else { return Map::new() };
    let span = keys.span(name).unwrap_or_default();
    let entry = Spanned::new(span.clone(), DeValue::Table(table.clone()));
    if let Err(error) = T::deserialize(ValueDeserializer::from(entry)) {
        let place = error.span().unwrap_or(span);
        problems.add(place, told(name, error.message()));
        return Map::new();
    }
    let written = serde_json::to_value(value(&DeValue::Table(table.clone())));
    let Ok(Json::Object(written)) = written else { return Map::new() };
    if let Err(error) = merged(default, &written) {
        problems.add(span, format!("the section [{name}] cannot be read: {error}"));
        return Map::new();
    }
    written
}

fn over<T: Serialize + DeserializeOwned + Clone>(base: &T, written: &Map<String, Json>) -> T {
    if written.is_empty() {
        return base.clone();
    }
    merged(base, written).expect("what went over the defaults goes over any settings")
}

fn merged<T: Serialize + DeserializeOwned>(
    base: &T,
    written: &Map<String, Json>,
) -> Result<T, serde_json::Error> {
    let mut merged = serde_json::to_value(base)?;
    if let Json::Object(merged) = &mut merged {
        merged.extend(written.clone());
    }
    serde_json::from_value(merged)
}

/// Says what serde said, with the nearest key for one that is not known.
fn told(section: &str, message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.starts_with("unknown field"), names.as_slice()) {
        (true, [unknown, known @ ..]) if !known.is_empty() => {
            format!("[{section}] has no key `{unknown}`; {}", instead(unknown, known))
        }
        (false, [unknown, known @ ..])
            if message.starts_with("unknown variant") && !known.is_empty() =>
        {
            format!("`{unknown}` cannot stand here; {}", instead(unknown, known))
        }
        _ => message.to_owned(),
    }
}
