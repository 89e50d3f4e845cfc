//! The builder of a simulated web.

use std::collections::HashMap;
use std::sync::Arc;

use url::{Position, Url};

use crate::plan::HostPlan;
use crate::reply::Reply;
use crate::web::SimulatedWeb;
use crate::world::{SimulatedHost, World};

/// Collects the hosts of a [`SimulatedWeb`].
#[derive(Debug, Default)]
pub struct WebBuilder {
    seed: u64,
    hosts: Vec<Draft>,
    index: HashMap<String, usize>,
}

/// A host before the web is built.
#[derive(Debug)]
struct Draft {
    origin: String,
    plan: HostPlan,
    listed: Vec<(String, Vec<Reply>)>,
}

impl WebBuilder {
    /// Sets the seed from which all that is random is worked out. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a host, or gives another plan to one that is there: `a.example`, which is `http`, or an origin
    /// such as `https://a.example:8443`.
    ///
    /// # Panics
    /// When the name makes no URL.
    #[must_use]
    pub fn host(mut self, name: &str, plan: HostPlan) -> Self {
        let text = if name.contains("://") { name.to_owned() } else { format!("http://{name}/") };
        let (host, _) = self.draft(&text);
        host.plan = plan;
        self
    }

    /// Adds a page of HTML by its URL, and its host, with the default plan, if that is new.
    ///
    /// # Panics
    /// When the text is no absolute URL.
    #[must_use]
    pub fn page(self, url: &str, html: &str) -> Self {
        self.on(url, [Reply::html(html.to_owned())])
    }

    /// Adds a URL with its replies, given in order and the last one ever after; without any it is a 404. Its
    /// host is added, with the default plan, if that is new.
    ///
    /// # Panics
    /// When the text is no absolute URL.
    #[must_use]
    pub fn on(mut self, url: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        let (host, path) = self.draft(url);
        let replies = replies.into_iter().collect();
        match host.listed.iter_mut().find(|(known, _)| *known == path) {
            Some((_, known)) => *known = replies,
            None => host.listed.push((path, replies)),
        }
        self
    }

    /// Builds the web. Its clock starts now: build it inside the runtime whose time is paused.
    pub fn build(self) -> SimulatedWeb {
        let hosts = self
            .hosts
            .into_iter()
            .map(|draft| SimulatedHost::new(draft.origin, draft.plan, draft.listed));
        SimulatedWeb::new(Arc::new(World::new(self.seed, hosts.collect())))
    }

    /// Returns the draft of a URL's host, made if it is new, and the URL's path with query.
    fn draft(&mut self, url: &str) -> (&mut Draft, String) {
        let url = match Url::parse(url) {
            Ok(url) => url,
            Err(error) => panic!("`{url}` is no absolute URL: {error}"),
        };
        let origin = &url[..Position::BeforePath];
        let number = match self.index.get(origin) {
            Some(number) => *number,
            None => {
                let (plan, listed) = (HostPlan::default(), Vec::new());
                self.hosts.push(Draft { origin: origin.to_owned(), plan, listed });
                self.index.insert(origin.to_owned(), self.hosts.len() - 1);
                self.hosts.len() - 1
            }
        };
        (&mut self.hosts[number], url[Position::BeforePath..Position::AfterQuery].to_owned())
    }
}
