//! Nothing is lost: crawls with a state are killed with SIGKILL again and again, the end of their journal is
//! cut off now and then, and in the end each URL is in the output exactly once.
//!
//! The moments of the kills are drawn from a seed and counted in requests, so they do not depend on how fast
//! the machine is. `DRAGLINE_KILL_CRAWLS`, `DRAGLINE_KILL_PAGES` and `DRAGLINE_KILL_SEED` make the test as
//! long as wanted; without them it is short. `DRAGLINE_KILL_COMMAND` names another build of the command.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod journal;
mod run;
mod web;

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use crate::run::{IN_FLIGHT, Moment, run};
use crate::web::Web;

/// Pages that may be written to the output and not be in the state yet when a crawl is killed: what the store
/// gathered while it synced. 16,384 URLs may wait for it and 4,096 be in the commit that it closes; a page and
/// its links are at least 21 of them.
const BATCH: u64 = (16_384 + 4096) / 21;
/// Kills of one crawl, at most.
const MAX_KILLS: u64 = 10;
/// One kill in so many is followed by a loss of the end of the journal.
const CUT_ONE_IN: u64 = 3;

/// What the kills of one crawl, or of several, did.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    cuts: u64,
    /// Resumes that told of lost commits.
    losses: u64,
    /// Requests beyond one for each URL.
    refetches: u64,
    /// The most pages that one kill left written but not committed, where nothing was cut.
    most_uncommitted: u64,
    urls: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crawl_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let crawls = setting("DRAGLINE_KILL_CRAWLS", 3);
    let pages = setting("DRAGLINE_KILL_PAGES", 300);
    let seed = setting("DRAGLINE_KILL_SEED", 1);
    let begun = Instant::now();
    let mut all = Tally::default();
    for crawl in 0..crawls {
        let seed = seed + crawl;
        let tally = torture(seed, pages).await;
        all.kills += tally.kills;
        all.cuts += tally.cuts;
        all.losses += tally.losses;
        all.refetches += tally.refetches;
        all.most_uncommitted = all.most_uncommitted.max(tally.most_uncommitted);
        all.urls += tally.urls;
        eprintln!("seed {seed}: {tally:?}");
    }
    eprintln!("{crawls} crawls in {:.0?}: {all:?}", begun.elapsed());
    assert!(all.kills > 0, "no crawl was ever killed");
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Crawls one generated web, with kills.
async fn torture(seed: u64, pages: u64) -> Tally {
    let mut random = fastrand::Rng::with_seed(seed);
    let web = Web::start(seed, pages).await;
    let folder = tempfile::tempdir().unwrap();
    let (state, output) = (folder.path().join("state"), folder.path().join("out.jsonl"));
    let mut tally = Tally { urls: web.expected().len() as u64, ..Tally::default() };
    let mut allowed = 0;
    let kills = random.u64(1..=MAX_KILLS);
    let (mut was_cut, mut written) = (false, 0);
    loop {
        let moment =
            (tally.kills < kills).then(|| Moment::draw(&mut random, tally.urls * 2 / kills));
        written = lines(&output).max(written);
        let asked = web.asked();
        let ended = run(&web, &state, &output, moment).await;
        let context = format!("seed {seed}, kill {}: {}", tally.kills, ended.stderr);
        if let Some(found) = ended.found {
            // What was written and is not in the state is cut off and fetched again.
            let uncommitted = written.checked_sub(found.ended).expect(&context);
            allowed += uncommitted;
            tally.losses += u64::from(found.lost_commits > 0);
            // A loss is told until the next commit, by several runs if they are killed before it.
            assert!(found.lost_commits == 0 || tally.cuts > 0, "{context}");
            if !was_cut {
                assert!(uncommitted <= BATCH, "{uncommitted} pages were not committed; {context}");
                tally.most_uncommitted = tally.most_uncommitted.max(uncommitted);
            }
            (was_cut, written) = (false, 0);
        } else {
            // It was killed before it told what it found: the output may be cut already.
            allowed += web.asked() - asked;
        }
        let Some(code) = ended.code else {
            tally.kills += 1;
            allowed += IN_FLIGHT;
            if random.u64(..CUT_ONE_IN) == 0 && journal::cut(&state, random.u64(1..=200)) {
                was_cut = true;
                tally.cuts += 1;
            }
            continue;
        };
        assert_eq!(code, 0, "{context}");
        check(&web, &output, &ended.stderr, &context);
        tally.refetches = web.asked() - tally.urls;
        assert!(tally.refetches <= allowed, "{tally:?} but only {allowed} refetches; {context}");
        return tally;
    }
}

/// Checks the output of a crawl that ended, and what it said at its end.
fn check(web: &Web, output: &Path, stderr: &str, context: &str) {
    let expected = web.expected();
    let text = std::fs::read_to_string(output).unwrap();
    assert!(text.ends_with('\n'), "the last line is not whole; {context}");
    let mut written: HashMap<String, u64> = HashMap::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).expect(context);
        let url = record["url"].as_str().unwrap().to_owned();
        assert_eq!(record["status"].as_u64(), expected.get(&url).copied(), "{record}; {context}");
        *written.entry(url).or_default() += 1;
    }
    let lost: Vec<_> = expected.keys().filter(|url| !written.contains_key(*url)).collect();
    let twice: Vec<_> = written.iter().filter(|(_, times)| **times > 1).collect();
    assert!(lost.is_empty() && twice.is_empty(), "lost {lost:?}, twice {twice:?}; {context}");
    let mut statuses = std::collections::BTreeMap::<u64, u64>::new();
    for status in expected.values() {
        *statuses.entry(*status).or_default() += 1;
    }
    let answers: String = statuses.iter().map(|(status, n)| format!(" {status}: {n}")).collect();
    assert!(stderr.contains(&format!("answers:{answers}\n")), "not {answers}; {context}");
    let all = expected.len();
    let totals = format!("discovered {all} = done {all} + failed 0 + skipped 0 + waiting 0");
    assert_eq!(stderr.lines().last(), Some(totals.as_str()), "{context}");
}

/// Counts the whole lines of a file; 0 when it is not there.
fn lines(path: &Path) -> u64 {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}
