//! The settings as a file that reads back. Secrets are left out of it.

use std::fmt::Write;
use std::mem::take;

use anyhow::{Context, Error};
use dragline::Config;
use dragline::fetch::{Proxies, Proxy};

/// What the name of a header has that holds a secret, in small letters.
const SECRET: [&str; 6] = ["auth", "cookie", "key", "pass", "secret", "token"];

/// Writes the settings as TOML, with a comment for each secret that is left out.
///
/// # Errors
/// When a number is larger than TOML can say.
pub(crate) fn show(config: &Config) -> Result<String, Error> {
    let mut shown = config.clone();
    let mut secrets = Vec::new();
    let origins = take(&mut shown.fetch.credentials).into_keys();
    secrets.extend(origins.map(|origin| format!("fetch.credentials of {origin}")));
    shown.fetch.headers.retain(|name, _| {
        let small = name.to_ascii_lowercase();
        let secret = SECRET.iter().any(|word| small.contains(word));
        if secret {
            secrets.push(format!("fetch.headers.{name}"));
        }
        !secret
    });
    if let Proxies::Fixed(proxy) = &shown.fetch.proxy
        && let plain = Proxy::parse(&proxy.to_string())?
        && String::from(proxy.clone()).contains('@')
    {
        shown.fetch.proxy = Proxies::Fixed(plain);
        secrets.push("user and password of fetch.proxy".to_owned());
    }
    let mut text = String::new();
    for secret in secrets {
        writeln!(text, "# {secret}: left out, since it is secret")?;
    }
    let settings = toml::to_string(&shown).context("a setting cannot be written")?;
    Ok(text + &settings)
}
