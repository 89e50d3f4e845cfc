//! What is crawled: a made-up site, or a folder.

use std::path::PathBuf;

use clap::Args;
use dragline_benches::Site;

use crate::variant::Hosts;

/// The site of all variants.
#[derive(Args, Clone, Debug)]
pub(crate) struct Plan {
    /// Pages, over all hosts.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) pages: u64,
    /// Links of each page.
    #[arg(long, default_value_t = 262)]
    pub(crate) links: usize,
    /// Pages that each page links to.
    #[arg(long, default_value_t = 27)]
    pub(crate) targets: usize,
    /// Bytes of each page.
    #[arg(long, default_value_t = 50_000)]
    pub(crate) bytes: usize,
    /// Hosts of variants with many of them, at most 200.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..=200))]
    pub(crate) hosts: u8,
    /// Another seed makes another site.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Serve the files of this folder instead, on each host.
    #[arg(long)]
    pub(crate) folder: Option<PathBuf>,
    /// Where a crawl of a folder starts.
    #[arg(long, default_value = "/index.html")]
    pub(crate) start: String,
}

impl Plan {
    pub(crate) fn hosts(&self, hosts: Hosts) -> u64 {
        match hosts {
            Hosts::One => 1,
            Hosts::Many => self.hosts.into(),
        }
    }

    /// Returns the site of each host.
    pub(crate) fn site(&self, hosts: u64) -> Site {
        let &Self { pages, links, targets, bytes, seed, .. } = self;
        Site { pages: (pages / hosts).max(1), links, targets, bytes, seed }
    }

    /// Returns the path at which the crawl of a host starts.
    pub(crate) fn seed_path(&self) -> String {
        if self.folder.is_some() { self.start.clone() } else { Site::path(0) }
    }

    /// Returns how many pages there are to find; `None` of a folder, of which that is not known.
    pub(crate) fn expected(&self, hosts: u64) -> Option<u64> {
        self.folder.is_none().then(|| self.site(hosts).pages * hosts)
    }

    /// The same as arguments of a program.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--pages={}", self.pages),
            format!("--links={}", self.links),
            format!("--targets={}", self.targets),
            format!("--bytes={}", self.bytes),
            format!("--hosts={}", self.hosts),
            format!("--seed={}", self.seed),
            format!("--start={}", self.start),
        ];
        arguments.extend(self.folder.iter().map(|folder| format!("--folder={}", folder.display())));
        arguments
    }
}
