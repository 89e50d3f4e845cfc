//! What a refresh knows of the URLs that are claimed: looked up in the store, a lease at a time, and kept here
//! until they end.

use std::collections::HashMap;
use std::sync::Arc;

use dragline_frontier::{Fingerprint, Lease, Pending, Revisit};

use crate::engine::Engine;
use crate::error::Error;
use crate::revisit::Memory;
use crate::spider::Spider;

/// What the crawl before has kept of URLs that are claimed: no more of them than are leased.
pub(crate) type Before = HashMap<Fingerprint, Arc<Revisit>>;

impl<S: Spider> Engine<S> {
    /// Looks up what is known of the URLs of new leases.
    pub(super) async fn look_back(&mut self, leases: &[Lease]) -> Result<(), Error> {
        if self.shared.memory != Memory::Compare {
            return Ok(());
        }
        let urls = leases.iter().flat_map(|lease| &lease.urls).map(Pending::fingerprint).collect();
        let found = self.store.store().revisits(urls).await?;
        self.before.extend(found.into_iter().map(|(url, revisit)| (url, Arc::from(revisit))));
        Ok(())
    }
}
