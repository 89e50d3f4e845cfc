//! Several workers on one crawl: deaths, stale tokens, and what is promised beside them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use dragline_frontier::{Claim, Completion, HostKey, HostNote, Pending, Store};
use dragline_local_redis::LocalRedis;
use tokio::time::Instant;

use crate::tests::{Worker, block_on, done, expire, options};
use crate::{Control, Host, Server, Standing, lease_time};

/// A worker as the test sees it.
struct Seen {
    worker: Worker,
    session: String,
    claimed: HashMap<String, Pending>,
    /// URLs that it claimed since its leases last ran out.
    sure: HashSet<String>,
}

/// Where a fleet keeps its crawl.
pub(super) trait Place {
    fn address(&self) -> String;
    fn kind(&self) -> Server;
    /// Makes all leases of a worker end now.
    fn expire(&self, session: &str);
    /// Does what happens to it at a step of the test.
    fn pass(&mut self, step: u32);
}

impl Place for LocalRedis {
    fn address(&self) -> String {
        self.address()
    }

    fn kind(&self) -> Server {
        Server::Single
    }

    fn expire(&self, session: &str) {
        expire(&mut self.client(), session);
    }

    fn pass(&mut self, _: u32) {}
}

/// Steps of a fleet's life.
pub(super) const STEPS: u32 = 400;

/// Runs some workers that die, lose leases without knowing, give hosts back, and complete late.
pub(super) async fn fleet(server: &mut impl Place, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut sessions = 0;
    let (address, kind) = (server.address(), server.kind());
    let mut join = async || {
        sessions += 1;
        let own = options("w", sessions);
        let own = crate::RedisOptions { name: format!("fleet-{seed}"), server: kind, ..own };
        let mut worker = Worker::at(&address, &own).await;
        // Every other one has each call sent twice.
        worker.store.link.loses_answers = sessions % 2 == 0;
        Seen {
            worker,
            session: format!("w-{sessions}"),
            claimed: HashMap::new(),
            sure: HashSet::new(),
        }
    };
    let mut workers = vec![join().await, join().await, join().await];
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut ended: BTreeMap<String, u32> = BTreeMap::new();
    for step in 0..STEPS {
        server.pass(step);
        let at = random.usize(..workers.len());
        let offers = step < 150;
        let seen = &mut workers[at];
        match random.u8(..20) {
            0..4 if offers => {
                let urls: Vec<_> =
                    (0..random.u32(..40)).map(|_| (random.u32(..8), random.u32(..120))).collect();
                for (host, path) in &urls {
                    known.insert(format!("http://h{host}.example/{path}"));
                }
                seen.worker.offer(urls).await;
            }
            0..9 => {
                let refill = seen.worker.store.held.keys().copied().take(1).collect();
                let claim = Claim { hosts: random.usize(..3), refill, chunk: random.usize(1..8) };
                let leases = seen.worker.store.claim(claim).await.unwrap();
                for url in leases.into_iter().flat_map(|lease| lease.urls) {
                    let held = workers.iter().any(|other| other.sure.contains(url.url()));
                    assert!(!held, "{} is claimed by two at once", url.url());
                    let seen = &mut workers[at];
                    seen.sure.insert(url.url().to_owned());
                    seen.claimed.insert(url.url().to_owned(), url);
                }
            }
            9..16 => {
                let mut batch: Vec<Pending> = seen.claimed.values().cloned().collect();
                batch.sort_by_key(Pending::fingerprint);
                random.shuffle(&mut batch);
                batch.truncate(random.usize(1..10));
                let ends = batch.iter().cloned().map(done).collect();
                let completion = Completion { done: ends, ..Completion::default() };
                let settled = seen.worker.store.settle(completion).await.unwrap();
                for url in batch {
                    seen.claimed.remove(url.url());
                    seen.sure.remove(url.url());
                    if !settled.refused.contains(&url.fingerprint()) {
                        *ended.entry(url.url().to_owned()).or_default() += 1;
                    }
                }
            }
            16 => {
                let hosts: Vec<_> = seen.worker.store.held.keys().copied().take(1).collect();
                seen.worker.store.release(&hosts, Duration::ZERO).await.unwrap();
                seen.claimed.retain(|_, url| !hosts.contains(&url.host()));
                seen.sure.retain(|url| seen.claimed.contains_key(url));
            }
            17 => {
                let renewal = seen.worker.store.renew().await.unwrap();
                seen.claimed.retain(|_, url| !renewal.lost.contains(&url.host()));
            }
            // It goes on without knowing.
            18 => {
                server.expire(&seen.session);
                seen.sure.clear();
            }
            _ => {
                // It dies.
                server.expire(&seen.session);
                workers[at] = join().await;
            }
        }
    }
    for seen in &workers {
        server.expire(&seen.session);
    }
    // One that comes last finds all that is left.
    let mut last = join().await;
    loop {
        let refill = last.worker.store.held.keys().copied().collect();
        let claim = Claim { hosts: 10, refill, chunk: 16 };
        let leases = last.worker.store.claim(claim).await.unwrap();
        let urls: Vec<_> = leases.into_iter().flat_map(|lease| lease.urls).collect();
        if urls.is_empty() {
            break;
        }
        for url in &urls {
            *ended.entry(url.url().to_owned()).or_default() += 1;
        }
        assert!(last.worker.complete(urls).await.refused.is_empty());
    }
    assert!(ended.values().all(|times| *times == 1), "no URL ends twice: {ended:?}");
    assert!(ended.keys().eq(known.iter()), "no URL is lost");
    let counts = last.worker.store.status().await.unwrap().counts;
    let urls = known.len() as u64;
    assert_eq!((counts.discovered, counts.done, counts.waiting), (urls, urls, 0));
}

#[test]
fn workers_that_die_or_come_late_lose_no_url_and_double_none() {
    let Some(mut server) = LocalRedis::start() else { return };
    block_on(async {
        for seed in 0..10 {
            fleet(&mut server, seed).await;
        }
    });
}

#[test]
fn all_workers_share_the_key_that_the_first_one_made() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut one = Worker::join(&server, &options("one", 1)).await;
        let mut two = Worker::join(&server, &options("two", 2)).await;
        assert_eq!(one.joined.key, two.joined.key);
        assert_eq!(one.offer([(1, 1), (2, 1)]).await, 2);
        assert_eq!(two.offer([(2, 1), (1, 1), (3, 1)]).await, 1);
        let (first, second) = (one.claim(2, 9).await, two.claim(9, 9).await);
        assert_eq!((first.len(), second.len()), (2, 1));
    });
}

#[test]
fn a_late_completion_is_refused_and_its_url_waits_for_the_next_holder() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut late = Worker::join(&server, &options("late", 1)).await;
        let mut next = Worker::join(&server, &options("next", 2)).await;
        late.offer([(1, 0), (1, 4), (1, 8)]).await;
        let urls = late.claim(1, 9).await.remove(0).urls;
        // The second ended in time, ahead of the first.
        assert!(late.complete([urls[1].clone()]).await.refused.is_empty());
        server.expire("late-1");
        let again = next.claim(1, 9).await.remove(0).urls;
        let texts: Vec<_> = again.iter().map(Pending::url).collect();
        assert_eq!(texts, ["http://h1.example/0", "http://h1.example/8"]);
        let settled = late.complete([urls[0].clone(), urls[2].clone()]).await;
        assert_eq!(settled.refused, [urls[0].fingerprint(), urls[2].fingerprint()]);
        assert_eq!(settled.lost, [urls[0].host()]);
        assert!(next.complete(again).await.refused.is_empty());
        assert_eq!(next.store.status().await.unwrap().counts.done, 3);
    });
}

#[test]
fn a_worker_whose_leases_were_not_renewed_is_told_to_stop_in_time() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut worker = Worker::join(&server, &options("one", 1)).await;
        worker.offer([(1, 0)]).await;
        worker.claim(1, 1).await;
        let claimed = Instant::now();
        let after = |seconds| worker.store.standing(claimed + Duration::from_secs(seconds));
        assert!(matches!(after(0), Standing::Good(_)));
        assert_eq!(after(21), Standing::Due);
        assert_eq!(after(49), Standing::Stop);
        assert!(worker.store.renew().await.unwrap().lost.is_empty());
        let renewed = Instant::now();
        assert!(matches!(worker.store.standing(renewed), Standing::Good(_)));
        assert_eq!(lease_time(32, Duration::from_millis(100)), Duration::from_secs(60));
        assert_eq!(lease_time(32, Duration::from_secs(2)), Duration::from_secs(128));
    });
}

#[test]
fn a_host_that_rests_or_is_paused_is_given_to_nobody() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut worker = Worker::join(&server, &options("one", 1)).await;
        worker.offer([(1, 0), (2, 0)]).await;
        let paused = HostKey::from_text("http://h1.example:80");
        let held = HostKey::from_text("http://h2.example:80");
        assert_eq!(worker.store.control(&paused, Control::Pause).await.unwrap(), Host::Free);
        let leases = worker.claim(9, 9).await;
        assert_eq!(leases.len(), 1);
        let block = Control::Block(Duration::from_secs(60));
        assert_eq!(worker.store.control(&held, block).await.unwrap(), Host::Held);
        assert_eq!(worker.store.renew().await.unwrap().blocked, [leases[0].host]);
        worker.store.release(&[leases[0].host], Duration::ZERO).await.unwrap();
        assert!(worker.claim(9, 9).await.is_empty());
        worker.store.control(&paused, Control::Allow).await.unwrap();
        assert_eq!(worker.claim(9, 9).await.len(), 1);
        worker.store.control(&held, Control::Allow).await.unwrap();
        let host = worker.claim(9, 9).await.remove(0).host;
        worker.store.release(&[host], Duration::from_secs(60)).await.unwrap();
        assert!(worker.claim(9, 9).await.is_empty());
    });
}

#[test]
fn what_is_kept_of_a_host_goes_with_it_to_the_next_worker() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut one = Worker::join(&server, &options("one", 1)).await;
        let mut two = Worker::join(&server, &options("two", 2)).await;
        one.offer([(1, 0), (1, 4)]).await;
        let host = one.claim(1, 1).await[0].host;
        let hosts = vec![HostNote { host, note: Box::from(*b"busy") }];
        one.store.complete(Completion { hosts, ..Completion::default() }).await.unwrap();
        one.store.release(&[host], Duration::ZERO).await.unwrap();
        let host = two.claim(1, 1).await[0].host;
        assert_eq!(two.store.note(host), Some(&b"busy"[..]));
    });
}

#[test]
fn a_host_rests_as_long_as_was_said_for_it_whichever_way_it_is_let_go_of() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut one = Worker::join(&server, &options("one", 1)).await;
        one.offer([(1, 0), (2, 0), (3, 0)]).await;
        let leases = one.claim(9, 9).await;
        assert_eq!(leases.len(), 3);
        one.store.spare(leases[0].host, Duration::from_secs(60));
        one.store.spare(leases[1].host, Duration::from_secs(60));
        one.complete(leases[0].urls.clone()).await;
        one.store.release(&[leases[1].host, leases[2].host], Duration::ZERO).await.unwrap();
        // The first has no URL left but the one that comes now.
        one.store
            .offer(vec![one.admission.seed(url_of(&leases[0], "/later"), None).unwrap()])
            .await
            .unwrap();
        let mut two = Worker::join(&server, &options("two", 2)).await;
        let given: Vec<_> =
            two.claim(9, 9).await.into_iter().flat_map(|lease| lease.urls).collect();
        let texts: Vec<_> = given.iter().map(Pending::url).collect();
        assert_eq!(texts, [leases[2].urls[0].url()]);
    });
}

fn url_of(lease: &dragline_frontier::Lease, path: &str) -> url::Url {
    url::Url::parse(lease.urls[0].url()).unwrap().join(path).unwrap()
}

#[test]
fn a_host_whose_lease_ended_rests_before_the_next_worker_gets_it() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let own = crate::RedisOptions { rest: Duration::from_secs(60), ..options("one", 1) };
        let mut dead = Worker::join(&server, &own).await;
        dead.offer([(1, 0)]).await;
        assert_eq!(dead.claim(1, 9).await.len(), 1);
        server.expire("one-1");
        let mut next = Worker::join(&server, &own).await;
        assert!(next.claim(9, 9).await.is_empty(), "nobody knows when it was asked last");
        assert_eq!(next.store.status().await.unwrap().held, 0);
    });
}

#[test]
fn robots_rules_that_one_worker_keeps_are_there_for_the_next_one() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut one = Worker::join(&server, &options("one", 1)).await;
        let mut two = Worker::join(&server, &options("two", 2)).await;
        one.offer([(1, 0), (1, 4), (2, 0)]).await;
        let leases = one.claim(9, 9).await;
        let hour = Duration::from_secs(3600);
        for (lease, rules) in leases.iter().zip([vec![7; 100], vec![7; 17 * 1024]]) {
            assert_eq!(one.store.take_rules(lease.host), None);
            one.store.keep_rules(lease.host, &rules, hour).await.unwrap();
        }
        let hosts: Vec<_> = leases.iter().map(|lease| lease.host).collect();
        one.store.release(&hosts, Duration::ZERO).await.unwrap();
        let mut kept = Vec::new();
        for lease in two.claim(9, 9).await {
            kept.extend(two.store.take_rules(lease.host));
            assert_eq!(two.store.take_rules(lease.host), None, "they are taken once");
        }
        let [(rules, left)] = &kept[..] else { panic!("long rules are not kept: {kept:?}") };
        assert_eq!(rules[..], [7; 100]);
        assert!(*left > hour / 2 && *left <= hour, "{left:?}");
    });
}
