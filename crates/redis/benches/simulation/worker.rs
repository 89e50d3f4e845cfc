//! One worker of the simulated fleet: the real scheduler, and answers that take their time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragline_frontier::{Directory, Exchange, Health, HostId, Next, Politeness, Scheduler};

use crate::model::{Model, SECOND};

/// Requests in flight, at most.
const CONCURRENCY: usize = 4096;
/// How finely time is looked at.
const TICK: u64 = 5_000;
/// How long a worker that has nothing waits until it asks again.
const IDLE: u64 = 5 * SECOND;

/// What all workers have in common.
pub(crate) struct Setting {
    pub(crate) politeness: Politeness,
    pub(crate) directory: Arc<Directory>,
    pub(crate) epoch: Instant,
    /// How long a call of the store takes, in microseconds.
    pub(crate) trip: u64,
}

/// What a worker holds of a host.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) token: u32,
    pub(crate) read: u32,
    pub(crate) claimed: u32,
}

/// What a worker holds.
#[derive(Debug)]
pub(crate) struct Hold {
    pub(crate) held: HashMap<HostId, Held>,
    /// The partition that is asked next.
    pub(crate) turn: usize,
}

pub(crate) struct Worker {
    scheduler: Scheduler,
    hold: Hold,
    /// When answers come, from whom, and how long they took.
    flights: BinaryHeap<Reverse<(u64, HostId, u64)>>,
    /// Pages that are done and not told to the store.
    done: Vec<HostId>,
    renew_at: u64,
    random: fastrand::Rng,
}

impl Worker {
    pub(crate) fn new(setting: &Setting, number: u64, now: u64) -> Self {
        let directory = setting.directory.clone();
        let mut scheduler =
            Scheduler::new(setting.politeness.clone(), directory, setting.epoch).seeded(number);
        scheduler.note_resumed();
        Self {
            scheduler,
            hold: Hold { held: HashMap::new(), turn: (number as usize).wrapping_mul(37) },
            flights: BinaryHeap::new(),
            done: Vec::new(),
            renew_at: now,
            random: fastrand::Rng::with_seed(number),
        }
    }

    pub(crate) fn in_flight_hosts(&self) -> impl Iterator<Item = HostId> {
        self.flights.iter().map(|Reverse((_, host, _))| *host)
    }

    /// Does all that may be done now, and returns when there is more to do. Calls of the store hold the worker up, as
    /// they do in the engine.
    pub(crate) fn step(&mut self, at: u64, model: &mut Model, setting: &Setting) -> u64 {
        let mut now = at;
        let instant = |now| setting.epoch + Duration::from_micros(now);
        while let Some(Reverse((end, host, took))) = self.flights.peek().copied() {
            if end > now {
                break;
            }
            self.flights.pop();
            let elapsed = Duration::from_micros(took);
            let exchange = Exchange { elapsed, health: Health::Answered, ..Exchange::default() };
            self.scheduler.observe(host, &exchange, instant(now));
            self.scheduler.settle(host, instant(now));
            model.answered(host, end);
            self.done.push(host);
        }
        self.commit(&mut now, model, setting);
        if now >= self.renew_at {
            model.renew(now, &self.hold);
            now += setting.trip;
            self.renew_at = now + model.lease / 3;
            // Others may have let go of hosts, or died.
            self.scheduler.note_resumed();
        }
        let next = loop {
            if self.flights.len() >= CONCURRENCY {
                break u64::MAX;
            }
            match self.scheduler.pop(instant(now)) {
                Next::Ready(ticket) => {
                    let host = ticket.pending.host();
                    // 50 ms and more, 300 ms on average.
                    let takes = 50_000 + (-self.random.f64().max(1e-3).ln() * 250_000.0) as u64;
                    model.asked(host, now, takes);
                    self.flights.push(Reverse((now + takes, host, takes)));
                }
                Next::Claim(claim) => {
                    let leases = model.claim(now, &claim, &mut self.hold);
                    now += setting.trip;
                    self.scheduler.grant(&claim, leases);
                }
                Next::WaitUntil(until) => {
                    break u64::try_from((until - setting.epoch).as_micros()).unwrap();
                }
                Next::Busy => break u64::MAX,
                Next::Done => break now + IDLE,
                Next::NeedRobots(_) | Next::Refused(..) => unreachable!("robots are ignored"),
            }
        };
        let answer = self.flights.peek().map_or(u64::MAX, |Reverse((end, ..))| *end);
        let next = next.min(answer).min(self.renew_at).max(now + 1);
        next.div_ceil(TICK) * TICK
    }

    fn commit(&mut self, now: &mut u64, model: &mut Model, setting: &Setting) {
        if self.done.is_empty() {
            return;
        }
        let done = std::mem::take(&mut self.done);
        model.complete(*now, &done, &mut self.hold);
        // Links are offered first, and ends are told after that.
        *now += 2 * setting.trip;
    }
}
