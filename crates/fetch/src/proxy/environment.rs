//! The variables of the environment that name proxies, and the hosts they are not for.

use std::net::IpAddr;

use url::{Host, Url};

use super::{Proxy, ProxyError};
use crate::network::Network;

/// What the environment says of proxies.
#[derive(Debug)]
pub(crate) struct Environment {
    http: Option<Proxy>,
    https: Option<Proxy>,
    exempt: Vec<Exempt>,
}

/// An entry of `NO_PROXY`.
#[derive(Debug)]
enum Exempt {
    Everything,
    Network(Network),
    /// The domain and the hosts below it, at all ports or at one.
    Domain(String, Option<u16>),
}

impl Environment {
    /// Reads the variables; `None` when they name no proxy.
    ///
    /// # Errors
    ///
    /// The name of a variable that is no proxy, and why.
    pub(crate) fn read(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, (String, ProxyError)> {
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let proxy = |names: &[&str]| {
            let found = names.iter().find_map(|name| Some((*name, given(name)?)));
            let Some((name, value)) = found else { return Ok(None) };
            Proxy::parse(&value).map(Some).map_err(|cause| (name.to_owned(), cause))
        };
        // A CGI server puts the request header `proxy` into HTTP_PROXY.
        let cgi = given("REQUEST_METHOD").is_some();
        let all = proxy(&["all_proxy", "ALL_PROXY"])?;
        let http = proxy(if cgi { &["http_proxy"] } else { &["http_proxy", "HTTP_PROXY"] })?;
        let https = proxy(&["https_proxy", "HTTPS_PROXY"])?;
        let (http, https) = (http.or_else(|| all.clone()), https.or(all));
        if http.is_none() && https.is_none() {
            return Ok(None);
        }
        let exempt = given("no_proxy").or_else(|| given("NO_PROXY")).unwrap_or_default();
        let entries = exempt.split([',', ' ']).filter(|entry| !entry.is_empty());
        Ok(Some(Self { http, https, exempt: entries.map(Exempt::new).collect() }))
    }

    /// Returns the proxy for a URL, if there is one.
    pub(crate) fn proxy(&self, url: &Url) -> Option<&Proxy> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        let proxy = proxy.as_ref()?;
        let exempt = loopback(url) || self.exempt.iter().any(|exempt| exempt.covers(url));
        (!exempt).then_some(proxy)
    }
}

impl Exempt {
    fn new(entry: &str) -> Self {
        if entry == "*" {
            return Self::Everything;
        }
        let bare = entry.trim_start_matches('[').trim_end_matches(']');
        if let Ok(network) = bare.parse() {
            return Self::Network(network);
        }
        let (name, port) = match entry.rsplit_once(':').map(|(name, port)| (name, port.parse())) {
            Some((name, Ok(port))) => (name, Some(port)),
            _ => (entry, None),
        };
        let name = name.strip_prefix('*').unwrap_or(name).trim_matches('.');
        Self::Domain(name.to_ascii_lowercase(), port)
    }

    fn covers(&self, url: &Url) -> bool {
        match self {
            Self::Everything => true,
            Self::Network(network) => address(url).is_some_and(|address| network.contains(address)),
            Self::Domain(domain, port) => {
                let host = url.host_str().unwrap_or_default().trim_end_matches('.');
                let below = host.strip_suffix(domain.as_str());
                let covered = below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                covered && port.is_none_or(|port| url.port_or_known_default() == Some(port))
            }
        }
    }
}

fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn loopback(url: &Url) -> bool {
    match address(url) {
        Some(address) => address.is_loopback(),
        None => url.host_str() == Some("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Option<Environment> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        Environment::read(find).unwrap()
    }

    fn route(environment: &Environment, url: &str) -> String {
        let proxy = environment.proxy(&Url::parse(url).unwrap());
        proxy.map_or_else(|| "direct".to_owned(), Proxy::to_string)
    }

    #[test]
    fn each_scheme_has_its_variable_and_all_has_one() {
        let set =
            [("HTTP_PROXY", "h.test:1"), ("all_proxy", "socks5://s.test"), ("HTTPS_PROXY", "")];
        let environment = read(&set).unwrap();
        assert_eq!(route(&environment, "http://a.test/"), "http://h.test:1");
        assert_eq!(route(&environment, "https://a.test/"), "socks5://s.test:1080");
        assert!(read(&[("NO_PROXY", "*")]).is_none());
    }

    #[test]
    fn small_letters_win_and_cgi_programs_ignore_capitals() {
        let both = [("HTTP_PROXY", "a.test:1"), ("http_proxy", "b.test:2")];
        assert_eq!(route(&read(&both).unwrap(), "http://x.test/"), "http://b.test:2");
        assert!(read(&[("HTTP_PROXY", "a.test:1"), ("REQUEST_METHOD", "GET")]).is_none());
    }

    #[test]
    fn exempt_hosts_are_contacted_directly() {
        let no = "a.test, .b.test *.c.test,10.0.0.0/8,[fd00::1],p.test:81";
        let environment = read(&[("all_proxy", "p.test:1"), ("no_proxy", no)]).unwrap();
        for url in [
            "http://a.test/",
            "http://x.a.test/",
            "https://b.test/",
            "http://x.b.test/",
            "http://x.c.test/",
            "http://10.9.8.7/",
            "http://[fd00::1]/",
            "http://p.test:81/",
            "http://localhost:8080/",
            "http://127.0.0.2/",
            "http://[::1]/",
        ] {
            assert_eq!(route(&environment, url), "direct", "{url}");
        }
        for url in ["http://aa.test/", "http://11.0.0.1/", "http://p.test/", "http://[fd00::2]/"] {
            assert_eq!(route(&environment, url), "http://p.test:1", "{url}");
        }
        let environment = read(&[("all_proxy", "p.test:1"), ("NO_PROXY", "*")]).unwrap();
        assert_eq!(route(&environment, "http://a.test/"), "direct");
    }

    #[test]
    fn a_variable_that_is_no_proxy_is_named() {
        let find = |name: &str| (name == "https_proxy").then(|| "gopher://a".to_owned());
        assert_eq!(Environment::read(find).unwrap_err().0, "https_proxy");
    }
}
