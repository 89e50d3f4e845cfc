//! The robots.txt of one host: fetched as a crawl does, and what it says, line by line.

use bytes::Bytes;
use dragline::fetch::{Client, Error, Oversize, Request, Response};
use dragline_frontier::{Robots, RobotsAnswer, Rule};
use http::{Method, header};
use serde::Serialize;
use url::{Position, Url};

use crate::chain::chain;
use crate::stdout::harmless;

/// Most redirects that are followed; one more and the file counts as absent (RFC 9309 section 2.3.1.2).
const MAX_REDIRECTS: u8 = 5;
/// Where the body is cut, in bytes; of 500 KiB the rules are read (RFC 9309 section 2.5).
const MAX_BODY: u64 = 576 * 1024;
/// Characters of a line that are shown, at most.
const MAX_SHOWN: usize = 200;

/// A robots.txt, and how it came to be known.
#[derive(Debug)]
pub(crate) struct RobotsFile {
    /// Where it was asked for, or the file that was read.
    pub(crate) place: String,
    /// The status of the last answer.
    pub(crate) status: Option<u16>,
    pub(crate) standing: Standing,
    pub(crate) rules: Robots,
    body: Bytes,
    /// Requests that it took, and the last host that was asked.
    pub(crate) asked: Vec<Url>,
}

/// What is known of a robots.txt (RFC 9309 section 2.3.1).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its rules hold.
    Rules,
    /// There is none, so everything is allowed.
    Absent,
    /// Nothing is allowed as long as the server answers like that.
    Unavailable,
    /// Nothing is allowed as long as there is no answer.
    Unreachable(String),
}

/// What a robots.txt says of one URL.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    /// The line that decided, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// Why, in words.
    pub(crate) reason: String,
}

impl RobotsFile {
    /// Reads what a file holds.
    pub(crate) fn read(place: String, body: Vec<u8>, agent: &str) -> Self {
        let rules = Robots::parse(&body, agent);
        let (standing, body) = (Standing::Rules, body.into());
        Self { place, status: None, standing, rules, body, asked: Vec::new() }
    }

    /// Asks the host of a URL for it.
    pub(crate) async fn ask(client: &Client, of: &Url, agent: &str) -> Self {
        let place = format!("{}/robots.txt", &of[..Position::BeforePath]);
        let mut file = Self {
            place,
            status: None,
            standing: Standing::Absent,
            rules: Robots::allow_all(),
            body: Bytes::new(),
            asked: Vec::new(),
        };
        let mut url = Url::parse(&file.place).expect("the path fits any host");
        loop {
            file.asked.push(url.clone());
            let response = match fetch(client, url).await {
                Ok(response) => response,
                Err(error) => return file.unreachable(chain(&error.into())),
            };
            let status = response.status();
            file.status = Some(status.as_u16());
            match location(&response).filter(|_| status.is_redirection()) {
                Some(target) if file.asked.len() <= usize::from(MAX_REDIRECTS) => url = target,
                _ => return file.judge(&response, agent),
            }
        }
    }

    fn unreachable(self, why: String) -> Self {
        Self { standing: Standing::Unreachable(why), rules: Robots::disallow_all(), ..self }
    }

    fn judge(self, response: &Response<Bytes>, agent: &str) -> Self {
        match RobotsAnswer::from_status(response.status().as_u16()) {
            RobotsAnswer::Parse
                if response.truncated()
                    && (response.body().len() as u64) < MAX_BODY - 64 * 1024 =>
            {
                self.unreachable("the body ended too early".to_owned())
            }
            RobotsAnswer::Parse => {
                let rules = Robots::parse(response.body(), agent);
                Self { standing: Standing::Rules, rules, body: response.body().clone(), ..self }
            }
            RobotsAnswer::AllowAll => self,
            RobotsAnswer::DisallowAll => {
                Self { standing: Standing::Unavailable, rules: Robots::disallow_all(), ..self }
            }
        }
    }

    /// Tells whether a URL of its host may be fetched, and by which line.
    pub(crate) fn verdict(&self, url: &Url) -> Verdict {
        let (allowed, line) =
            match self.rules.rule(&url[Position::BeforePath..Position::AfterQuery]) {
                Rule::Allowed { line } => (true, line),
                Rule::Disallowed { line } => (false, line),
            };
        let rule = line.and_then(|line| self.line(line));
        let reason = match (&self.standing, line) {
            _ if url.path() == "/robots.txt" && line.is_none() => {
                "robots.txt itself is always allowed".to_owned()
            }
            (Standing::Rules, Some(line)) => {
                format!("line {line}: {}", rule.as_deref().unwrap_or_default())
            }
            (Standing::Rules, None) => "no line names the path".to_owned(),
            _ => self.summary(),
        };
        Verdict { allowed, line, rule, reason }
    }

    /// Tells in words what is known of the file.
    pub(crate) fn summary(&self) -> String {
        let status = self.status.map_or(String::new(), |status| format!("status {status}: "));
        match &self.standing {
            Standing::Rules if self.status.is_none() => "read from the file".to_owned(),
            Standing::Rules => format!("{status}its rules hold"),
            Standing::Absent => format!("{status}there is none, so everything is allowed"),
            Standing::Unavailable => {
                format!("{status}nothing is allowed as long as the server answers so")
            }
            Standing::Unreachable(why) => {
                format!("nothing is allowed as long as it cannot be read: {why}")
            }
        }
    }

    /// Returns a line as it may be shown.
    fn line(&self, number: u32) -> Option<String> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        // Lines end in LF, CR or CRLF, as the rules are read.
        let text = String::from_utf8_lossy(&self.body).replace("\r\n", "\n");
        let line = text.split(['\n', '\r']).nth(index)?.trim().trim_start_matches('\u{feff}');
        Some(harmless(&line.chars().take(MAX_SHOWN).collect::<String>()))
    }
}

async fn fetch(client: &Client, url: Url) -> Result<Response<Bytes>, Error> {
    let mut request = Request::new(Method::GET, url);
    request.max_body = Some(MAX_BODY);
    request.oversize = Oversize::Cut;
    client.send(request).await?.collect().await
}

/// Returns where an answer leads, without user and password.
fn location(response: &Response<Bytes>) -> Option<Url> {
    let text = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let mut url = response.url().join(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_names_the_line_and_its_text_whatever_ends_the_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["# us", "User-agent: *", "Disallow: /a\u{1b}[2J", "Allow: /a/b"].join(end);
            let file = RobotsFile::read("robots.txt".to_owned(), text.into_bytes(), "x");
            let told = |path: &str| {
                let verdict =
                    file.verdict(&Url::parse(&format!("http://h.example{path}")).unwrap());
                (verdict.allowed, verdict.line, verdict.rule)
            };
            assert_eq!(told("/a/b?c"), (true, Some(4), Some("Allow: /a/b".to_owned())));
            assert_eq!(told("/c"), (true, None, None));
            let shown = told("/a%1B[2Jx").2.unwrap();
            assert_eq!(shown, "Disallow: /a\u{fffd}[2J", "no control characters reach a terminal");
        }
    }
}
