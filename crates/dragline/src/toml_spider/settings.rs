//! The sections of settings in a spider's file, such as `[politeness]` and `[limits]`: those of [`Config`], with
//! its keys.

use std::ops::Range;

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};

use super::keys::{Keys, value};
use super::problem::{Problems, instead};
use crate::config::Config;

/// The settings that a file has: of each section the keys as they are written.
#[derive(Debug, Default)]
pub(super) struct Settings {
    sections: Map<String, Json>,
}

impl Settings {
    pub(super) fn read(keys: &mut Keys<'_, '_>, problems: &mut Problems<'_>) -> Self {
        let defaults = Config::default();
        let Ok(Json::Object(known)) = serde_json::to_value(&defaults) else {
            unreachable!("settings are an object");
        };
        let mut settings = Self::default();
        for name in known.keys() {
            let Some(table) = keys.table(name, problems) else { continue };
            let span = keys.span(name).unwrap_or_default();
            match section(name, table, &span) {
                Ok(section) => settings.sections.insert(name.clone(), section),
                Err((place, message)) => {
                    problems.add(place, message);
                    continue;
                }
            };
            // Made sure of here, so that it can be put over any settings later.
            if let Err(error) = merged(&defaults, &settings.sections) {
                problems.add(span, format!("the section [{name}] cannot be read: {error}"));
                settings.sections.remove(name);
            }
        }
        settings
    }

    /// Tells whether the file has a section.
    pub(super) fn has(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    /// Puts the settings over others, key by key.
    pub(super) fn over(&self, base: &Config) -> Config {
        merged(base, &self.sections).expect("what went over the defaults goes over any settings")
    }
}

/// Reads one section by itself, so that a fault has its place.
fn section(
    name: &str,
    table: &DeTable<'_>,
    span: &Range<usize>,
) -> Result<Json, (Range<usize>, String)> {
    let section = Spanned::new(span.clone(), DeValue::Table(table.clone()));
    let key = Spanned::new(span.clone(), DeString::Owned(name.to_owned()));
    let whole = DeValue::Table(DeTable::from_iter([(key, section)]));
    Config::deserialize(ValueDeserializer::from(Spanned::new(span.clone(), whole)))
        .map_err(|error| (error.span().unwrap_or(span.clone()), told(name, error.message())))?;
    serde_json::to_value(value(&DeValue::Table(table.clone())))
        .map_err(|error| (span.clone(), error.to_string()))
}

/// Puts the keys of each section over those of the settings; a value that is a table goes over as a whole.
fn merged(base: &Config, sections: &Map<String, Json>) -> Result<Config, serde_json::Error> {
    let mut merged = serde_json::to_value(base)?;
    for (name, section) in sections {
        if let (Some(Json::Object(known)), Json::Object(written)) = (merged.get_mut(name), section)
        {
            known.extend(written.clone());
        }
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
