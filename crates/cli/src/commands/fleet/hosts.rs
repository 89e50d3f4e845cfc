//! How hosts are named on the command line, and shown.

use anyhow::{Error, anyhow};
use dragline_frontier::{Canonical, HostKey};

/// Reads a host. Without a scheme both are meant, each with its usual port or the one that is given.
pub(super) fn hosts(text: &str) -> Result<Vec<HostKey>, Error> {
    let wrong =
        || anyhow!("`{text}` is no host; write it like example.org, or https://example.org:8443");
    let key = |url: &str| Some(Canonical::parse(url).ok()?.host_key());
    if text.contains("://") {
        return Ok(vec![key(text).ok_or_else(wrong)?]);
    }
    if text.is_empty() || text.contains(['/', '?', '#', '@']) {
        return Err(wrong());
    }
    let both = ["https", "http"].map(|scheme| key(&format!("{scheme}://{text}/")));
    both.into_iter().map(|host| host.ok_or_else(wrong)).collect()
}

/// Returns a host as it is shown: without a port that goes without saying.
pub(super) fn shown(host: &HostKey) -> &str {
    let text = host.as_str();
    let port = if text.starts_with("https:") { ":443" } else { ":80" };
    text.strip_suffix(port).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_a_scheme_is_meant_with_both() {
        let read = |text: &str| {
            hosts(text).unwrap().iter().map(|host| shown(host).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(read("Example.org"), ["https://example.org", "http://example.org"]);
        assert_eq!(read("a.example:8080"), ["https://a.example:8080", "http://a.example:8080"]);
        assert_eq!(read("https://a.example/x"), ["https://a.example"]);
        for wrong in ["", "a b", "a.example/x", "ftp://a.example", "me@a.example"] {
            assert!(hosts(wrong).unwrap_err().to_string().contains("write it like"), "{wrong}");
        }
    }
}
