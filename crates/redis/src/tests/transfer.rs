//! A frontier that goes to a disk and comes back.

use std::collections::BTreeSet;
use std::sync::Arc;

use dragline_frontier::{
    Claim, Completion, Directory, DiskOptions, DiskStore, End, HostNote, More, Pending, Resume,
    Store,
};
use dragline_local_redis::LocalRedis;

use crate::tests::{Worker, block_on, done, options};
use crate::{Address, Operator, RedisOptions, Run, TransferError};

fn address(server: &LocalRedis, name: &str) -> Address {
    format!("{}?name={name}", server.address()).parse().unwrap()
}

fn own(name: &str) -> RedisOptions {
    RedisOptions {
        name: name.to_owned(),
        settings: "{}".to_owned(),
        digest: 7,
        ..options("one", 9)
    }
}

/// Reads all URLs that wait, in the order in which each host has them, and ends none.
async fn waiting(store: &mut dyn Store) -> BTreeSet<(String, u8, u16, Option<String>)> {
    let (mut urls, mut refill) = (BTreeSet::new(), Vec::new());
    loop {
        let leases = store.claim(Claim { hosts: 9, refill, chunk: 4 }).await.unwrap();
        if leases.is_empty() {
            return urls;
        }
        let more = leases.iter().filter(|lease| lease.more == More::Queued);
        refill = more.map(|lease| lease.host).collect();
        for url in leases.into_iter().flat_map(|lease| lease.urls) {
            let referrer = url.referrer().map(ToString::to_string);
            assert!(urls.insert((url.url().to_owned(), url.band(), url.depth(), referrer)));
        }
    }
}

#[test]
fn what_is_known_and_waits_and_what_is_kept_of_hosts_goes_to_a_disk_and_comes_back() {
    let Some(server) = LocalRedis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    block_on(async {
        let from = RedisOptions { partitions: crate::PARTITIONS, ..own("from") };
        let mut worker = Worker::join(&server, &from).await;
        let all: Vec<(u32, u32)> = (0..900).map(|url| (url % 30, url)).collect();
        worker.offer(all.clone()).await;
        // Some end, not all of them from the head of their queues, and in each of the three ways.
        let leases = worker.claim(20, 9).await;
        let hosts: Vec<_> = leases.iter().map(|lease| lease.host).collect();
        let ended: Vec<Pending> =
            leases.into_iter().flat_map(|lease| lease.urls.into_iter().step_by(2)).collect();
        let mut completed: Vec<_> = ended.iter().cloned().map(done).collect();
        completed[0].ending.end = End::Failed;
        completed[1].ending.end = End::Skipped;
        let notes = vec![HostNote { host: hosts[0], note: Box::from(*b"busy") }];
        let seeds = vec!["http://h1.example/".into()];
        let batch = Completion { done: completed, hosts: notes, seeds, ..Completion::default() };
        worker.store.settle(batch).await.unwrap();
        let noted = worker.store.host_name(hosts[0]).unwrap();

        let mut operator = Operator::open(&address(&server, "from")).await.unwrap();
        let busy = operator.export(&state).await.unwrap_err();
        assert!(matches!(busy, TransferError::Busy { hosts: 20, .. }), "{busy}");
        worker.store.release(&hosts, std::time::Duration::ZERO).await.unwrap();
        let counts = operator.export(&state).await.unwrap();
        assert_eq!(counts, worker.store.status().await.unwrap().counts);
        assert_eq!((counts.failed, counts.skipped, counts.discovered), (1, 1, 900));
        let taken = operator.export(&state).await.unwrap_err();
        assert!(matches!(taken, TransferError::Taken { .. }), "{taken}");

        let expected = waiting(&mut worker.store).await;
        let to = address(&server, "to");
        let (_, again) = Operator::import(&to, &state).await.unwrap();
        assert_eq!(again, counts);
        let taken = Operator::import(&to, &state).await.unwrap_err();
        assert!(matches!(taken, TransferError::Taken { .. }), "{taken}");

        let directory = Arc::new(Directory::default());
        let (mut disk, found) =
            DiskStore::open(&state, &DiskOptions::default(), directory.clone()).unwrap();
        assert_eq!((found.counts, found.digest, found.seeds.len()), (counts, 7, 1));
        assert_eq!(found.hosts.len(), 1);
        assert_eq!(directory.name(found.hosts[0].host).unwrap(), noted);
        assert_eq!(waiting(&mut disk).await, expected);

        let own = RedisOptions { partitions: crate::PARTITIONS, ..own("to") };
        let mut last = Worker::join(&server, &own).await;
        assert_eq!((last.joined.key, last.joined.settings.as_str()), (found.key, "{}"));
        assert_eq!(last.joined.seeds.len(), 1);
        assert!(last.claim(9, 9).await.is_empty(), "it is paused");
        Operator::open(&to).await.unwrap().order(Run::Go).await.unwrap();
        assert_eq!(last.offer(all).await, 0, "all are known");
        assert_eq!(last.store.status().await.unwrap().counts, counts);
        assert_eq!(waiting(&mut last.store).await, expected);
        let host = last.store.directory.id(&noted);
        assert_eq!(last.store.note(host), Some(&b"busy"[..]));
    });
}

#[test]
fn a_state_of_one_machine_becomes_a_fleets_and_a_refresh_leaves_out_what_ended_elsewhere() {
    let Some(server) = LocalRedis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let from = RedisOptions { partitions: crate::PARTITIONS, ..own("from") };
        let mut worker = Worker::join(&server, &from).await;
        worker.offer([(1, 0), (1, 4)]).await;
        let urls = worker.claim(1, 9).await.remove(0).urls;
        let first = urls[0].fingerprint();
        worker.complete(urls[..1].to_vec()).await;
        worker.store.release(&[urls[0].host()], std::time::Duration::ZERO).await.unwrap();
        let mut operator = Operator::open(&address(&server, "from")).await.unwrap();
        operator.export(&folder.path().join("a")).await.unwrap();
        let open = |resume| {
            let options = DiskOptions { resume, ..DiskOptions::default() };
            DiskStore::open(folder.path().join("a"), &options, Directory::default().into())
        };
        let (mut disk, _) = open(Resume::Continue).unwrap();
        let urls = disk.claim(Claim { hosts: 1, refill: Vec::new(), chunk: 9 }).await.unwrap();
        let ends = urls[0].urls.iter().cloned().map(done).collect();
        disk.complete(Completion { done: ends, ..Completion::default() }).await.unwrap();
        drop(disk);
        let (mut disk, found) = open(Resume::Refresh).unwrap();
        assert_eq!((found.counts.waiting, found.counts.done), (1, 1));
        let state = disk.state_of(first).await.unwrap();
        assert!(matches!(state, dragline_frontier::UrlState::Finished(_)), "{state:?}");
        drop(disk);
        // What waits again is not known to have ended, neither here nor there.
        let to = address(&server, "to");
        let (_, counts) = Operator::import(&to, &folder.path().join("a")).await.unwrap();
        assert_eq!((counts.done, counts.waiting), (1, 1));
        let none = Operator::import(&address(&server, "x"), &folder.path().join("b")).await;
        assert!(matches!(none.unwrap_err(), TransferError::Nothing { .. }));
        let begun = Operator::open(&address(&server, "x")).await;
        assert!(begun.is_err(), "nothing is begun for nothing");
    });
}

#[test]
fn a_state_of_other_partitions_is_refused() {
    let Some(server) = LocalRedis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    block_on(async {
        let mut worker = Worker::join(&server, &own("from")).await;
        worker.offer([(1, 0)]).await;
        let urls = worker.claim(1, 9).await.remove(0).urls;
        worker.complete(urls).await;
        let mut operator = Operator::open(&address(&server, "from")).await.unwrap();
        operator.export(&state).await.unwrap();
        let refused = Operator::import(&address(&server, "to"), &state).await.unwrap_err();
        let other = matches!(refused, TransferError::Partitions { partitions: 8, .. });
        assert!(other, "{refused}");
    });
}
