//! Operating a fleet: what it is told, and what is seen of it.

use std::time::Duration;

use dragline_frontier::{HostKey, HostLimit};
use dragline_local_redis::LocalRedis;
use url::Url;

use crate::tests::{Worker, block_on, expire, options};
use crate::{Address, OpenError, Operator, RedisOptions, Run};

fn address(server: &LocalRedis, name: &str) -> Address {
    format!("{}?name={name}", server.address()).parse().unwrap()
}

fn own(worker: &str) -> RedisOptions {
    RedisOptions { name: "news".to_owned(), ..options(worker, 1) }
}

#[test]
fn a_fleet_that_is_paused_gives_its_hosts_back_and_goes_on_when_it_is_resumed() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut worker = Worker::join(&server, &own("one")).await;
        worker.offer([(1, 0), (1, 4), (2, 0)]).await;
        let held = worker.claim(1, 1).await.remove(0).host;
        let mut operator = Operator::open(&address(&server, "news")).await.unwrap();
        for run in [Run::Pause, Run::Stop] {
            operator.order(run).await.unwrap();
            assert_eq!(worker.store.check_in().await.unwrap().run, run);
            assert_eq!(worker.store.ordered(), run);
        }
        assert_eq!(worker.store.renew().await.unwrap().blocked, [held]);
        worker.store.release(&[held], Duration::ZERO).await.unwrap();
        assert!(worker.claim(9, 9).await.is_empty());
        operator.order(Run::Go).await.unwrap();
        assert_eq!(worker.claim(9, 9).await.len(), 2);
        assert!(worker.store.renew().await.unwrap().blocked.is_empty());
        assert_eq!(worker.store.check_in().await.unwrap().run, Run::Go);
    });
}

#[test]
fn each_worker_hears_once_of_limits_and_of_seeds_that_others_brought() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut worker = Worker::join(&server, &own("one")).await;
        let mut operator = Operator::open(&address(&server, "news")).await.unwrap();
        assert_eq!(worker.store.check_in().await.unwrap(), crate::Orders::default());
        let host = HostKey::from_text("http://h1.example:80");
        let delay = Some(Duration::from_millis(2500));
        let limit = HostLimit { delay, parallel: Some(3) };
        operator.limit(&host, Some(limit)).await.unwrap();
        let seeds = |seeds: &[&str]| seeds.iter().map(|seed| Url::parse(seed).unwrap()).collect();
        let seeded = operator
            .seeds(seeds(&["http://h1.example/a", "http://h2.example/", "ftp://h3.example/"]))
            .await
            .unwrap();
        assert_eq!((seeded.new, seeded.known, seeded.refused.len()), (2, 0, 1));
        assert_eq!(operator.seeds(seeds(&["http://h1.example/a"])).await.unwrap().known, 1);
        // What it heard while it claimed is not lost.
        assert_eq!(worker.claim(9, 9).await.len(), 2);
        let orders = worker.store.check_in().await.unwrap();
        assert_eq!(orders.limits, Some(vec![(host.clone(), limit)]));
        let heard: Vec<&str> = orders.seeds.iter().map(|seed| &**seed).collect();
        assert_eq!(heard, ["http://h1.example/a", "http://h2.example/"]);
        assert_eq!(worker.store.check_in().await.unwrap(), crate::Orders::default());
        operator.limit(&host, None).await.unwrap();
        assert_eq!(worker.store.check_in().await.unwrap().limits, Some(Vec::new()));
        // One that comes later knows the seeds by joining, and the limits by checking in.
        operator.limit(&host, Some(HostLimit { delay, parallel: None })).await.unwrap();
        let mut late = Worker::join(&server, &own("late")).await;
        assert_eq!(late.joined.seeds.len(), 2);
        let orders = late.store.check_in().await.unwrap();
        assert_eq!((orders.seeds.len(), orders.limits.unwrap().len()), (0, 1));
    });
}

#[test]
fn a_survey_shows_workers_hosts_and_sums_that_reconcile() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        let mut one = Worker::join(&server, &own("one")).await;
        let mut two = Worker::join(&server, &own("two")).await;
        // Nine at the first host, and one at each of ten others.
        one.offer((0..9).map(|path| (0, path * 4)).chain((1..11).map(|host| (host, 0)))).await;
        let mut urls = one.claim(3, 5).await.remove(0).urls;
        two.claim(2, 5).await;
        urls.truncate(1);
        assert!(one.complete(urls).await.refused.is_empty());
        expire(&mut server.client(), "two-2");
        one.store.check_in().await.unwrap();
        let mut operator = Operator::open(&address(&server, "news")).await.unwrap();
        let survey = operator.survey().await.unwrap();
        let counts = survey.status.counts;
        assert_eq!((counts.discovered, counts.done, counts.waiting), (19, 1, 18));
        assert_eq!(survey.waiting_held + survey.waiting_free, counts.waiting);
        assert_eq!(survey.status.free + survey.status.held, survey.looked_at);
        assert_eq!(survey.longest[0].host.as_str(), "http://h0.example:80");
        assert!(survey.longest.len() == 10 && survey.longest[0].waiting >= 8);
        let workers: Vec<_> = survey
            .workers
            .iter()
            .map(|crew| (&*crew.name, crew.ended, crew.seen.as_secs()))
            .collect();
        assert_eq!(workers, [("one", 1, 0), ("two", 0, 0)]);
        let hosts: u64 = survey.workers.iter().map(|crew| crew.hosts).sum();
        assert_eq!(hosts, survey.status.held);
        assert_eq!((survey.stuck.len(), survey.status.expired), (2, 2));
        assert!(
            survey
                .stuck
                .iter()
                .all(|row| row.held_by.as_deref() == Some("two-2") && !row.over.is_zero())
        );
    });
}

#[test]
fn a_crawl_that_is_not_there_is_not_begun_by_looking_at_it() {
    let Some(server) = LocalRedis::start() else { return };
    block_on(async {
        for _ in 0..2 {
            let error = Operator::open(&address(&server, "nwes")).await.unwrap_err();
            assert!(matches!(error, OpenError::Absent { .. }), "{error}");
            assert_eq!(error.code(), "redis_absent");
        }
    });
}
