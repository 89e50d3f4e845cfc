//! What the links of a page cost beside the scan that finds them: CPU time of scan alone, of scan with
//! repeats dropped, links joined and hashed, and of the plain way that joins every link.
//!
//! Reads the HTML files below the folders in `DRAGLINE_CORPORA` (separated by `:`), or else the Rust
//! documentation of the toolchain; at most 2,000 pages of each, evenly taken. The ways take turns and
//! the least time of each is told: on a shared machine the ratios count, not the absolute numbers.
//!
//! `cargo bench -p dragline-parse --bench links`

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

use std::collections::HashSet;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dragline_parse::{Joiner, LinkKinds, decode, scan};
use rustix::time::{ClockId, clock_gettime};
use twox_hash::XxHash3_64;
use url::Url;

const PAGES: usize = 2_000;
const ROUNDS: usize = 7;
const SEED: u64 = 42;

struct Page {
    url: Url,
    text: String,
}

fn main() {
    let folders = std::env::var("DRAGLINE_CORPORA").unwrap_or_else(|_| rust_documentation());
    println!(
        "{:32} {:>6} {:>8} {:>9} {:>9} {:>16} {:>16} {:>9}",
        "pages of",
        "pages",
        "links",
        "distinct",
        "scan us",
        "+ links us",
        "join all us",
        "ns a link"
    );
    for folder in folders.split(':').filter(|folder| !folder.is_empty()) {
        let pages = pages(Path::new(folder));
        if pages.is_empty() {
            println!("{folder}: no page that is scanned");
            continue;
        }
        measure(folder, &pages);
    }
}

fn measure(folder: &str, pages: &[Page]) {
    let ways: [fn(&Page) -> u64; 3] = [scan_only, scan_and_links, scan_and_join_all];
    let mut least = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        for (way, least) in ways.iter().zip(&mut least) {
            let start = cpu_time();
            black_box(pages.iter().map(way).fold(0, u64::wrapping_add));
            *least = (*least).min(cpu_time() - start);
        }
    }
    let count = pages.len() as f64;
    let links: usize = pages.iter().map(|page| scan(&page.text).unwrap().links().count()).sum();
    let distinct: usize = pages.iter().map(distinct).sum();
    let [scanned, joined, naive] = least.map(|time| time.as_secs_f64() * 1e6 / count);
    println!(
        "{:32} {:>6} {:>8.1} {:>9.1} {:>9.1} {:>8.1} ({:.2} x) {:>7.1} ({:.2} x) {:>9.0}",
        folder.chars().rev().take(32).collect::<Vec<_>>().into_iter().rev().collect::<String>(),
        pages.len(),
        links as f64 / count,
        distinct as f64 / count,
        scanned,
        joined,
        joined / scanned,
        naive,
        naive / scanned,
        (joined - scanned) * 1e3 * count / links.max(1) as f64,
    );
}

fn scan_only(page: &Page) -> u64 {
    scan(&page.text).unwrap().links().count() as u64
}

fn scan_and_links(page: &Page) -> u64 {
    let facts = scan(&page.text).unwrap();
    let mut joiner = Joiner::new(&page.url, facts.base(), "UTF-8");
    let mut sum = 0_u64;
    joiner.visit(&facts, LinkKinds::all(), |url, _| sum = sum.wrapping_add(fingerprint(url)));
    sum
}

fn scan_and_join_all(page: &Page) -> u64 {
    let facts = scan(&page.text).unwrap();
    let base = facts.base().and_then(|base| page.url.join(base).ok());
    let base = base.unwrap_or_else(|| page.url.clone());
    let mut sum = 0_u64;
    for link in facts.links() {
        let Ok(mut url) = base.join(link.href) else { continue };
        url.set_fragment(None);
        sum = sum.wrapping_add(fingerprint(url.as_str()));
    }
    sum
}

fn fingerprint(url: &str) -> u64 {
    XxHash3_64::oneshot_with_seed(SEED, url.as_bytes())
}

fn distinct(page: &Page) -> usize {
    let facts = scan(&page.text).unwrap();
    let mut urls = HashSet::new();
    let mut joiner = Joiner::new(&page.url, facts.base(), "UTF-8");
    joiner.visit(&facts, LinkKinds::all(), |url, _| {
        urls.insert(url.to_owned());
    });
    urls.len()
}

/// Reads the pages below a folder that the scan can read, as if they were a site.
fn pages(folder: &Path) -> Vec<Page> {
    let mut files = files(folder);
    let step = files.len().div_ceil(PAGES).max(1);
    files.sort();
    let page = |file: &PathBuf| {
        let body = fs::read(file).ok()?;
        let text = decode(&body, None).text.into_owned();
        let path = file.strip_prefix(folder).unwrap().to_str()?.to_owned();
        let url = Url::parse("http://pages.example/site/").unwrap().join(&path).ok()?;
        scan(&text).is_ok().then_some(Page { url, text })
    };
    files.iter().step_by(step).filter_map(page).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            let html = path.extension().is_some_and(|ending| ending == "html" || ending == "htm");
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && html => found.push(path),
                _ => {}
            }
        }
    }
    found
}

fn rust_documentation() -> String {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    let sysroot = String::from_utf8(output.stdout).unwrap();
    format!("{}/share/doc/rust/html", sysroot.trim())
}

fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs().try_into().unwrap())
}
