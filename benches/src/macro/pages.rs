//! The pages of a plan, as one who knows them all lists and makes them.

use std::fs;

use dragline_benches::{Cost, Site};

use crate::folder::Folder;
use crate::outcome::Arguments;
use crate::plan::Plan;

/// What one process did.
pub(crate) struct Done {
    /// Pages that it got.
    pub(crate) pages: u64,
    /// What that cost; `None` when all the process did counts.
    pub(crate) cost: Option<Cost>,
}

/// All pages of a plan.
pub(crate) enum Pages {
    Made(Site),
    Files(Folder),
}

impl Pages {
    pub(crate) fn of(plan: &Plan, hosts: u64) -> Self {
        match &plan.folder {
            Some(folder) => Self::Files(Folder::list(folder)),
            None => Self::Made(plan.site(hosts)),
        }
    }

    /// Returns the paths of a host's pages.
    pub(crate) fn paths(&self) -> Vec<String> {
        match self {
            Self::Made(site) => (0..site.pages).map(Site::path).collect(),
            Self::Files(folder) => folder.pages().map(str::to_owned).collect(),
        }
    }

    /// Returns what is at a path of a host; `None` when nothing is there.
    pub(crate) fn body(&self, host: u64, path: &str) -> Option<Vec<u8>> {
        match self {
            Self::Made(site) => Some(site.page(host, site.number(path)?).into_bytes()),
            Self::Files(folder) => fs::read(folder.file(path)?).ok(),
        }
    }
}

/// Hands out the pages of all hosts in pieces of at most 16, so that making them is apart from measuring.
pub(crate) fn in_pieces(arguments: &Arguments, mut take: impl FnMut(Vec<Vec<u8>>)) {
    let pages = Pages::of(&arguments.plan, 1);
    for piece in pages.paths().chunks(16) {
        take(piece.iter().filter_map(|path| pages.body(0, path)).collect());
    }
}
