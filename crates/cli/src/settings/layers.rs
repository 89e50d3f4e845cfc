//! Settings from files: each is read alone, so that its faults have a place, then they are laid over one another
//! key by key.

use std::path::Path;

use anyhow::{Context, Error, anyhow};
use dragline::Config;
use serde::Deserialize;
use toml::{Table, Value};

use super::fault;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// Keys whose value is one thing, although it may be written as a table.
const WHOLE: [&str; 2] = ["redirects", "identity"];

/// Reads the settings of a file of settings, and over them those of a spider's file.
pub(super) fn read(config: Option<&Path>, spider: Option<&Path>) -> Result<Config, Error> {
    let mut settings = Table::new();
    if let Some(path) = config {
        let text = text(path)?;
        let wrong = |error: toml::de::Error| fault::tell(path, &text, &error);
        toml::from_str::<Config>(&text).map_err(wrong)?;
        settings = toml::from_str(&text).map_err(wrong)?;
    }
    if let Some(path) = spider {
        let text = text(path)?;
        let all: Table = toml::from_str(&text).map_err(|error| fault::tell(path, &text, &error))?;
        let sections = Table::try_from(Config::default())?;
        lay(&mut settings, all.into_iter().filter(|(key, _)| sections.contains_key(key)).collect());
    }
    let of = spider.or(config).map(Path::display);
    Config::deserialize(settings).map_err(|error| {
        let at = of.map(|path| format!("{path}: ")).unwrap_or_default();
        // Values of a table have no place, but a path of keys, which the whole text of the error ends with.
        let whole = error.to_string();
        let key = whole.lines().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        let key = key.map(|key| format!("{key}: ")).unwrap_or_default();
        anyhow!("{at}{key}{}", fault::words(&whole, &error))
    })
}

/// Lays the keys of one table over those of another, table by table.
fn lay(below: &mut Table, above: Table) {
    for (key, value) in above {
        let one_thing = WHOLE.contains(&key.as_str());
        // The values of credentials are told apart by their only key, so two of them are not joined.
        let credentials = key == "credentials";
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if credentials => below.extend(above),
            (Some(Value::Table(below)), Value::Table(above)) if !one_thing => lay(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn text(path: &Path) -> Result<String, Error> {
    let name = path.display();
    let long = std::fs::metadata(path)
        .with_context(|| format!("failed to read the settings in {name}"))?
        .len();
    if long > MAX_FILE {
        return Err(anyhow!("{name} has {long} bytes, and a file of settings at most {MAX_FILE}"));
    }
    std::fs::read_to_string(path).with_context(|| format!("failed to read the settings in {name}"))
}
