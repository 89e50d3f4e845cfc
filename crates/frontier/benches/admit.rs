//! What admitting a link and noting a page cost, on the HTML files below a folder: `cargo bench -p
//! dragline-frontier --bench admit -- FOLDER`.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on says so by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dragline_frontier::{Admission, Directory, FingerprintKey, Pending, Scope, ScopeConfig, Step};
use url::Url;

// The leaves do not depend on one another, and a bench of one is no reason to.
#[expect(unreachable_pub, reason = "it is public where it belongs")]
#[path = "../../parse/src/sample.rs"]
mod sample;

const SEED: &str = "http://docs.example/";

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "html") {
            found.push(path);
        }
    }
}

fn admission() -> (Admission, Pending) {
    let seed = Url::parse(SEED).unwrap();
    let scope = Scope::new(&ScopeConfig::default(), [&seed]).unwrap();
    let key = FingerprintKey::from_bits(7);
    let admission = Admission::new(scope, Arc::new(Directory::default()), key, None)
        .traps(Default::default(), Duration::from_secs(1_795_000_000));
    let seed = admission.seed(seed, None).unwrap();
    (admission, seed)
}

fn time(name: &str, urls: &[String], mut admit: impl FnMut(&str) -> bool) {
    let mut best = f64::MAX;
    for _ in 0..20 {
        let started = Instant::now();
        let admitted = urls.iter().filter(|url| admit(url)).count();
        assert_eq!(admitted, urls.len(), "{name}");
        best = best.min(started.elapsed().as_nanos() as f64 / urls.len() as f64);
    }
    println!("{name:<44} {best:>7.0} ns");
}

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else {
        println!("name a folder of HTML files");
        return;
    };
    let mut paths = Vec::new();
    files(Path::new(&folder), &mut paths);
    let url = |path: &PathBuf| {
        let path = path.strip_prefix(&folder).unwrap().display().to_string();
        Url::parse(SEED).unwrap().join(&path).unwrap().to_string()
    };
    let urls: Vec<_> = paths.iter().map(url).collect();
    let referrer: Arc<str> = Arc::from(SEED);

    let (crawl, seed) = admission();
    let link = |url: &str| crawl.link_str(url, &seed, &referrer, Step::Link, None);
    time("Url::parse alone", &urls, |url| Url::parse(url).is_ok());
    time("Admission::link, parse included", &urls, |url| {
        let url = Url::parse(url).unwrap();
        crawl.link(url, &seed, &referrer, Step::Link, None).is_ok()
    });
    time("Admission::link_str", &urls, |url| link(url).is_ok());
    let queried: Vec<_> =
        urls.iter().enumerate().map(|(id, url)| format!("{url}?id={id}")).collect();
    time("Admission::link_str, with a query", &queried, |url| link(url).is_ok());

    let keys: std::collections::HashSet<_> =
        urls.iter().map(|url| link(url).unwrap().fingerprint()).collect();
    println!("{} pages, {} keys", urls.len(), keys.len());

    let (crawl, seed) = admission();
    let (mut spent, mut sampled, mut skipped) = (Duration::ZERO, 0, 0);
    let mut from = seed;
    for (path, url) in paths.iter().zip(&urls) {
        let body = std::fs::read_to_string(path).unwrap_or_default();
        // Each page is found on the one before, as in a trap.
        let Ok(page) = crawl.link_str(url, &from, &referrer, Step::Link, None) else {
            skipped += 1;
            continue;
        };
        let started = Instant::now();
        crawl.visited(&page, body.as_bytes(), || {
            sampled += 1;
            Some(sample::text_sample(&body, 16 * 1024))
        });
        spent += started.elapsed();
        from = page;
    }
    let each = spent.as_secs_f64() * 1e6 / paths.len() as f64;
    println!("Admission::visited: {each:.2} us a page, {sampled} of {} sampled", paths.len());
    println!("paused {}, skipped {skipped}: {:?}", crawl.paused().len(), crawl.paused());
}
