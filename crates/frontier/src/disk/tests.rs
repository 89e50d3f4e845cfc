//! Tests of the disk store: what survives, what is refused, and what is said of it.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use url::Url;

use super::*;
use crate::{
    Admission, End, Ending, FingerprintKey, HostNote, Revisit, Scope, ScopeConfig, ScopeKind,
    SinkPosition,
};

struct Bench {
    folder: TempDir,
    store: Option<DiskStore>,
    admission: Admission,
    options: DiskOptions,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = DiskOptions {
            crawl: 11,
            key: FingerprintKey::from_bits(12),
            settings: "depth = 3".to_owned(),
            digest: 13,
            ..DiskOptions::default()
        };
        let (bench, found) = Self::open(folder, options);
        assert_eq!(found.progress, Progress::Fresh);
        bench
    }

    fn open(folder: TempDir, options: DiskOptions) -> (Self, Found) {
        let directory = Arc::new(Directory::default());
        let (store, found) = DiskStore::open(folder.path(), &options, directory.clone()).unwrap();
        let config = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
        let scope = Scope::new(&config, []).unwrap();
        let admission = Admission::new(scope, directory, found.key, None);
        (Self { folder, store: Some(store), admission, options }, found)
    }

    /// Closes the store and opens it again.
    fn reopen(self) -> (Self, Found) {
        let Self { folder, store, options, .. } = self;
        drop(store);
        Self::open(folder, options)
    }

    fn store(&mut self) -> &mut DiskStore {
        self.store.as_mut().unwrap()
    }

    fn pending(&self, path: &str) -> Pending {
        let url = Url::parse("http://a.example/").unwrap().join(path).unwrap();
        self.admission.seed(url, None).unwrap()
    }

    async fn offer(&mut self, paths: &[&str]) {
        let batch = paths.iter().map(|path| self.pending(path)).collect();
        self.store().offer(batch).await.unwrap();
    }

    async fn claim(&mut self) -> Vec<Pending> {
        let claim = Claim { hosts: 100, refill: Vec::new(), chunk: 1000 };
        let leases = self.store().claim(claim).await.unwrap();
        leases.into_iter().flat_map(|lease| lease.urls).collect()
    }

    async fn complete(&mut self, done: Vec<Pending>) {
        let done = done.into_iter().map(|pending| completed(pending, End::Done)).collect();
        self.store().complete(Completion { done, ..Completion::default() }).await.unwrap();
    }

    async fn flush(&mut self) {
        self.store().flush().await.unwrap();
    }

    /// Copies what a process that is killed now leaves behind.
    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.folder.path(), copy.path());
        copy
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn completed(pending: Pending, end: End) -> Completed {
    let ending = Ending { end, code: None, status: Some(200), at: 1 };
    Completed { pending, ending, revisit: None }
}

fn paths(urls: &[Pending]) -> Vec<&str> {
    urls.iter().map(|url| &url.url()["http://a.example/".len()..]).collect()
}

/// The journal that is written to, and where its last written byte is.
fn journal(folder: &Path) -> (PathBuf, u64) {
    let journals = fs::read_dir(folder.join("tables")).unwrap().map(|entry| entry.unwrap().path());
    let newest = journals
        .filter(|path| path.extension().is_some_and(|ending| ending == "jnl"))
        .max_by_key(|path| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap())
        .unwrap();
    let bytes = fs::read(&newest).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    (newest, end as u64)
}

fn open(path: &Path) -> Result<(DiskStore, Found), OpenError> {
    DiskStore::open(path, &DiskOptions::default(), Arc::new(Directory::default()))
}

/// All files of a folder but the lock, with what is in them.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else if !path.ends_with("LOCK") {
            let bytes = fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn what_was_kept_comes_back() {
    let mut bench = Bench::new();
    bench.offer(&["1", "2", "3"]).await;
    let claimed = bench.claim().await;
    let completion = Completion {
        done: vec![
            completed(claimed[0].clone(), End::Failed),
            completed(claimed[1].clone(), End::Skipped),
        ],
        found: vec![bench.pending("4")],
        hosts: vec![HostNote { host: claimed[0].host(), note: Box::from(*b"host") }],
        seeds: vec!["https://b.example/".into(), "https://a.example/".into()],
        sinks: vec![SinkPosition { name: "out.jsonl".into(), position: Box::from(*b"70") }],
        files: Vec::new(),
        stats: Some(Box::from(*b"stats")),
    };
    let (hosts, sinks, stats) =
        (completion.hosts.clone(), completion.sinks.clone(), completion.stats.clone());
    let mut seeds = completion.seeds.clone();
    bench.store().complete(completion).await.unwrap();
    // What is kept later comes behind what was kept before a restart.
    let (mut bench, _) = bench.reopen();
    let later = Completion { seeds: vec!["https://c.example/".into()], ..Completion::default() };
    bench.store().complete(later).await.unwrap();
    seeds.push("https://c.example/".into());
    let (mut bench, found) = bench.reopen();
    let expected = Found {
        progress: Progress::Unfinished,
        round: 0,
        counts: Counts { discovered: 4, done: 0, failed: 1, skipped: 1, waiting: 2 },
        crawl: 11,
        key: FingerprintKey::from_bits(12),
        settings: "depth = 3".to_owned(),
        digest: 13,
        sinks,
        hosts,
        seeds,
        stats,
        lost_commits: 0,
    };
    assert_eq!(found, expected);
    let waiting = bench.claim().await;
    assert_eq!(paths(&waiting), ["3", "4"]);
    bench.complete(waiting).await;
    let (_, found) = bench.reopen();
    assert_eq!(found.progress, Progress::Finished);
}

#[tokio::test]
async fn hosts_keep_their_numbers_across_restarts() {
    let mut bench = Bench::new();
    bench.offer(&["http://b.example/", "http://c.example/"]).await;
    let before = [bench.pending("http://b.example/").host(), bench.pending("/").host()];
    let (bench, _) = bench.reopen();
    let new = bench.pending("http://new.example/").host();
    assert_eq!(bench.pending("http://b.example/").host(), before[0]);
    assert!(!before.contains(&new) || new == before[1], "a known number names a new host");
}

#[tokio::test]
async fn how_a_url_ended_can_be_looked_up() {
    let mut bench = Bench::new();
    bench.offer(&["1", "2"]).await;
    let claimed = bench.claim().await;
    let revisit = Revisit { etag: Some("\"e\"".into()), ..Revisit::default() };
    let mut failed = completed(claimed[0].clone(), End::Failed);
    failed.ending.code = Some("dns".into());
    failed.revisit = Some(Box::new(revisit));
    let completion = Completion { done: vec![failed.clone()], ..Completion::default() };
    bench.store().complete(completion).await.unwrap();
    let unknown = bench.pending("9").fingerprint();
    let store = bench.store();
    let state = store.state_of(claimed[0].fingerprint()).await.unwrap();
    assert_eq!(state, UrlState::Finished(Box::new(failed)));
    let state = store.state_of(claimed[1].fingerprint()).await.unwrap();
    assert_eq!(state, UrlState::Waiting { before: None });
    let host = claimed[1].host();
    let queued = store.queued(host, claimed[1].fingerprint()).await.unwrap();
    assert_eq!(queued.as_deref(), Some(&claimed[1]));
    assert_eq!(store.queued(host, unknown).await.unwrap(), None);
    assert_eq!(store.state_of(unknown).await.unwrap(), UrlState::Unknown);
}

#[tokio::test]
async fn a_refresh_queues_all_finished_urls_again_once() {
    let mut bench = Bench::new();
    bench.offer(&["1", "2", "3"]).await;
    let claimed = bench.claim().await;
    let sinks = vec![SinkPosition { name: "out".into(), position: Box::from(*b"9") }];
    let done = claimed.iter().map(|url| completed(url.clone(), End::Done)).collect();
    let completion = Completion { done, sinks, ..Completion::default() };
    bench.store().complete(completion).await.unwrap();
    bench.options.resume = Resume::Refresh;
    let (mut bench, found) = bench.reopen();
    assert_eq!(found.counts, Counts { discovered: 3, waiting: 3, ..Counts::default() });
    assert_eq!((found.round, found.sinks), (1, vec![]));
    let state = bench.store().state_of(claimed[0].fingerprint()).await.unwrap();
    let before = Some(Box::new(completed(claimed[0].clone(), End::Done)));
    assert_eq!(state, UrlState::Waiting { before });
    let mut again = bench.claim().await;
    again.sort_by(|left, right| left.url().cmp(right.url()));
    assert_eq!(paths(&again), ["1", "2", "3"]);
    again.pop();
    bench.complete(again).await;
    for resume in [Resume::Continue, Resume::Refresh] {
        bench.options.resume = resume;
        let found;
        (bench, found) = bench.reopen();
        let expected = Counts { discovered: 3, done: 2, waiting: 1, ..Counts::default() };
        assert_eq!(
            (found.counts, found.round),
            (expected, 1),
            "a refresh that is not over goes on"
        );
        assert_eq!(paths(&bench.claim().await), ["3"]);
    }
}

#[tokio::test]
async fn a_crawl_that_is_not_finished_is_not_refreshed() {
    for urls in [&[][..], &["1"]] {
        let mut bench = Bench::new();
        bench.offer(urls).await;
        let Bench { folder, store, mut options, .. } = bench;
        drop(store);
        options.resume = Resume::Refresh;
        let directory = Arc::new(Directory::default());
        let error = DiskStore::open(folder.path(), &options, directory).unwrap_err();
        assert_eq!(error.code(), "state_unfinished");
        let (_, found) = open(folder.path()).unwrap();
        assert_eq!((found.counts.waiting, found.round), (urls.len() as u64, 0));
    }
}

#[tokio::test]
async fn what_was_kept_for_a_refresh_is_given_back_in_it_alone() {
    let mut bench = Bench::new();
    bench.offer(&["1", "2"]).await;
    let claimed = bench.claim().await;
    let revisit = Box::new(Revisit { etag: Some("\"e\"".into()), ..Revisit::default() });
    let mut done = claimed.iter().map(|url| completed(url.clone(), End::Done)).collect::<Vec<_>>();
    done[0].revisit = Some(revisit.clone());
    let completion = Completion { done, ..Completion::default() };
    bench.store().complete(completion).await.unwrap();
    let urls: Vec<_> = claimed.iter().map(Pending::fingerprint).collect();
    assert_eq!(bench.store().revisits(urls.clone()).await.unwrap(), []);
    bench.options.resume = Resume::Refresh;
    let (mut bench, _) = bench.reopen();
    assert_eq!(bench.store().revisits(urls.clone()).await.unwrap(), [(urls[0], revisit)]);
}

#[tokio::test]
async fn what_was_flushed_survives_a_kill_at_any_moment() {
    let mut bench = Bench::new();
    let mut offered = 0;
    for round in 0..6 {
        let batch: Vec<_> = (0..20).map(|n| bench.pending(&format!("{round}/{n}"))).collect();
        bench.store().offer(batch).await.unwrap();
        let claimed = bench.claim().await;
        bench.complete(claimed).await;
        bench.flush().await;
        offered += 20;
        bench.offer(&[&format!("{round}/late")]).await;
        let copy = bench.copy();
        offered += 1;
        let (_, found) = open(copy.path()).unwrap();
        assert_eq!(found.lost_commits, 0);
        assert!(found.counts.done >= 20 * (round + 1));
        assert!(found.counts.discovered >= offered - 1, "{:?}", found.counts);
        let claimed = bench.claim().await;
        bench.complete(claimed).await;
    }
}

#[tokio::test]
async fn a_journal_torn_at_its_end_loses_whole_commits_and_says_so() {
    let mut bench = Bench::new();
    bench.offer(&["1"]).await;
    bench.flush().await;
    let (_, first) = journal(bench.folder.path());
    bench.offer(&["2", "3"]).await;
    bench.flush().await;
    for cut in [1, 3, 9, 40, 120] {
        let copy = bench.copy();
        let (path, end) = journal(copy.path());
        assert!(end - cut > first);
        File::options().write(true).open(path).unwrap().set_len(end - cut).unwrap();
        let (_, found) = open(copy.path()).unwrap();
        assert_eq!(found.counts.discovered, 1, "the second commit is gone as a whole");
        assert_eq!(found.lost_commits, 1);
        // What was lost is known from now on.
        let (_, found) = open(copy.path()).unwrap();
        assert_eq!(found.counts.discovered, 1);
    }
}

#[tokio::test]
async fn a_commit_that_was_never_acknowledged_may_go_unnoticed() {
    let mut bench = Bench::new();
    bench.offer(&["1"]).await;
    bench.flush().await;
    let (_, end) = journal(bench.folder.path());
    let copy = bench.copy();
    let (path, _) = journal(copy.path());
    // The beginning of a further commit, as a process that is killed while it writes leaves it.
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(end as usize);
    bytes.extend_from_slice(&[1, 3, 0, 0, 0, 9, 0, 0]);
    fs::write(&path, bytes).unwrap();
    let (_, found) = open(copy.path()).unwrap();
    assert_eq!((found.counts.discovered, found.lost_commits), (1, 0));
}

#[tokio::test]
async fn damage_in_the_middle_of_the_journal_is_refused_or_reported() {
    let mut bench = Bench::new();
    for round in 0..20 {
        bench.offer(&[&format!("{round}")]).await;
        bench.flush().await;
    }
    let (_, end) = journal(bench.folder.path());
    for at in (40..end - 40).step_by(end as usize / 12) {
        let copy = bench.copy();
        let (path, _) = journal(copy.path());
        let mut bytes = fs::read(&path).unwrap();
        bytes[at as usize] ^= 0x55;
        fs::write(&path, bytes).unwrap();
        match open(copy.path()) {
            Err(error) => assert_eq!(error.code(), "state_damaged", "{error}"),
            Ok((_, found)) => assert!(found.lost_commits > 0, "silent at byte {at}"),
        }
    }
}

#[tokio::test]
async fn a_state_that_is_open_is_refused() {
    let bench = Bench::new();
    let error = open(bench.folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains("in use by another process"));
}

#[tokio::test]
async fn a_state_that_is_not_understood_is_refused_and_left_alone() {
    let mut bench = Bench::new();
    bench.offer(&["1"]).await;
    drop(bench.store.take());
    type Change = fn(&str) -> String;
    let changes: [(Change, &str); 5] = [
        (|text| text.replace("\"format\": 2", "\"format\": 3"), "state_newer"),
        (|text| text.replace("\"format\": 2", "\"format\": 1"), "state_older"),
        (|text| text.replace("depth = 3", "depth = 4"), "state_damaged"),
        (|text| text[..text.len() / 2].to_owned(), "state_damaged"),
        (|text| text.replace("dragline crawl", "something else"), "state_damaged"),
    ];
    for (change, code) in changes {
        let copy = bench.copy();
        let label = copy.path().join("crawl.json");
        let text = fs::read_to_string(&label).unwrap();
        fs::write(&label, change(&text)).unwrap();
        let before = contents(copy.path());
        let error = open(copy.path()).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains("crawl.json"), "{error}");
        assert_eq!(contents(copy.path()), before);
    }
}

#[test]
fn a_folder_with_other_things_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    assert_eq!(open(folder.path()).unwrap_err().code(), "state_foreign");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_creation_that_was_interrupted_is_taken_up() {
    let bench = Bench::new();
    let copy = bench.copy();
    fs::rename(copy.path().join("tables"), copy.path().join("tables.new")).unwrap();
    let (_, found) = open(copy.path()).unwrap();
    assert_eq!((found.progress, found.crawl), (Progress::Fresh, 11));
}

#[tokio::test]
async fn after_a_failure_every_call_says_the_first_one() {
    let mut bench = Bench::new();
    bench.offer(&["1"]).await;
    bench.flush().await;
    let failures = Arc::new(AtomicU64::new(0));
    let count = failures.clone();
    let broken = bench.store().ask(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Err::<(), _>(std::io::Error::other("the disk is gone").into())
    });
    let first = broken.await.unwrap_err().to_string();
    assert!(first.contains("the disk is gone"), "{first}");
    let batch = vec![bench.pending("2")];
    let store = bench.store();
    let fingerprint = batch[0].fingerprint();
    assert_eq!(store.offer(batch).await.unwrap_err().to_string(), first);
    assert_eq!(store.claim(Claim::default()).await.unwrap_err().to_string(), first);
    let error = store.complete(Completion::default()).await.unwrap_err();
    assert_eq!(error.to_string(), first);
    assert_eq!(store.flush().await.unwrap_err().to_string(), first);
    assert_eq!(store.state_of(fingerprint).await.unwrap_err().to_string(), first);
    assert_eq!(failures.load(Ordering::Relaxed), 1);
}
