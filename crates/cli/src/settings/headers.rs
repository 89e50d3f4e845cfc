//! Headers on the command line. Their values may be secret, so no message repeats one.

use anyhow::{Error, anyhow, bail};
use data_url::forgiving_base64;
use dragline::fetch::{Config, Credential};
use http::header::{AUTHORIZATION, COOKIE, HOST, PROXY_AUTHORIZATION};
use http::{HeaderName, HeaderValue};
use url::{Position, Url};

/// Sets the headers in the settings; a credential is for the hosts of the URLs.
pub(super) fn apply(config: &mut Config, given: &[String], urls: &[Url]) -> Result<(), Error> {
    for (index, text) in given.iter().enumerate() {
        let number = index + 1;
        let form = "write it like --header 'Accept-Language: en'";
        let Some((name, value)) = text.split_once(':') else {
            bail!("--header number {number} has no colon; {form}");
        };
        let Ok(name) = HeaderName::try_from(name.trim()) else {
            bail!("the name of --header number {number} cannot be one; {form}");
        };
        let value = value.trim();
        if HeaderValue::try_from(value).is_err() {
            bail!("the value of the header {name} cannot be sent; use visible ASCII");
        }
        match name {
            AUTHORIZATION => authorize(config, value, urls)?,
            COOKIE => bail!(
                "the header cookie would be sent to every host; --cookies keeps what each host sets"
            ),
            HOST => bail!("the header host is made from each URL; leave it out"),
            PROXY_AUTHORIZATION => bail!(
                "the header proxy-authorization is for the proxy; write --proxy http://USER:PASSWORD@HOST:PORT"
            ),
            _ => {
                config.headers.insert(name.as_str().to_owned(), value.to_owned());
            }
        }
    }
    Ok(())
}

fn authorize(config: &mut Config, value: &str, urls: &[Url]) -> Result<(), Error> {
    let credential = credential(value).ok_or_else(|| {
        anyhow!(
            "the header authorization is neither `Bearer TOKEN` nor `Basic`, a space and USER:PASSWORD in base64"
        )
    })?;
    if urls.is_empty() {
        bail!(
            "the header authorization goes to the hosts of the URLs on the command line alone, and there are none; \
             name one, or set [fetch.credentials] in a file for --config"
        );
    }
    for url in urls {
        let origin = url[..Position::BeforePath].to_owned();
        config.credentials.insert(origin, credential.clone());
    }
    Ok(())
}

fn credential(value: &str) -> Option<Credential> {
    let (scheme, secret) = value.split_once(' ')?;
    let secret = secret.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credential::Bearer(secret.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = forgiving_base64::decode_to_vec(secret.as_bytes()).ok()?;
    let (user, password) = str::from_utf8(&pair).ok()?.split_once(':')?;
    Some(Credential::Basic { user: user.to_owned(), password: password.to_owned() })
}
