//! Workers that are killed, or stopped for longer than their leases and woken, on a store that is restarted, cut off
//! and held up, or on a cluster of which a server fails over: no URL is lost, no host is asked more than it allows, and
//! what is fetched again is what was lost.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::ground::{Blow, Ground};
use crate::web::Web;
use crate::worker::{Ended, IN_FLIGHT, Worker, records};

const WORKERS: usize = 4;
const HOSTS: usize = 60;
const DELAY: Duration = Duration::from_millis(25);
const LEASE: Duration = Duration::from_secs(2);

/// What came of one run, or of several.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    stops: u64,
    pages: u64,
    refetches: u64,
    /// Pages that workers knew to have lost.
    lost: u64,
    /// Those of them that had ended, and were refused.
    refused: u64,
    /// Records that are there twice, with the same key.
    doubles: u64,
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_to_workers_and_store_nothing_is_lost_and_every_host_is_spared() {
    suffer(3, Ground::server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_to_workers_while_a_cluster_fails_over_nothing_is_lost_and_every_host_is_spared()
 {
    suffer(1, Ground::cluster).await;
}

/// Runs fleets, so many unless the environment says how many.
async fn suffer(runs: u64, ground: impl AsyncFn() -> Option<Ground>) {
    let runs = setting("DRAGLINE_FLEET_RUNS", runs);
    let pages = setting("DRAGLINE_FLEET_PAGES", 1500);
    let seed = setting("DRAGLINE_FLEET_SEED", 1);
    let mut all = Tally::default();
    for seed in seed..seed + runs {
        let begun = Instant::now();
        let Some(ground) = ground().await else { return };
        let tally = run(seed, pages, ground).await;
        eprintln!("seed {seed} in {:.0?}: {tally:?}", begun.elapsed());
        all.kills += tally.kills;
        all.stops += tally.stops;
        all.pages += tally.pages;
        all.refetches += tally.refetches;
        all.lost += tally.lost;
        all.refused += tally.refused;
        all.doubles += tally.doubles;
    }
    eprintln!("{runs} runs: {all:?}");
    assert!(all.kills >= runs && all.stops >= runs, "{all:?}");
}

/// What a run is made of.
struct Fleet<'a> {
    web: &'a Web,
    frontier: String,
    folder: &'a Path,
    workers: Vec<Worker>,
    killed: u64,
    /// Pages that workers may have lost that were killed and could not say so.
    untold: u64,
    stopped: u64,
}

impl Fleet<'_> {
    fn start(&mut self) {
        let (lease, delay) =
            (format!("{}ms", LEASE.as_millis()), format!("{}ms", DELAY.as_millis()));
        let options = ["--lease", &lease, "--delay", &delay];
        let worker = Worker::start(&self.frontier, &self.web.seed(), self.folder, &options);
        self.workers.push(worker);
    }

    async fn suffer(
        &mut self,
        (number, blow): (u64, Blow),
        random: &mut fastrand::Rng,
        ground: &mut Ground,
    ) {
        let at = random.usize(..self.workers.len());
        match blow {
            Blow::Kill => {
                let worker = self.workers.swap_remove(at);
                let ended = tokio::task::spawn_blocking(|| worker.kill()).await.unwrap();
                // It may have ended by itself just before.
                self.killed += u64::from(ended.code.is_none());
                // What it had in flight, and had fetched and not said, at this blow and at those before.
                self.untold += number * 2 * IN_FLIGHT;
                self.start();
            }
            Blow::Stop => {
                self.workers[at].signal(Signal::STOP);
                // Time is what this is about: leases are the server's, by its clock.
                sleep(LEASE.mul_f64(1.1 + random.f64())).await;
                self.workers[at].signal(Signal::CONT);
                self.stopped += 1;
            }
            blow => {
                ground.suffer(blow, LEASE, random);
                let left = self.web.expected().len() as u64 > self.web.asked();
                assert!(left || !matches!(blow, Blow::FailOver), "nothing was left to go on with");
            }
        }
    }
}

async fn run(seed: u64, pages: u64, mut ground: Ground) -> Tally {
    let mut random = fastrand::Rng::with_seed(seed);
    let web = Web::start(seed, HOSTS, pages).await;
    let folder = tempfile::tempdir().unwrap();
    let frontier = ground.frontier(&format!("chaos-{seed}"));
    let (workers, folder) = (Vec::new(), folder.path());
    let mut fleet =
        Fleet { web: &web, frontier, folder, workers, killed: 0, untold: 0, stopped: 0 };
    for _ in 0..WORKERS {
        fleet.start();
    }
    let blows = ground.blows(&mut random);
    let mut moments: Vec<u64> = blows.iter().map(|_| random.u64(1..pages * 9 / 10)).collect();
    moments.sort_unstable();
    for ((number, blow), moment) in (1..).zip(&blows).zip(moments) {
        web.wait_for(moment).await;
        fleet.suffer((number, *blow), &mut random, &mut ground).await;
    }
    let blown = (fleet.killed, fleet.stopped, fleet.untold);
    let mut ends = Vec::new();
    for worker in std::mem::take(&mut fleet.workers) {
        ends.push(tokio::task::spawn_blocking(|| worker.end()).await.unwrap());
    }
    ground.check();
    check(&web, folder, &ends, blown, &format!("seed {seed}, {blows:?}"))
}

fn check(web: &Web, folder: &Path, ends: &[Ended], blown: (u64, u64, u64), context: &str) -> Tally {
    for ended in ends {
        assert_eq!(ended.code, Some(0), "{context}: {}", ended.stderr);
    }
    let expected = web.expected();
    let records = records(folder);
    let wrong: Vec<_> = expected
        .iter()
        .filter(|(url, status)| records.get(*url).is_none_or(|(_, known)| known != *status))
        .collect();
    let found: Vec<_> = wrong.iter().map(|(url, _)| records.get(*url)).collect();
    assert!(wrong.is_empty(), "{context}: lost {wrong:?}, records {found:?}: {ends:#?}");
    assert_eq!(records.len(), expected.len(), "{context}");
    let all = expected.len() as u64;
    let totals =
        format!("all workers: discovered {all} = done {all} + failed 0 + skipped 0 + waiting 0\n");
    assert!(ends.iter().all(|ended| ended.stderr.contains(&totals)), "{context}: {ends:?}");
    let violations = web.violations(DELAY);
    assert!(violations.is_empty(), "{context}: {violations:#?}");
    let lost: u64 = ends.iter().map(Ended::pages_lost).sum();
    let (kills, stops, untold) = blown;
    let refetches = web.asked() - all;
    let allowed = lost + untold;
    assert!(refetches <= allowed, "{context}: {refetches} refetches, {allowed} allowed: {ends:?}");
    let doubles = records.values().map(|(times, _)| times - 1).sum();
    // What was refused was written before, and again by whoever fetched it then.
    let refused = ends.iter().map(Ended::ends_refused).sum();
    assert!(refused <= doubles, "{context}: {refused} refused: {ends:?}");
    Tally { kills, stops, pages: all, refetches, lost, refused, doubles }
}
