//! Offering URLs: each to the partition of its host.

use std::collections::{BTreeMap, HashSet, VecDeque};

use dragline_frontier::{HostId, More, Pending, Receipt, StoreError};

use crate::link::Call;
use crate::script::Script;
use crate::store::RedisStore;

/// URLs of one call, at most: a script holds up the server while it runs.
const CALL_URLS: usize = 1024;

impl RedisStore {
    /// Adds the URLs that are new.
    pub(crate) async fn add(&mut self, batch: &[Pending]) -> Result<Receipt, StoreError> {
        let mut seen = HashSet::with_capacity(batch.len());
        let mut order: Vec<usize> = (0..batch.len()).collect();
        order.retain(|at| seen.insert(batch[*at].fingerprint()));
        // Stable: the URLs of a host and band keep their order.
        order.sort_by_key(|at| (batch[*at].host(), batch[*at].band()));

        let mut parts: BTreeMap<u16, VecDeque<(Call, Vec<usize>)>> = BTreeMap::new();
        for group in order.chunk_by(|one, other| place(&batch[*one]) == place(&batch[*other])) {
            let name = self.host_name(batch[group[0]].host())?;
            let partition = self.partition(&name);
            for group in group.chunks(CALL_URLS) {
                let calls = parts.entry(partition).or_default();
                let full = |(_, urls): &(Call, Vec<usize>)| urls.len() + group.len() > CALL_URLS;
                if calls.back().is_none_or(full) {
                    calls.push_back((self.call_to(Script::Offer, partition), Vec::new()));
                }
                let (call, urls) = calls.back_mut().expect("one was added");
                call.push(name.as_str());
                call.number(batch[group[0]].band());
                call.number(group.len());
                for at in group {
                    // As the server's sets of integers have it, with a sign.
                    call.number(batch[*at].fingerprint().bits().cast_signed());
                    call.push(batch[*at].to_parcel(&name));
                }
                urls.extend(group);
            }
        }

        let mut is_new = vec![false; batch.len()];
        // A partition's calls come one after the other, so that it knows the last one.
        while !parts.is_empty() {
            let round = parts.values_mut().filter_map(VecDeque::pop_front);
            let (calls, urls): (Vec<_>, Vec<_>) = round.unzip();
            for (reply, urls) in self.call_all(&calls).await?.into_iter().zip(urls) {
                let digits = reply.bytes().filter(|digits| digits.len() == urls.len());
                let Some(digits) = digits else { return Err(self.damaged(Script::Offer)) };
                for (at, digit) in urls.into_iter().zip(digits) {
                    is_new[at] = digit == b'1';
                }
            }
            parts.retain(|_, calls| !calls.is_empty());
        }

        let mut receipt = Receipt::default();
        for (pending, is_new) in batch.iter().zip(is_new) {
            match is_new {
                true => receipt.took(pending.host()),
                false => receipt.duplicates += 1,
            }
        }
        Ok(receipt)
    }

    /// Takes note that hosts that are held have more than was read.
    pub(crate) fn grew(&mut self, receipt: &Receipt) {
        for (host, _) in &receipt.grew {
            if let Some(held) = self.held.get_mut(host) {
                held.more = More::Queued;
            }
        }
    }
}

fn place(pending: &Pending) -> (HostId, u8) {
    (pending.host(), pending.band())
}
