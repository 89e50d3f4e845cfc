//! A form of a page, filled in as a browser would send it (HTML standard, section 4.10.21), and made a request.

mod read;
#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};

use dragline_fetch::Form as Multipart;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use url::Url;

use crate::page::{DocumentError, Page};
use crate::request::Request;

/// A form of a page: where it goes, and what a browser would send of it as it stands.
///
/// Its fields are those that count (named, not disabled, boxes that are checked, options that are selected) in
/// the order of the page, with the values they have there. It is sent with its first submit button, unless
/// [`submit`](Self::submit) names another one. Texts are sent as UTF-8, whatever the charset of the page.
///
/// ```
/// use dragline::{BoxError, Output, Page, Spider};
///
/// fn search<S: Spider<Route = ()>>(page: &Page, out: &mut Output<S>) -> Result<(), BoxError> {
///     let form = page.form("form#search")?.set("q", "tea").set("in_stock", "on");
///     out.request(form.request());
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    target: Target,
    entries: Vec<Entry>,
}

/// Where a form goes, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    action: Url,
    method: Method,
    encoding: Encoding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    UrlEncoded,
    Multipart,
    Text,
}

/// A name and a value, in the order of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    value: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Field,
    /// A file that nobody chose.
    File,
    /// A submit button; its value goes along when it is the one that is pressed.
    Button {
        button: Button,
        pressed: bool,
    },
}

/// What a submit button adds beside its own name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Button {
    /// It is an image, which sends where it was pressed.
    image: bool,
    /// Where it sends the form, if that is another place.
    target: Target,
}

impl<R> Page<R> {
    /// Returns the form that the first match of a selector is, or is in.
    ///
    /// # Errors
    /// When there is none, the selector cannot be parsed, or the text is longer than 32 MiB.
    pub fn form(&self, selector: &str) -> Result<Form, FormError> {
        let matched = self.css(selector)?.into_iter().next();
        let form = matched.and_then(|element| match element.name() {
            "form" => Some(element),
            _ => element.parents().find(|around| around.name() == "form"),
        });
        match form {
            Some(form) => Ok(read::form(form)),
            None => Err(FormError::NoForm { selector: selector.to_owned() }),
        }
    }
}

impl Form {
    /// Returns where the form goes.
    pub fn action(&self) -> &Url {
        &self.target().action
    }

    /// Returns the method: GET or POST.
    pub fn method(&self) -> &Method {
        &self.target().method
    }

    /// Returns the names and values that are sent, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .filter(|entry| entry.is_sent())
            .map(|entry| (entry.name.as_str(), entry.value.as_str()))
    }

    /// Returns the first value that is sent under a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Sets a field: fills it in, checks a box or chooses an option by its value. What was sent under that
    /// name is replaced; a name that the form does not have is added.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        let same = |entry: &Entry| !entry.is_button() && entry.name == name;
        let place = self.entries.iter().position(same).unwrap_or(self.entries.len());
        self.entries.retain(|entry| !same(entry));
        self.entries.insert(place, Entry { name, value, kind: Kind::Field });
        self
    }

    /// Leaves out a field, as a box that is not checked.
    #[must_use]
    pub fn unset(mut self, name: &str) -> Self {
        self.entries.retain(|entry| entry.is_button() || entry.name != name);
        self
    }

    /// Presses the submit button of this name, in place of the first one.
    ///
    /// # Errors
    /// When there is no such button that can be pressed.
    pub fn submit(mut self, name: &str) -> Result<Self, FormError> {
        let found = |entry: &Entry| entry.is_button() && entry.name == name;
        if !self.entries.iter().any(found) {
            return Err(FormError::NoButton { name: name.to_owned() });
        }
        let mut first = true;
        for entry in &mut self.entries {
            let this = first && found(entry);
            first &= !this;
            if let Kind::Button { pressed, .. } = &mut entry.kind {
                *pressed = this;
            }
        }
        Ok(self)
    }

    /// Makes the request that sends the form: a GET with the fields as its query, or a POST with them as its
    /// body, URL-encoded, in parts or as text, as the form says.
    pub fn request(&self) -> Request {
        let Target { action, method, encoding } = self.target();
        let entries = self.sent();
        if *method == Method::GET {
            let mut url = action.clone();
            url.query_pairs_mut().clear().extend_pairs(&entries);
            return Request::from(url);
        }
        let request = Request::from(action.clone()).method(Method::POST);
        match encoding {
            Encoding::UrlEncoded => request.form(&entries),
            Encoding::Multipart => request.change(|message| {
                let parts = self.multipart().into_parts();
                let (content_type, body) = parts.map_err(|error| error.to_string())?;
                message.headers.insert(CONTENT_TYPE, content_type);
                message.body = body;
                Ok(())
            }),
            Encoding::Text => {
                let lines = entries.iter().map(|(name, value)| format!("{name}={value}\r\n"));
                let body = lines.collect::<String>();
                request.header(CONTENT_TYPE, HeaderValue::from_static("text/plain")).body(body)
            }
        }
    }

    fn target(&self) -> &Target {
        let pressed = self.entries.iter().find_map(|entry| match &entry.kind {
            Kind::Button { button, pressed: true } => Some(&button.target),
            _ => None,
        });
        pressed.unwrap_or(&self.target)
    }

    /// The names and values as they are sent, with the line ends of the standard.
    fn sent(&self) -> Vec<(String, String)> {
        let mut sent = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.is_sent()) {
            match &entry.kind {
                // A press at the corner; nobody sees where.
                Kind::Button { button: Button { image: true, .. }, .. } => {
                    let dot = if entry.name.is_empty() { "" } else { "." };
                    for axis in ["x", "y"] {
                        sent.push((format!("{}{dot}{axis}", entry.name), "0".to_owned()));
                    }
                }
                _ => sent.push((with_line_ends(&entry.name), with_line_ends(&entry.value))),
            }
        }
        sent
    }

    fn multipart(&self) -> Multipart {
        let sent = self.sent();
        // The same form has the same boundary, so that it is known to be the same request.
        let mut hasher = DefaultHasher::new();
        sent.hash(&mut hasher);
        let files: Vec<&str> = self
            .entries
            .iter()
            .filter(|entry| entry.kind == Kind::File)
            .map(|entry| entry.name.as_str())
            .collect();
        sent.iter().fold(Multipart::seeded(hasher.finish()), |form, (name, value)| {
            match value.is_empty() && files.contains(&name.as_str()) {
                true => form.file(name, "", "application/octet-stream", ""),
                false => form.text(name, value),
            }
        })
    }
}

impl Entry {
    fn is_button(&self) -> bool {
        matches!(self.kind, Kind::Button { .. })
    }

    fn is_sent(&self) -> bool {
        match &self.kind {
            Kind::Field | Kind::File => true,
            Kind::Button { button, pressed } => *pressed && (button.image || !self.name.is_empty()),
        }
    }
}

fn with_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// Why a form could not be had or filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The page has no such form.
    #[error("`{selector}` matches no form of the page, and nothing in one")]
    NoForm {
        /// The selector.
        selector: String,
    },
    /// The form has no such button, or it is disabled.
    #[error("the form has no submit button with the name `{name}` that can be pressed")]
    NoButton {
        /// The name.
        name: String,
    },
    /// The page has no document, or the selector cannot be parsed.
    #[error(transparent)]
    Document(#[from] DocumentError),
}
