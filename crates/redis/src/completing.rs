//! Completing: links first, then how far the output is, then the ends of the pages.

use std::collections::{BTreeMap, HashMap, HashSet};

use dragline_frontier::{
    Completed, Completion, End, Fingerprint, HostId, HostNote, More, Receipt, StoreError,
};

use crate::script::Script;
use crate::store::RedisStore;

/// What became of a [`Completion`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// What became of the links.
    pub receipt: Receipt,
    /// URLs whose ends were not taken, since the worker does not hold them, or no longer: whoever holds their
    /// hosts fetches them.
    pub refused: Vec<Fingerprint>,
    /// Hosts that turned out to be lost; the worker has to stop asking them.
    pub lost: Vec<HostId>,
}

/// What is said of one host.
#[derive(Debug, Default)]
struct Ends {
    done: Vec<(Fingerprint, (u8, u64), End)>,
    note: Option<Box<[u8]>>,
}

impl RedisStore {
    /// Takes URLs off, adds what they led to, and tells what was refused: an end counts only under the lease
    /// under which the URL was claimed.
    ///
    /// A host whose claimed URLs are all done is let go of if nothing more is known to be queued.
    ///
    /// # Errors
    /// When the server fails; links may have been taken then.
    pub async fn settle(&mut self, batch: Completion) -> Result<Settled, StoreError> {
        let mut settled = Settled::default();
        let ends = self.ends(batch.done, batch.hosts, &mut settled);
        // Whether a host is through is decided before the links are added, as if they came after.
        let drained: HashMap<HostId, bool> =
            ends.iter().map(|(host, ends)| (*host, self.is_drained(*host, ends))).collect();
        settled.receipt = self.add(&batch.found).await?;
        self.grew(&settled.receipt);

        if batch.stats.is_some() || !batch.seeds.is_empty() || !batch.sinks.is_empty() {
            let mut call = self.call_of_crawl(Script::Keep);
            call.number(u8::from(batch.stats.is_some()));
            call.push(batch.stats.unwrap_or_default());
            call.number(batch.seeds.len());
            batch.seeds.iter().for_each(|seed| call.push(seed.as_bytes()));
            for sink in batch.sinks {
                call.push(sink.name.as_bytes());
                call.push(sink.position);
            }
            self.call(call).await?;
        }

        let mut parts: BTreeMap<u16, Vec<(HostId, Ends)>> = BTreeMap::new();
        for (host, ends) in ends {
            let partition = self.partition(&self.host_name(host)?);
            parts.entry(partition).or_default().push((host, ends));
        }
        let mut calls = Vec::new();
        for (partition, hosts) in &parts {
            let mut call = self.call_to(Script::Complete, *partition);
            for (host, ends) in hosts {
                call.push(self.host_name(*host)?.as_str());
                let held = self.held.get(host);
                call.push(held.map_or("", |held| held.token.as_str()));
                let spared = held.and_then(|held| held.spared);
                call.number(spared.unwrap_or(self.rest).as_millis());
                call.number(u8::from(drained[host]));
                call.number(u8::from(ends.note.is_some()));
                call.push(ends.note.as_deref().unwrap_or_default());
                for end in [End::Done, End::Failed, End::Skipped] {
                    call.number(ends.done.iter().filter(|(.., how)| *how == end).count());
                }
                let mut places: Vec<_> = ends.done.iter().map(|(_, place, _)| *place).collect();
                places.sort_unstable();
                let next = |one: &(u8, u64), other: &(u8, u64)| *other == (one.0, one.1 + 1);
                call.number(places.chunk_by(next).count());
                for run in places.chunk_by(next) {
                    call.number(run[0].0);
                    call.number(run[0].1);
                    call.number(run.len());
                }
            }
            calls.push(call);
        }
        let replies = self.call_all(&calls).await?;
        for (reply, hosts) in replies.into_iter().zip(parts.into_values()) {
            let letters = reply.bytes().filter(|letters| letters.len() == hosts.len());
            let Some(letters) = letters else { return Err(self.damaged(Script::Complete)) };
            for ((host, ends), letter) in hosts.into_iter().zip(letters) {
                self.settled(host, ends, letter, &mut settled);
            }
        }
        Ok(settled)
    }

    /// Sorts ends and notes by host, leaving out what is not claimed.
    fn ends(
        &self,
        done: Vec<Completed>,
        notes: Vec<HostNote>,
        settled: &mut Settled,
    ) -> BTreeMap<HostId, Ends> {
        let mut ends: BTreeMap<HostId, Ends> = BTreeMap::new();
        let mut ended = HashSet::new();
        for Completed { pending, ending, .. } in done {
            let (host, fingerprint) = (pending.host(), pending.fingerprint());
            let held = self.held.get(&host);
            // One that is named twice ends once.
            if !ended.insert(fingerprint) {
                continue;
            }
            match held.and_then(|held| held.claimed.get(&fingerprint)) {
                Some(place) => {
                    ends.entry(host).or_default().done.push((fingerprint, *place, ending.end));
                }
                None => settled.refused.push(fingerprint),
            }
        }
        for HostNote { host, note } in notes {
            ends.entry(host).or_default().note = Some(note);
        }
        ends
    }

    /// Tells whether nothing of a host is left here once these have ended.
    fn is_drained(&self, host: HostId, ends: &Ends) -> bool {
        let Some(held) = self.held.get(&host) else { return false };
        let ended: HashSet<_> = ends.done.iter().map(|(fingerprint, ..)| fingerprint).collect();
        held.more == More::Empty && held.claimed.keys().all(|url| ended.contains(url))
    }

    fn settled(&mut self, host: HostId, ends: Ends, letter: u8, settled: &mut Settled) {
        let Some(held) = self.held.get_mut(&host) else { return };
        match letter {
            b'h' => {
                self.heard.ended += ends.done.len() as u64;
                for (fingerprint, ..) in &ends.done {
                    held.claimed.remove(fingerprint);
                }
                if let Some(note) = ends.note {
                    held.note = note;
                }
            }
            b'r' => {
                self.heard.ended += ends.done.len() as u64;
                self.held.remove(&host);
            }
            _ => {
                settled.refused.extend(ends.done.iter().map(|(fingerprint, ..)| *fingerprint));
                settled.lost.push(host);
                self.held.remove(&host);
            }
        }
    }
}
