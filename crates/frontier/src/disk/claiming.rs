//! What a claim needs: finding hosts of earlier sessions, reading their queues, handing leases out.

use crate::directory::HostId;
use crate::disk::queue::Lease as HostLease;
use crate::disk::reading::{Loaded, hosts, load};
use crate::disk::{DiskStore, READ_AHEAD};
use crate::store::{Lease, More, StoreError};

impl DiskStore {
    /// Finds hosts that have URLs from earlier sessions until `most` are listed.
    pub(super) async fn list_restored(&mut self, most: usize) -> Result<(), StoreError> {
        while self.free.len() < most {
            let Some(from) = self.unlisted else { break };
            let want = most - self.free.len();
            let found = self.ask(move |tables| hosts(tables, from, want)).await?;
            let is_last = found.len() < want;
            self.unlisted =
                found.last().filter(|_| !is_last).and_then(|last| last.0.checked_add(1));
            for id in found {
                self.list(id);
            }
        }
        Ok(())
    }

    /// Reads what has to be in memory before these hosts can be handed out.
    pub(super) async fn load(&mut self, ids: &[HostId], chunk: usize) -> Result<(), StoreError> {
        let room = self.most_heads.saturating_sub(self.heads) / ids.len().max(1);
        let most = chunk.max(room.min(READ_AHEAD));
        let wanted: Vec<_> =
            ids.iter().filter_map(|id| self.host(*id).wanted(*id, chunk, most)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let session = self.session;
        let loaded = self
            .ask(move |tables| {
                wanted.into_iter().map(|wanted| load(tables, wanted, session)).collect()
            })
            .await?;
        let loaded: Vec<Loaded> = loaded;
        for loaded in loaded {
            for (key, urls) in &loaded.runs {
                self.heads += urls.len();
                self.runs.insert(*key, urls.len());
            }
            self.host(loaded.host).load(loaded);
        }
        Ok(())
    }

    /// Hands out a host with what is in memory of it.
    pub(super) fn lease(&mut self, id: HostId, chunk: usize) -> Lease {
        let host = self.host(id);
        host.lease = HostLease::Held;
        let taken = host.take(chunk);
        let more = if host.has_more() { More::Queued } else { More::Empty };
        host.release_if_idle();
        self.heads -= taken.len();
        let urls = taken.into_iter().map(|(run, pending)| {
            self.claimed.insert(pending.fingerprint, run);
            pending
        });
        Lease { host: id, urls: urls.collect(), more }
    }
}
