//! URLs for the benchmarks of the frontier, each another one, in runs of one host as pages give them.

use std::sync::Arc;

use dragline_frontier::{
    Admission, Directory, FingerprintKey, Pending, Scope, ScopeConfig, ScopeKind, Step,
};
use url::Url;

/// URLs of one run: what a page of documentation leads to.
pub(crate) const RUN: usize = 27;

/// Makes URLs.
pub(crate) struct Source {
    pub(crate) admission: Admission,
    pub(crate) directory: Arc<Directory>,
    seed: Pending,
    made: u64,
}

impl Source {
    pub(crate) fn new() -> Self {
        let directory = Arc::new(Directory::default());
        let config = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
        let scope = Scope::new(&config, []).unwrap();
        let key = FingerprintKey::from_bits(7);
        let admission = Admission::new(scope, directory.clone(), key, None);
        let seed = admission.seed(Url::parse("http://seed.example/").unwrap(), None).unwrap();
        Self { admission, directory, seed, made: 0 }
    }

    /// Makes a URL on a host.
    pub(crate) fn url(&mut self, host: u64) -> Pending {
        self.made += 1;
        let referrer = Arc::from("http://seed.example/");
        let url =
            format!("https://www.host{host}.example/articles/{:x}/{}", self.made % 97, self.made);
        self.admission.link_str(&url, &self.seed, &referrer, Step::Link, None).unwrap()
    }

    /// Makes so many runs of URLs, each on a host of its own.
    pub(crate) fn runs(&mut self, count: u64) -> Vec<Vec<Pending>> {
        (0..count).map(|host| (0..RUN).map(|_| self.url(host)).collect()).collect()
    }
}
