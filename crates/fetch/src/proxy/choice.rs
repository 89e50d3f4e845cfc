//! Which proxy a request goes through: none, a fixed one, or what the environment says.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Environment, Proxy, ProxyError};
use crate::request::Request;

/// Which proxy requests go through.
///
/// In a configuration it is written `"environment"`, `"direct"` or as the URL of a [`Proxy`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Proxies {
    /// As the variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` said when the
    /// client was made, in small letters or capitals.
    ///
    /// Loopback addresses and `localhost` are always contacted directly. `HTTP_PROXY` in capitals
    /// is ignored in a CGI program, where a stranger can set it.
    #[default]
    Environment,
    /// None.
    Direct,
    /// This one, for every URL.
    Fixed(Proxy),
}

impl From<Proxy> for Proxies {
    fn from(proxy: Proxy) -> Self {
        Self::Fixed(proxy)
    }
}

impl TryFrom<String> for Proxies {
    type Error = ProxyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(match text.as_str() {
            "environment" => Self::Environment,
            "direct" => Self::Direct,
            other => Self::Fixed(Proxy::parse(other)?),
        })
    }
}

impl From<Proxies> for String {
    fn from(proxies: Proxies) -> Self {
        match proxies {
            Proxies::Environment => "environment".to_owned(),
            Proxies::Direct => "direct".to_owned(),
            Proxies::Fixed(proxy) => proxy.into(),
        }
    }
}

/// How the requests of a client find their proxy.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) proxies: Proxies,
    /// `None` when the variables name no proxy.
    pub(crate) environment: Option<Environment>,
}

impl Routes {
    /// Returns the proxy for a request, if it goes through one.
    pub(crate) fn route(&self, request: &Request) -> Option<Proxy> {
        match request.proxy.as_ref().unwrap_or(&self.proxies) {
            Proxies::Direct => None,
            Proxies::Fixed(proxy) => Some(proxy.clone()),
            Proxies::Environment => self.named_by_environment(&request.url),
        }
    }

    fn named_by_environment(&self, url: &Url) -> Option<Proxy> {
        self.environment.as_ref()?.proxy(url).cloned()
    }
}
