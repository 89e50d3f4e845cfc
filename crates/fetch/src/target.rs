//! What is taken for a URL: text or a parsed one, so that a bad one fails where it is sent.

use std::fmt;

use url::Url;

use crate::error::{Error, ErrorKind};

/// What a request is sent to: a URL, or text that must be one.
///
/// Text is parsed when the request is sent, so that a bad URL is an error of that request.
#[derive(Clone, Debug)]
pub struct Target(Given);

#[derive(Clone, Debug)]
enum Given {
    Url(Url),
    Text(String),
}

impl Target {
    /// Returns the parsed URL, or the error of kind `InvalidUrl` that says what is wrong.
    pub(crate) fn into_url(self) -> Result<Url, Error> {
        match self.0 {
            Given::Url(url) => Ok(url),
            Given::Text(text) => Url::parse(&text).map_err(|cause| {
                let shown = without_userinfo(&text);
                Error::new(ErrorKind::InvalidUrl, format!("{shown:?} is not a URL: {cause}"))
                    .with_source(cause)
            }),
        }
    }
}

impl Target {
    /// Parses text, so that it is not parsed again; what is not a URL stays text.
    pub(crate) fn parsed(self) -> Self {
        match self.0 {
            Given::Text(text) => Self(Url::parse(&text).map_or(Given::Text(text), Given::Url)),
            given @ Given::Url(_) => Self(given),
        }
    }

    /// Returns the URL if it has been parsed.
    pub(crate) fn url(&self) -> Option<&Url> {
        match &self.0 {
            Given::Url(url) => Some(url),
            Given::Text(_) => None,
        }
    }
}

/// Returns what of a text that is no URL can be shown: it may begin with user and password.
pub(crate) fn without_userinfo(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

/// Takes a user name and a password off, so that neither is sent or shown.
pub(crate) fn drop_userinfo(url: &mut Url) {
    if !url.username().is_empty() || url.password().is_some() {
        // Both succeed for every URL that has them.
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
}

impl From<Url> for Target {
    fn from(url: Url) -> Self {
        Self(Given::Url(url))
    }
}

impl From<&Url> for Target {
    fn from(url: &Url) -> Self {
        Self(Given::Url(url.clone()))
    }
}

impl From<&str> for Target {
    fn from(text: &str) -> Self {
        Self(Given::Text(text.to_owned()))
    }
}

impl From<String> for Target {
    fn from(text: String) -> Self {
        Self(Given::Text(text))
    }
}

impl From<&String> for Target {
    fn from(text: &String) -> Self {
        Self(Given::Text(text.clone()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Given::Url(url) => f.write_str(url.as_str()),
            Given::Text(text) => f.write_str(text),
        }
    }
}
