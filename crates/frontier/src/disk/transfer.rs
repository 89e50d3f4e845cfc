//! What goes from one store to another beside what waits: URLs that ended.

use std::future::ready;

use crate::canonical::Fingerprint;
use crate::completed::{Completed, End, Ending};
use crate::directory::HostId;
use crate::disk::DiskStore;
use crate::disk::changes::Changes;
use crate::disk::queue::put_finished;
use crate::disk::record::{read_finished, read_round};
use crate::disk::tables::Table;
use crate::disk::writer::Failure;
use crate::pending::Pending;
use crate::store::{BoxFuture, StoreError};

/// The code of a URL of which only that it ended is known.
const ELSEWHERE: &str = "elsewhere";

impl DiskStore {
    /// Tells whether a URL was ever offered.
    pub fn knows(&self, url: Fingerprint) -> bool {
        self.seen.contains(url)
    }

    /// Adds URLs of which it is known that they ended elsewhere, how, and nothing else; those that are known are left
    /// alone. Their code is `elsewhere`, their text is empty, and a refresh does not ask for them.
    pub fn add_ended(
        &mut self,
        batch: Vec<(HostId, Fingerprint, End)>,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let permit = self.room(batch.len()).await?;
            let mut changes = Changes::default();
            for (host, fingerprint, end) in batch {
                if !self.seen.insert(fingerprint) {
                    continue;
                }
                self.name(host, &mut changes);
                changes.fingerprints.push(fingerprint.bits());
                self.ledger.discovered += 1;
                self.ledger.ended(end);
                let completed = Completed {
                    pending: Pending {
                        url: Box::default(),
                        referrer: None,
                        payload: None,
                        fingerprint,
                        host,
                        depth: 0,
                        redirects: 0,
                        band: 0,
                    },
                    ending: Ending { end, code: Some(ELSEWHERE.into()), status: None, at: 0 },
                    revisit: None,
                };
                put_finished(&mut changes, &completed, self.ledger.round);
            }
            self.commit(changes, permit)
        })
    }

    /// Reads URLs that ended, in the order of their fingerprints, from behind one on; `most` at most.
    pub fn ended(
        &mut self,
        after: Option<Fingerprint>,
        most: usize,
    ) -> BoxFuture<'_, Result<Vec<Completed>, StoreError>> {
        let from = match after.map(|after| after.bits().checked_add(1)) {
            Some(None) => return Box::pin(ready(Ok(Vec::new()))),
            Some(Some(from)) => from,
            None => 0,
        };
        let round = self.ledger.round;
        Box::pin(self.ask(move |tables| {
            let mut ended = Vec::new();
            for row in tables.rows(Table::Finished, &from.to_be_bytes(), &[u8::MAX; 9]) {
                let (key, value) = row?;
                let bits = key.as_ref().try_into();
                let bits =
                    bits.map_err(|_| Failure::Layout("a fingerprint is not 8 bytes long"))?;
                let url = read_finished(Fingerprint::from_bits(u64::from_be_bytes(bits)), &value)?;
                // What was queued again waits.
                if read_round(&value)? == round || url.pending.url.is_empty() {
                    ended.push(url);
                }
                if ended.len() == most {
                    break;
                }
            }
            Ok(ended)
        }))
    }
}
