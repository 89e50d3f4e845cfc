//! The spider behind `dragline crawl URL`: follows links, makes no items; its output is the page records.

use dragline::{BoxError, LinkKinds, Output, Page, Request, Spider};

/// Follows the links of each page.
#[derive(Debug)]
pub(crate) struct FollowLinks {
    pub(crate) seeds: Vec<Request>,
    pub(crate) kinds: LinkKinds,
}

impl Spider for FollowLinks {
    type Item = ();
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(self.seeds.clone())
    }

    fn parse(&self, _: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        out.follow_found(self.kinds);
        Ok(())
    }
}
