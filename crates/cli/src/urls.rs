//! How URLs on the command line are read. A user and a password in one are never sent and never shown.

use anyhow::{Error, anyhow};
use url::{Host, Url};

/// Reads an absolute http or https URL.
///
/// # Errors
/// When it is none; the message says what to write.
pub(crate) fn parse(text: &str) -> Result<Url, Error> {
    let text = text.trim();
    let shown = without_user(text);
    let parsed = Url::parse(text);
    if let Ok(mut url) = parsed.clone()
        && matches!(url.scheme(), "http" | "https")
    {
        // A URL of the web has a host, so it may have a user.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        return Ok(url);
    }
    if let Some(meant) = meant(text, parsed.as_ref().ok()) {
        return Err(anyhow!("`{shown}` has no scheme; write {meant}"));
    }
    let like = "write it like https://example.org/";
    Err(match parsed {
        // The scheme is not named: in `user:password@host` it is the user.
        Ok(_) => anyhow!("`{shown}` cannot be fetched, only http and https; {like}"),
        Err(error) => anyhow!("`{shown}` is not an absolute URL ({error}); {like}"),
    })
}

/// Reads an absolute URL of any scheme.
pub(crate) fn parse_any(text: &str) -> Result<Url, Error> {
    match Url::parse(text.trim()) {
        Ok(mut url) if meant(text, Some(&url)).is_none() => {
            // One without a host has no user.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            Ok(url)
        }
        _ => parse(text),
    }
}

/// Reads absolute http or https URLs.
pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Url>, Error> {
    texts.iter().map(|text| parse(text)).collect()
}

/// Returns the URL that a text without a scheme stands for, if it looks like one.
fn meant(text: &str, parsed: Option<&Url>) -> Option<Url> {
    // In `example.org:80` the host is taken for a scheme.
    let host = |url: &Url| url.scheme().contains('.') || url.scheme() == "localhost";
    if text.contains("://") || !parsed.is_none_or(host) {
        return None;
    }
    let mut url = Url::parse(&format!("https://{}", text.trim_start_matches('/'))).ok()?;
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let scheme = match url.host()? {
        Host::Domain("localhost") | Host::Ipv4(_) | Host::Ipv6(_) => "http",
        Host::Domain(name) if name.contains('.') => "https",
        Host::Domain(_) => return None,
    };
    url.set_scheme(scheme).ok()?;
    Some(url)
}

/// Returns a text as it may be shown: without what stands where a user and a password do.
fn without_user(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}..{}", &text[..start], &text[start + at..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_is_told_with_one() {
        for (text, told) in [
            ("example.org", "write https://example.org/"),
            ("example.org:8080/a", "write https://example.org:8080/a"),
            ("//example.org/a", "write https://example.org/a"),
            ("localhost:8000", "write http://localhost:8000/"),
            ("127.0.0.1:8000/a", "write http://127.0.0.1:8000/a"),
            ("example", "write it like https://example.org/"),
            ("mailto:a@b.example", "only http and https"),
            ("ftp://a.example/", "`ftp://a.example/` cannot be fetched"),
            ("http://", "write it like https://example.org/"),
            ("", "write it like https://example.org/"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn users_and_passwords_are_dropped_and_never_shown() {
        assert_eq!(parse("http://me:secret@a.example/x").unwrap().as_str(), "http://a.example/x");
        for text in [
            "ftp://me:secret@a.example/x",
            "http://me:secret@[a.example/x",
            "me:secret@a.example",
            "me:secret@a.example/@x",
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
