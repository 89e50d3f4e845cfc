//! What a URL costs the server: offering it, claiming and completing it at chunk 32, memory, and operations.
//!
//! `STORE_URLS` is how many (a million if unset), over `STORE_HOSTS` hosts (50,000 if unset), offered 100 at a time as
//! a page's links are. Starts a `redis-server` of its own with
//! AOF everysec; CPU time, memory and commands are the server's, from INFO.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made stops")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use dragline_frontier::{
    Admission, Claim, Completed, Completion, Directory, End, Ending, More, Pending, Scope,
    ScopeConfig, ScopeKind, SinkPosition, Step, Store,
};
use dragline_local_redis::LocalRedis;
use dragline_redis::{RedisOptions, RedisStore};
use url::Url;

/// Links of a page.
const PAGE: u64 = 100;
/// URLs of a chunk.
const CHUNK: usize = 32;
/// Hosts that are held at once.
const HELD: usize = 256;

/// Pages that are completed one at a time, each with its links.
const SINGLE: u64 = 10_000;
/// Claims that find nothing.
const IDLE: u32 = 200;

/// What the server says of itself.
#[derive(Clone, Copy, Debug)]
struct Figures {
    cpu: f64,
    memory: f64,
    commands: f64,
    /// Scripts that were called: each is one way to the server and back.
    calls: f64,
}

fn main() {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (urls, hosts) = (number("STORE_URLS", 1_000_000), number("STORE_HOSTS", 50_000));
    let Some(server) = LocalRedis::start() else { return };
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("appendfsync").arg("everysec").exec(&mut server.client()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&server, urls, hosts));
}

async fn measure(server: &LocalRedis, urls: u64, hosts: u64) {
    let hosts_in_all = hosts;
    let directory = Arc::new(Directory::default());
    let options = RedisOptions { rest: Duration::ZERO, ..RedisOptions::default() };
    let address = server.address();
    let (mut store, joined) =
        RedisStore::open(&address, &options, directory.clone()).await.unwrap();
    let scope = ScopeConfig { kind: ScopeKind::Any, ..ScopeConfig::default() };
    let scope = Scope::new(&scope, []).unwrap();
    let admission = Admission::new(scope, directory, joined.key, None);
    println!("{urls} URLs, {hosts} hosts, {} partitions", options.partitions);

    let empty = figures(server);
    let wall = Instant::now();
    for page in 0..urls / PAGE {
        store.offer(links(&admission, page, hosts)).await.unwrap();
    }
    let offered = figures(server);
    let per_url =
        |figures: Figures, before: Figures| (figures.memory - before.memory) / urls as f64;
    println!(
        "offered, all new: {:.0}/s of server CPU, {:.0}/s wall, {:.2} commands a URL, in calls of {PAGE}",
        urls as f64 / (offered.cpu - empty.cpu),
        urls as f64 / wall.elapsed().as_secs_f64(),
        (offered.commands - empty.commands) / urls as f64,
    );
    println!("  {:.1} bytes a URL that is known and waits", per_url(offered, empty));

    let again = urls / PAGE / 4;
    for page in 0..again {
        store.offer(links(&admission, page, hosts)).await.unwrap();
    }
    let known = figures(server);
    let duplicates = (again * PAGE) as f64;
    println!("offered, all known: {:.0}/s of server CPU", duplicates / (known.cpu - offered.cpu));

    let before = figures(server);
    let mut done = 0_u64;
    let singles = SINGLE.min(urls / 4);
    while done < singles {
        let hosts = HELD / 4;
        let leases = store.claim(Claim { hosts, refill: Vec::new(), chunk: CHUNK }).await.unwrap();
        assert!(!leases.is_empty());
        let held: Vec<_> = leases.iter().map(|lease| lease.host).collect();
        for pending in leases.into_iter().flat_map(|lease| lease.urls) {
            let found = links(&admission, done % (urls / PAGE), hosts_in_all);
            let sinks = vec![SinkPosition { name: "items".into(), position: Box::from([0; 16]) }];
            let ends = vec![end(pending)];
            store
                .settle(Completion { done: ends, found, sinks, ..Completion::default() })
                .await
                .unwrap();
            done += 1;
        }
        store.release(&held, Duration::ZERO).await.unwrap();
    }
    let single = figures(server);
    println!(
        "a page at a time, with {PAGE} known links and a position: {:.0} us of server CPU, {:.1} calls, {:.0} commands",
        (single.cpu - before.cpu) / done as f64 * 1e6,
        (single.calls - before.calls) / done as f64,
        (single.commands - before.commands) / done as f64,
    );

    let before = figures(server);
    let (mut chunks, mut refill) = (0_usize, Vec::new());
    let apart = done;
    loop {
        let claim = Claim { hosts: HELD - refill.len(), refill, chunk: CHUNK };
        let leases = store.claim(claim).await.unwrap();
        chunks += leases.len();
        if leases.is_empty() {
            break;
        }
        refill = leases.iter().filter(|lease| lease.more == More::Queued).map(|l| l.host).collect();
        let ends: Vec<_> = leases.into_iter().flat_map(|lease| lease.urls).map(end).collect();
        done += ends.len() as u64;
        let completion = Completion { done: ends, ..Completion::default() };
        assert!(store.settle(completion).await.unwrap().refused.is_empty());
    }
    let after = figures(server);
    assert_eq!(done, urls / PAGE * PAGE, "each URL ends once");
    println!(
        "claimed and completed: {:.0}/s of server CPU, {:.2} commands a URL, {:.1} URLs a chunk",
        (done - apart) as f64 / (after.cpu - before.cpu),
        (after.commands - before.commands) / (done - apart) as f64,
        (done - apart) as f64 / chunks as f64,
    );
    println!("  {:.1} bytes a URL that is known and done", per_url(after, empty));

    for _ in 0..IDLE {
        store.claim(Claim { hosts: HELD, refill: Vec::new(), chunk: CHUNK }).await.unwrap();
    }
    let cpu = (figures(server).cpu - after.cpu) / f64::from(IDLE);
    println!("a claim that finds nothing: {:.2} ms of server CPU", cpu * 1e3);
}

/// Makes a page's links: most to its own host, the rest to two others; hosts differ in size as they do on the web.
fn links(admission: &Admission, page: u64, hosts: u64) -> Vec<Pending> {
    let mut random = fastrand::Rng::with_seed(page);
    // A product of two: few hosts have much, many have little.
    let mut host = || random.u64(..hosts) * random.u64(..hosts) / hosts;
    let own = host();
    let others = [host(), host()];
    let from = format!("https://h{own}.example/articles/2024/page-{page}.html");
    let seed = admission.seed(Url::parse(&from).unwrap(), None).unwrap();
    let referrer = Arc::from(seed.url());
    let mut link = |at: u64| {
        let host = if at < 90 { own } else { others[(at % 2) as usize] };
        let url = format!("https://h{host}.example/articles/{page}/{at}.html");
        admission.link_str(&url, &seed, &referrer, Step::Link, None).unwrap()
    };
    (0..PAGE).map(&mut link).collect()
}

fn end(pending: Pending) -> Completed {
    let ending = Ending { end: End::Done, code: None, status: Some(200), at: 1 };
    Completed { pending, ending, revisit: None }
}

/// Asks the server for its figures.
fn figures(server: &LocalRedis) -> Figures {
    let text: String = redis::cmd("INFO").arg("everything").query(&mut server.client()).unwrap();
    let of = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.parse().unwrap()
    };
    let of_script = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0.0, |line| line.split(',').next().unwrap().parse().unwrap())
    };
    // Every command counts, those that scripts run too.
    let commands = text.lines().filter(|line| line.starts_with("cmdstat_"));
    let calls = commands.filter_map(|line| line.split("calls=").nth(1)?.split(',').next());
    Figures {
        cpu: of("used_cpu_sys:") + of("used_cpu_user:"),
        memory: of("used_memory:"),
        commands: calls.map(|calls| calls.parse::<f64>().unwrap()).sum(),
        calls: of_script("cmdstat_evalsha:calls="),
    }
}
