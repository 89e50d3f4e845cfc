//! What workers that share a crawl do beside what a store does: keep their leases, give them back, spare hosts,
//! and see how far all are.

use std::collections::BTreeMap;
use std::time::Duration;

use dragline_frontier::{Counts, HostId, HostKey, StoreError};
use tokio::time::Instant;

use crate::link::Call;
use crate::reply::Reply;
use crate::script::Script;
use crate::store::RedisStore;

/// How long a host that is paused is left alone: a hundred years, in milliseconds.
const PAUSE: u64 = 100 * 365 * 86_400_000;

/// Whether a worker may go on with the hosts that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All its leases are good; they are to be renewed after this time.
    Good(Duration),
    /// Leases are to be renewed now: a third of their time is over.
    Due,
    /// Leases were not renewed for four fifths of their time: nothing may be sent to these hosts until they
    /// are, since another worker may soon hold them.
    Stop,
}

/// What became of leases that were renewed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renewal {
    /// Hosts that are lost; the worker has to stop asking them, and ends of their URLs are refused.
    pub lost: Vec<HostId>,
    /// Hosts that somebody wants to be left alone; they should be released.
    pub blocked: Vec<HostId>,
}

/// What may be said of a host from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Nobody is given it for this long. Whoever holds it learns of it when it renews the lease.
    Block(Duration),
    /// Nobody is given it until it is allowed again.
    Pause,
    /// It may be asked at once, whatever was said before.
    Allow,
}

/// Where a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// A worker holds it.
    Held,
    /// Nobody holds it.
    Free,
}

/// How far a crawl is, all its workers together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// URLs, by what became of them; those in flight wait.
    pub counts: Counts,
    /// Hosts with URLs that nobody holds.
    pub free: u64,
    /// Of these, how many may be asked now.
    pub due: u64,
    /// Hosts that workers hold.
    pub held: u64,
    /// Of these, how many were not renewed in time, and go to whoever asks next.
    pub expired: u64,
}

impl RedisStore {
    /// Tells whether the worker may go on with what it holds. Costs a look at each held host.
    pub fn standing(&self, now: Instant) -> Standing {
        let Some(sure) = self.held.values().map(|held| held.sure).min() else {
            return Standing::Good(self.lease / 3);
        };
        let age = now.saturating_duration_since(sure);
        if age >= self.lease * 4 / 5 {
            return Standing::Stop;
        }
        match (self.lease / 3).checked_sub(age).filter(|left| !left.is_zero()) {
            Some(left) => Standing::Good(left),
            None => Standing::Due,
        }
    }

    /// Prolongs the leases of all hosts that the worker holds, and tells what was lost.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn renew(&mut self) -> Result<Renewal, StoreError> {
        self.check_in_if_due().await?;
        let sent = Instant::now();
        let hosts: Vec<HostId> = self.held.keys().copied().collect();
        let mut renewal = Renewal::default();
        for (host, letter) in self.each(Script::Renew, &hosts, None).await? {
            let held = self.held.get_mut(&host).expect("only held hosts were named");
            match letter {
                b's' => {
                    self.held.remove(&host);
                    renewal.lost.push(host);
                    continue;
                }
                b'b' => renewal.blocked.push(host),
                _ => {}
            }
            held.sure = sent;
        }
        Ok(renewal)
    }

    /// Gives hosts back, which nobody gets before they have rested for this long, and as long as
    /// [`spare`](Self::spare) says if that was called. Their claimed URLs wait again, where
    /// they were. Hosts that the worker does not hold are left alone.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn release(&mut self, hosts: &[HostId], rest: Duration) -> Result<(), StoreError> {
        let mut hosts = hosts.to_vec();
        hosts.sort();
        hosts.dedup();
        hosts.retain(|host| self.held.contains_key(host));
        for (host, _) in self.each(Script::Release, &hosts, Some(rest)).await? {
            self.held.remove(&host);
        }
        Ok(())
    }

    /// Says for how long a host is left alone by all workers, and tells where it is now.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn control(&mut self, host: &HostKey, what: Control) -> Result<Host, StoreError> {
        let mut call = self.call_to(Script::Control, self.partition(host));
        call.push(host.as_str());
        let wait = match what {
            Control::Block(time) => u64::try_from(time.as_millis()).unwrap_or(PAUSE).min(PAUSE),
            Control::Pause => PAUSE,
            Control::Allow => 0,
        };
        call.number(wait);
        match self.call(call).await?.text().as_deref() {
            Some("h") => Ok(Host::Held),
            Some("r") => Ok(Host::Free),
            _ => Err(self.damaged(Script::Control)),
        }
    }

    /// Tells how far the crawl is. Each partition is asked, so the sum is of no single moment while others work.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn status(&mut self) -> Result<Status, StoreError> {
        let calls: Vec<Call> =
            (0..self.partitions).map(|partition| self.call_to(Script::Status, partition)).collect();
        let mut sums = [0; 8];
        for reply in self.call_all(&calls).await? {
            let numbers = numbers(reply);
            let Some(numbers) = numbers else { return Err(self.damaged(Script::Status)) };
            for (sum, number) in sums.iter_mut().zip(numbers) {
                *sum += number;
            }
        }
        let [discovered, done, failed, skipped, free, due, held, expired] = sums;
        let waiting = discovered.saturating_sub(done + failed + skipped);
        let counts = Counts { discovered, done, failed, skipped, waiting };
        Ok(Status { counts, free, due, held, expired })
    }

    /// Runs a script on the leases of some held hosts, and returns a letter for each.
    async fn each(
        &mut self,
        script: Script,
        hosts: &[HostId],
        rest: Option<Duration>,
    ) -> Result<Vec<(HostId, u8)>, StoreError> {
        let mut parts: BTreeMap<u16, (Call, Vec<HostId>)> = BTreeMap::new();
        for host in hosts {
            let name = self.host_name(*host)?;
            let partition = self.partition(&name);
            let (call, of_call) = parts.entry(partition).or_insert_with(|| {
                let mut call = self.call_to(script, partition);
                if rest.is_none() {
                    call.number(self.lease.as_millis());
                }
                (call, Vec::new())
            });
            call.push(name.as_str());
            let held = &self.held[host];
            call.push(held.token.as_str());
            if let Some(rest) = rest {
                call.number(rest.max(held.spared.unwrap_or_default()).as_millis());
            }
            of_call.push(*host);
        }
        let (calls, hosts): (Vec<_>, Vec<_>) = parts.into_values().unzip();
        let mut letters = Vec::new();
        for (reply, hosts) in self.call_all(&calls).await?.into_iter().zip(hosts) {
            let answer = reply.bytes().filter(|letters| letters.len() == hosts.len());
            let Some(answer) = answer else { return Err(self.damaged(script)) };
            letters.extend(hosts.into_iter().zip(answer));
        }
        Ok(letters)
    }
}

fn numbers(reply: Reply) -> Option<[u64; 8]> {
    let numbers: Option<Vec<u64>> = reply.list()?.into_iter().map(Reply::number).collect();
    numbers?.try_into().ok()
}
