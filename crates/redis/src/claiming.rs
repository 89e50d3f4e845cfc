//! Claiming: chunks of hosts that are held, and hosts that nobody holds, from one partition after the other.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use dragline_frontier::{Claim, HostId, HostKey, Lease, More, Pending, StoreError};
use tokio::time::Instant;

use crate::held::Held;
use crate::reply::Reply;
use crate::script::Script;
use crate::store::RedisStore;

/// Partitions that are asked for hosts at once.
const PARTITIONS_AT_ONCE: u16 = 16;
/// Leases that are over and are looked at by one call.
const SWEEP: u32 = 16;

/// What is asked of one partition.
#[derive(Debug, Default)]
struct Ask {
    hosts: usize,
    refill: Vec<HostId>,
}

impl RedisStore {
    /// Hands out the next chunks of held hosts, and of as many free ones as are wanted and due. A held host
    /// whose lease is gone comes back without URLs.
    pub(crate) async fn take(&mut self, claim: Claim) -> Result<Vec<Lease>, StoreError> {
        let mut asks: BTreeMap<u16, Ask> = BTreeMap::new();
        for host in &claim.refill {
            if self.held.contains_key(host) {
                let partition = self.partition(&self.host_name(*host)?);
                asks.entry(partition).or_default().refill.push(*host);
            }
        }
        let (mut refilled, mut fresh) = (HashMap::new(), Vec::new());
        // Partitions that were not found empty, the one whose turn it is first.
        let mut open: Vec<u16> =
            (0..self.partitions).map(|at| (self.turn + at) % self.partitions).collect();
        loop {
            let wanted = claim.hosts.saturating_sub(fresh.len());
            let of_each = wanted.div_ceil(PARTITIONS_AT_ONCE.into());
            let mut left = wanted;
            for partition in open.iter().take(PARTITIONS_AT_ONCE.into()) {
                let hosts = of_each.min(left);
                left -= hosts;
                if hosts > 0 {
                    asks.entry(*partition).or_default().hosts = hosts;
                }
            }
            if asks.is_empty() {
                break;
            }
            let hosts: HashMap<u16, usize> =
                asks.iter().map(|(partition, ask)| (*partition, ask.hosts)).collect();
            for (partition, leases) in self.ask(std::mem::take(&mut asks), claim.chunk).await? {
                let mut got = 0;
                for (lease, is_fresh) in leases {
                    if is_fresh {
                        got += 1;
                        fresh.push(lease);
                    } else {
                        refilled.insert(lease.host, lease);
                    }
                }
                if got < hosts[&partition] {
                    open.retain(|other| *other != partition);
                }
            }
            // Those that were asked come last in the next round.
            let asked = open.iter().take_while(|at| hosts.get(at).is_some_and(|hosts| *hosts > 0));
            let asked = asked.count();
            open.rotate_left(asked);
        }
        if claim.hosts > 0 {
            self.turn = open.first().copied().unwrap_or(self.turn);
        }
        let gone = |host| Lease { host, urls: Vec::new(), more: More::Empty };
        let refilled =
            claim.refill.iter().map(|host| refilled.remove(host).unwrap_or_else(|| gone(*host)));
        Ok(refilled.chain(fresh).collect())
    }

    /// Asks some partitions at once, and returns what they gave, and whether it was not held before.
    async fn ask(
        &mut self,
        asks: BTreeMap<u16, Ask>,
        chunk: usize,
    ) -> Result<Vec<(u16, Vec<(Lease, bool)>)>, StoreError> {
        let sent = Instant::now();
        let mut calls = Vec::new();
        for (partition, ask) in &asks {
            let lease = self.lease.as_millis();
            let mut call = self.call_to(Script::Claim, *partition);
            call.number(lease);
            call.number(chunk);
            call.number(ask.hosts);
            call.number(SWEEP);
            call.number(self.rest.as_millis());
            for host in &ask.refill {
                let held = &self.held[host];
                call.push(self.host_name(*host)?.as_str());
                call.push(held.token.as_str());
                held.read.iter().for_each(|position| call.number(position));
            }
            calls.push(call);
        }
        let replies = self.call_all(&calls).await?;
        let mut given = Vec::new();
        for (partition, reply) in asks.into_keys().zip(replies) {
            let Some(leases) = self.read(reply, sent) else {
                return Err(self.damaged(Script::Claim));
            };
            given.push((partition, leases));
        }
        Ok(given)
    }

    fn read(&mut self, reply: Reply, sent: Instant) -> Option<Vec<(Lease, bool)>> {
        let mut leases = Vec::new();
        for entry in reply.list()? {
            let mut entry = entry.list()?.into_iter();
            let name = HostKey::from_text(&entry.next()?.text()?);
            let host = self.directory.id(&name);
            let token = entry.next()?.text()?;
            if token.is_empty() {
                self.held.remove(&host);
                continue;
            }
            let note = entry.next()?.bytes()?.into_boxed_slice();
            let more = match entry.next()?.text()?.as_str() {
                "0" => More::Empty,
                _ => More::Queued,
            };
            let mut read = [0; 4];
            for position in &mut read {
                *position = entry.next()?.number()?;
            }
            // A lease that the worker lost without knowing is another one than what it gets now.
            let is_fresh = self.held.get(&host).is_none_or(|held| held.token != token);
            if is_fresh {
                let claimed = HashMap::new();
                let (spared, rules) = (None, None);
                let held = Held { token, read, claimed, more, sure: sent, note, spared, rules };
                self.held.insert(host, held);
            }
            let held = self.held.get_mut(&host).expect("it was added");
            (held.read, held.more, held.sure) = (read, more, sent);
            let mut urls = Vec::new();
            let mut rows = entry.next()?.list()?.into_iter();
            while let Some(band) = rows.next() {
                let band = u8::try_from(band.number()?).ok()?;
                let first = rows.next()?.number()?;
                for (position, parcel) in (first..).zip(rows.next()?.list()?) {
                    let pending = Pending::from_parcel(host, &name, band, &parcel.bytes()?)?;
                    held.claimed.insert(pending.fingerprint(), (band, position));
                    urls.push(pending);
                }
            }
            if let (Some(rules), Some(left)) = (entry.next(), entry.next()) {
                let (rules, left) = (rules.bytes()?, Duration::from_millis(left.number()?));
                held.rules = (!rules.is_empty()).then(|| (rules.into_boxed_slice(), left));
            }
            leases.push((Lease { host, urls, more }, is_fresh));
        }
        Some(leases)
    }
}
