//! A fleet in virtual time: many workers with the real scheduler over a model of the store, some killed on the way.
//!
//! `cargo bench -p dragline-redis --bench simulation`; `FLEET_HOSTS` (1,000,000 with `--bench`), `FLEET_WORKERS`
//! (200), `FLEET_DELAY_MS` (1,000) and `FLEET_TRIP_US` (500, one way to the store and back) change what is simulated.
//! URLs wait from the beginning; hosts have 22 to 10,000 of them, some 100 on average, as a Pareto distribution has it.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made stops")]

mod model;
mod worker;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragline_frontier::{
    Admission, Directory, FingerprintKey, Politeness, RobotsPolicy, Scope, ScopeConfig, ScopeKind,
};
use url::Url;

use crate::model::{Model, SECOND};
use crate::worker::{Setting, Worker};

/// How long a worker lives, on average, in seconds.
const LIFE: f64 = 3600.0;
/// How long it takes until one that died is started again.
const PAUSE: u64 = 30 * SECOND;

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse::<u64>().unwrap())
    };
    let hosts = number("FLEET_HOSTS", if is_bench { 1_000_000 } else { 500 });
    let workers = number("FLEET_WORKERS", if is_bench { 200 } else { 4 });
    let delay = Duration::from_millis(number("FLEET_DELAY_MS", 1000));
    let politeness = Politeness { delay, robots: RobotsPolicy::Ignore, ..Politeness::default() };
    let mut random = fastrand::Rng::with_seed(1);
    let directory = Arc::new(Directory::default());
    let mut model = Model::new(templates(hosts, &directory), delay, &mut random);
    let setting = Setting {
        politeness,
        directory,
        epoch: Instant::now(),
        trip: number("FLEET_TRIP_US", 500),
    };
    let urls = model.urls();
    println!("{workers} workers, {hosts} hosts, {urls} URLs, {delay:?} between two of a host");

    let wall = Instant::now();
    let mut fleet: Vec<Worker> =
        (0..workers).map(|number| Worker::new(&setting, number, 0)).collect();
    let mut ends: Vec<u64> = fleet.iter().map(|_| lifetime(&mut random)).collect();
    // Each worker is there once: when it is to be looked at next.
    let mut agenda: BinaryHeap<Reverse<(u64, usize)>> =
        (0..fleet.len()).map(|at| Reverse((0, at))).collect();
    let (mut deaths, mut now, mut told, mut busiest) = (0_u64, 0, SECOND, 0.0_f64);
    let mut marks = Vec::new();
    let mut before = model.calls;
    while !model.is_finished() {
        let Reverse((at, which)) = agenda.pop().unwrap();
        now = at;
        if now >= ends[which] {
            deaths += 1;
            let lost = &fleet[which];
            model.died(lost.in_flight_hosts());
            fleet[which] = Worker::new(&setting, which as u64 + deaths * workers, now + PAUSE);
            ends[which] = now + PAUSE + lifetime(&mut random);
            agenda.push(Reverse((now + PAUSE, which)));
            continue;
        }
        let next = fleet[which].step(now, &mut model, &setting);
        agenda.push(Reverse((next, which)));
        if now >= told {
            let calls = model.calls;
            let passed = 10.0;
            if told > SECOND {
                busiest = busiest.max((calls.all() - before.all()) as f64 / passed);
                if marks.len() < 1000 {
                    marks.push((now / SECOND, model.done(), calls.all()));
                }
            }
            before = calls;
            told = now + 10 * SECOND;
        }
    }

    let hours = now as f64 / SECOND as f64 / 3600.0;
    println!("{:.2} hours of virtual time in {:.0?}", hours, wall.elapsed());
    for (at, done, calls) in
        marks.iter().filter(|(at, ..)| [11, 51, 101, 301, 1001, 3001].contains(at))
    {
        println!("  after {at} s: {done} done, {calls} calls of the store");
    }
    model.tell(now, workers);
    println!(
        "busiest ten seconds: {:.0} calls/s, {:.1} of a worker",
        busiest,
        busiest / workers as f64
    );
    println!("{deaths} workers were killed");
}

/// Draws how long a worker lives.
fn lifetime(random: &mut fastrand::Rng) -> u64 {
    (-random.f64().max(1e-9).ln() * LIFE * SECOND as f64) as u64
}

/// Makes one URL of each host, of which the others are copies.
fn templates(hosts: u64, directory: &Arc<Directory>) -> Vec<dragline_frontier::Pending> {
    let scope = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
    let scope = Scope::new(&scope, []).unwrap();
    let admission = Admission::new(scope, directory.clone(), FingerprintKey::from_bits(1), None);
    let url = |host| Url::parse(&format!("http://h{host}.example/a")).unwrap();
    (0..hosts).map(|host| admission.seed(url(host), None).unwrap()).collect()
}
