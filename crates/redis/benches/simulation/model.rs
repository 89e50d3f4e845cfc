//! A model of the store: partitions with hosts that wait and hosts that are leased, and what each call costs. It also
//! watches that no host is asked too early, or by two workers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use dragline_frontier::{Claim, HostId, Lease, More, Pending};
use dragline_redis::{PARTITIONS, lease_time};

use crate::worker::Held;

/// Times are in microseconds.
pub(crate) const SECOND: u64 = 1_000_000;
/// Partitions that are asked for hosts at once, and leases that are looked at by one call, as the store has them.
const AT_ONCE: usize = 16;
const SWEEP: usize = 16;
/// URLs of a host: the least, the most, and how steeply they fall.
const FEWEST: f64 = 22.0;
const MOST: f64 = 10_000.0;
const STEEPNESS: f64 = 1.2;

/// One host, and what is known of it for the report.
#[derive(Debug, Default)]
struct Row {
    total: u32,
    done: u32,
    /// The lease that holds it; 0 for none.
    token: u32,
    until: u64,
    next: u64,
    /// When the last exchange ended, and whether one is on its way.
    last_end: u64,
    is_asked: bool,
    /// What its exchanges and the delays between them take without any loss.
    least: u64,
}

#[derive(Debug, Default)]
struct Partition {
    /// Hosts that nobody holds, each once.
    ready: BinaryHeap<Reverse<(u64, u32)>>,
    /// When leases end, as it was said when they were made; they may have been prolonged since.
    leases: BinaryHeap<Reverse<(u64, u32, u32)>>,
}

/// Calls of the store, each of which touches one partition.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Calls {
    pub(crate) claims: u64,
    pub(crate) completes: u64,
    pub(crate) renews: u64,
}

impl Calls {
    pub(crate) fn all(&self) -> u64 {
        self.claims + self.completes + self.renews
    }
}

pub(crate) struct Model {
    templates: Vec<Pending>,
    rows: Vec<Row>,
    partitions: Vec<Partition>,
    pub(crate) lease: u64,
    rest: u64,
    delay: u64,
    tokens: u32,
    pub(crate) calls: Calls,
    leases: u64,
    chunks: u64,
    lost_leases: u64,
    empty_claims: u64,
    finished: u64,
    done: u64,
    sent: u64,
    too_early: u64,
    least: u64,
    taken: u64,
}

impl Model {
    pub(crate) fn new(
        templates: Vec<Pending>,
        delay: Duration,
        random: &mut fastrand::Rng,
    ) -> Self {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap();
        let mut partitions: Vec<Partition> =
            (0..PARTITIONS).map(|_| Partition::default()).collect();
        let rows: Vec<Row> = templates
            .iter()
            .map(|_| {
                let urls = FEWEST * random.f64().max(1e-12).powf(-1.0 / STEEPNESS);
                Row { total: urls.min(MOST) as u32, ..Row::default() }
            })
            .collect();
        for (template, host) in templates.iter().zip(0_u32..) {
            assert_eq!(template.host().index(), host as usize, "hosts are numbered in order");
            partitions[partition(host)].ready.push(Reverse((0, host)));
        }
        Self {
            templates,
            rows,
            partitions,
            lease: micros(lease_time(32, delay)),
            rest: micros(delay.max(Duration::from_secs(1))),
            delay: micros(delay),
            tokens: 0,
            calls: Calls::default(),
            leases: 0,
            chunks: 0,
            lost_leases: 0,
            empty_claims: 0,
            finished: 0,
            done: 0,
            sent: 0,
            too_early: 0,
            least: 0,
            taken: 0,
        }
    }

    pub(crate) fn urls(&self) -> u64 {
        self.rows.iter().map(|row| u64::from(row.total)).sum()
    }

    pub(crate) fn done(&self) -> u64 {
        self.done
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.finished == self.rows.len() as u64
    }

    /// Hands out what is wanted, as the store's scripts do.
    pub(crate) fn claim(
        &mut self,
        now: u64,
        claim: &Claim,
        worker: &mut crate::worker::Hold,
    ) -> Vec<Lease> {
        let mut leases = Vec::new();
        for host in &claim.refill {
            self.calls.claims += 1;
            let row = &mut self.rows[host.index()];
            match worker.held.get_mut(host) {
                Some(held) if held.token == row.token => row.until = now + self.lease,
                _ => {
                    worker.held.remove(host);
                    leases.push(Lease { host: *host, urls: Vec::new(), more: More::Empty });
                    continue;
                }
            }
            leases.push(self.chunk(*host, claim.chunk, worker));
        }
        let (mut open, mut got) = (self.partitions.len(), 0);
        while open > 0 && got < claim.hosts {
            let of_each = (claim.hosts - got).div_ceil(AT_ONCE);
            for _ in 0..open.min(AT_ONCE) {
                let wanted = of_each.min(claim.hosts - got);
                if wanted == 0 {
                    break;
                }
                let at = worker.turn % self.partitions.len();
                worker.turn += 1;
                let hosts = self.fresh(at, now, wanted);
                if hosts.len() < wanted {
                    open -= 1;
                }
                got += hosts.len();
                for host in hosts {
                    let host = self.templates[host as usize].host();
                    let token = self.rows[host.index()].token;
                    let read = self.rows[host.index()].done;
                    worker.held.insert(host, Held { token, read, claimed: 0 });
                    leases.push(self.chunk(host, claim.chunk, worker));
                }
            }
        }
        self.empty_claims += u64::from(claim.hosts > 0 && got == 0);
        leases
    }

    /// Takes hosts of a partition that are due.
    fn fresh(&mut self, at: usize, now: u64, wanted: usize) -> Vec<u32> {
        self.calls.claims += 1;
        let partition = &mut self.partitions[at];
        for _ in 0..SWEEP {
            match partition.leases.peek() {
                Some(Reverse((until, ..))) if *until < now => {}
                _ => break,
            }
            let Some(Reverse((_, host, token))) = partition.leases.pop() else { break };
            let row = &mut self.rows[host as usize];
            if row.token != token {
                continue;
            }
            if row.until >= now {
                partition.leases.push(Reverse((row.until, host, token)));
                continue;
            }
            row.token = 0;
            self.lost_leases += 1;
            partition.ready.push(Reverse((row.next.max(now), host)));
        }
        let mut hosts = Vec::new();
        while hosts.len() < wanted
            && partition.ready.peek().is_some_and(|Reverse((at, _))| *at <= now)
        {
            let Some(Reverse((_, host))) = partition.ready.pop() else { break };
            self.tokens += 1;
            self.leases += 1;
            let row = &mut self.rows[host as usize];
            (row.token, row.until) = (self.tokens, now + self.lease);
            partition.leases.push(Reverse((row.until, host, row.token)));
            hosts.push(host);
        }
        hosts
    }

    fn chunk(&mut self, host: HostId, chunk: usize, worker: &mut crate::worker::Hold) -> Lease {
        let held = worker.held.get_mut(&host).expect("it is held");
        let row = &self.rows[host.index()];
        let urls = (row.total - held.read).min(chunk as u32);
        held.read += urls;
        held.claimed += urls;
        self.chunks += 1;
        let more = if held.read < row.total { More::Queued } else { More::Empty };
        let urls = (0..urls).map(|_| self.templates[host.index()].clone()).collect();
        Lease { host, urls, more }
    }

    /// Takes off one URL of each of these hosts; a host may be there more than once.
    pub(crate) fn complete(
        &mut self,
        now: u64,
        hosts: &[HostId],
        worker: &mut crate::worker::Hold,
    ) {
        let mut touched = [0_u64; PARTITIONS as usize / 64];
        for host in hosts {
            let at = partition(host.index() as u32);
            touched[at / 64] |= 1 << (at % 64);
            let row = &mut self.rows[host.index()];
            let Some(held) = worker.held.get_mut(host).filter(|held| held.token == row.token)
            else {
                continue;
            };
            row.done += 1;
            self.done += 1;
            held.claimed -= 1;
            if held.claimed == 0 && held.read == row.total {
                row.token = 0;
                row.next = now + self.rest;
                self.finished += 1;
                self.least += row.least - self.delay;
                self.taken += row.last_end;
                worker.held.remove(host);
            }
        }
        self.calls.completes +=
            touched.iter().map(|bits| u64::from(bits.count_ones())).sum::<u64>();
    }

    /// Prolongs all leases of a worker.
    pub(crate) fn renew(&mut self, now: u64, worker: &crate::worker::Hold) {
        let mut touched = [0_u64; PARTITIONS as usize / 64];
        for (host, held) in &worker.held {
            let at = partition(host.index() as u32);
            touched[at / 64] |= 1 << (at % 64);
            let row = &mut self.rows[host.index()];
            if row.token == held.token {
                row.until = now + self.lease;
            }
        }
        self.calls.renews += touched.iter().map(|bits| u64::from(bits.count_ones())).sum::<u64>();
    }

    /// Notes that a host is asked, and how long that will take.
    pub(crate) fn asked(&mut self, host: HostId, now: u64, takes: u64) {
        let row = &mut self.rows[host.index()];
        let early = row.last_end > 0 && now < row.last_end + self.delay;
        self.too_early += u64::from(early || row.is_asked);
        row.is_asked = true;
        row.least += takes + self.delay;
        self.sent += 1;
    }

    /// Notes that a host has answered.
    pub(crate) fn answered(&mut self, host: HostId, now: u64) {
        let row = &mut self.rows[host.index()];
        (row.is_asked, row.last_end) = (false, now);
    }

    /// Notes that requests were cut off together with their worker.
    pub(crate) fn died(&mut self, hosts: impl Iterator<Item = HostId>) {
        for host in hosts {
            self.rows[host.index()].is_asked = false;
        }
    }

    pub(crate) fn tell(&self, now: u64, workers: u64) {
        let seconds = now as f64 / SECOND as f64;
        let (urls, per) = (self.urls() as f64, workers as f64);
        assert_eq!(self.done, self.urls(), "each URL ends once");
        assert_eq!(self.too_early, 0, "no host is asked too early, or by two workers");
        println!("each URL ended once, no host was asked too early or by two workers");
        println!(
            "utilisation: {:.2} % of what politeness permits",
            100.0 * self.least as f64 / self.taken as f64
        );
        println!("fetched again, because a worker died: {}", self.sent - self.done);
        println!(
            "leases: {} ({:.3} a host), {} of them ended by time; {:.1} URLs a chunk",
            self.leases,
            self.leases as f64 / self.rows.len() as f64,
            self.lost_leases,
            urls / self.chunks as f64,
        );
        let Calls { claims, completes, renews } = self.calls;
        println!(
            "calls a page: {:.3} claims ({} found nothing at all), {:.3} completions, {:.3} renewals; \
             {:.1} a second and worker on average",
            claims as f64 / urls,
            self.empty_claims,
            completes as f64 / urls,
            renews as f64 / urls,
            self.calls.all() as f64 / seconds / per,
        );
    }
}

/// Hosts are spread evenly.
fn partition(host: u32) -> usize {
    (host.wrapping_mul(0x9E37_79B1) >> 24) as usize % usize::from(PARTITIONS)
}
