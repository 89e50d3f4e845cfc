//! The description of a site: which path gives which answer. Started, it becomes a `Server`.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::fault::Fault;
use crate::folder;
use crate::server::Server;

/// Describes a web site, path by path.
///
/// A path begins with a slash and may have a query; a path without one answers every query. The
/// same path given twice has the later answer. The crate page tells who is asked first.
#[derive(Default)]
pub struct Site {
    answers: HashMap<String, Answer>,
    rules: Vec<Rule>,
    folder: Option<PathBuf>,
}

type Rule = Box<dyn Fn(&Asked) -> Option<Answer> + Send + Sync>;

impl Site {
    /// Creates a site on which every path is a 404.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a page: a 200 of `text/html; charset=utf-8`.
    pub fn page(self, path: impl Into<String>, html: impl Into<Vec<u8>>) -> Self {
        self.answer(path, Answer::html(html))
    }

    /// Adds a path that has this status and a page that says so.
    pub fn status(self, path: impl Into<String>, status: u16) -> Self {
        self.answer(path, status_page(status))
    }

    /// Adds a 302 with this `Location`, written as given.
    pub fn redirect(self, path: impl Into<String>, location: impl Into<String>) -> Self {
        self.answer(path, Answer::new(302).header("location", location))
    }

    /// Adds `/robots.txt`; a site without it answers 404 there.
    pub fn robots(self, rules: impl Into<Vec<u8>>) -> Self {
        self.answer("/robots.txt", Answer::text(rules))
    }

    /// Adds any answer.
    pub fn answer(mut self, path: impl Into<String>, answer: Answer) -> Self {
        self.answers.insert(path.into(), answer);
        self
    }

    /// Adds a page that is delivered with a fault.
    pub fn fault(self, path: impl Into<String>, fault: Fault) -> Self {
        let body =
            "<!doctype html><title>fault</title><p>This page does not arrive as it should.</p>";
        self.answer(path, Answer::html(body).fault(fault))
    }

    /// Adds a closure that may answer; with `None` it leaves the request to the rest of the site.
    ///
    /// It runs on the task of the connection, so it must not block; to be slow, use
    /// [`Answer::delay`].
    pub fn dynamic(
        mut self,
        rule: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        self.rules.push(Box::new(rule));
        self
    }

    /// Serves the files of a folder below `/`; a second folder replaces the first.
    ///
    /// A folder inside is answered by its `index.html`, the content type comes from the ending of
    /// the name, and nothing outside is ever served, be it by `..` or by a symbolic link. Files may
    /// have 64 MiB.
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folder = Some(path.into());
        self
    }

    /// Starts the site on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no socket can be opened.
    pub async fn start(self) -> io::Result<Server> {
        self.start_at(Ipv4Addr::LOCALHOST).await
    }

    /// Starts the site on a free port of another address, such as 127.0.0.2.
    ///
    /// # Errors
    ///
    /// When no socket can be opened at that address.
    pub async fn start_at(self, address: impl Into<IpAddr>) -> io::Result<Server> {
        self.start_on(SocketAddr::new(address.into(), 0)).await
    }

    /// Starts the site on one port of an address, for people who look at it.
    ///
    /// # Errors
    ///
    /// When no socket can be opened there.
    pub async fn start_on(self, address: SocketAddr) -> io::Result<Server> {
        Server::start(self, address).await
    }

    /// Finds the answer to a request.
    pub(crate) async fn respond(&self, asked: &Asked) -> Answer {
        if let Some(answer) = self.rules.iter().find_map(|rule| rule(asked)) {
            return answer;
        }
        let path = asked.path.split('?').next().unwrap_or_default();
        if let Some(answer) = self.answers.get(&asked.path).or_else(|| self.answers.get(path)) {
            return answer.clone();
        }
        if let Some(root) = &self.folder
            && let Some(answer) = folder::read(root, path).await
        {
            return answer;
        }
        status_page(404)
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Site")
            .field("answers", &self.answers.len())
            .field("rules", &self.rules.len())
            .field("folder", &self.folder)
            .finish()
    }
}

fn status_page(status: u16) -> Answer {
    let body = format!("<!doctype html><title>{status}</title><h1>{status}</h1>");
    Answer::html(body).status(status)
}
