//! What a spider is told of URLs that ended without a page.

use std::time::Duration;

use dragline::{BoxError, Config, Crawler, Failure, Output, Page, Request, Spider, Summary};
use dragline_site::{Answer, Fault as SiteFault, Site};
use dragline_testkit::{Fault, HostPlan, Reply, RobotsPlan, SimulatedWeb, Trouble, When};

use crate::common::{collect, local};

/// Follows every link; its items are the failures it was told of.
struct Failures(Vec<String>);

impl Spider for Failures {
    type Item = String;
    type Route = u8;

    fn start(&self) -> Result<Vec<Request<u8>>, BoxError> {
        self.0.iter().map(|url| Ok(Request::get(url)?.route(7))).collect()
    }

    fn parse(&self, page: &Page<u8>, out: &mut Output<Self>) -> Result<(), BoxError> {
        for link in page.links("a")? {
            out.request(Request::from(link).route(page.route() + 1));
        }
        Ok(())
    }

    fn failed(&self, failure: &Failure<u8>, out: &mut Output<Self>) -> Result<(), BoxError> {
        out.item(format!(
            "{} {} {} {} {} {}",
            failure.url().path(),
            failure.code(),
            failure.status().map_or(0, |status| status.as_u16()),
            failure.attempts(),
            failure.depth(),
            failure.route(),
        ));
        match failure.url().path() {
            "/missing" => {
                let instead = failure.url().join("/instead")?;
                out.request(Request::from(instead).route(0));
            }
            "/panics" => panic!("on purpose"),
            "/refuses" => return Err("on purpose".into()),
            _ => {}
        }
        assert!(!failure.message().is_empty());
        Ok(())
    }
}

async fn run(crawler: Crawler<Failures>) -> (Vec<String>, Summary) {
    let mut crawl = crawler.start().unwrap();
    let mut items = Vec::new();
    while let Some(item) = crawl.next().await {
        items.push(item);
    }
    items.sort();
    (items, crawl.finish().await.unwrap())
}

#[tokio::test]
async fn a_spider_is_told_once_of_each_url_that_failed_and_may_go_elsewhere() {
    let links = ["missing", "broken", "cut", "private", "panics", "refuses", "loop", "empty"];
    let links: String = links.iter().map(|path| format!("<a href=/{path}>x</a>")).collect();
    let site = Site::new()
        .robots("User-agent: *\nDisallow: /private")
        .page("/", links)
        .status("/broken", 500)
        .fault("/cut", SiteFault::Reset)
        .page("/instead", "instead")
        .redirect("/loop", "/loop")
        .answer("/empty", Answer::new(204))
        .start()
        .await
        .unwrap();
    let mut config = local();
    config.limits.retries = 0;
    let (items, summary) = run(Crawler::new(Failures(vec![site.url("/")])).config(config)).await;
    assert_eq!(
        items,
        ["/broken status 500 1 1 8", "/cut reset 0 1 1 8", "/missing status 404 1 1 8"]
    );
    assert_eq!(site.hits_of("/instead"), 1);
    let stats = &summary.stats;
    assert_eq!((stats.spider_faults, stats.failed, stats.skipped), (2, 1, 1), "{stats:?}");
    assert_eq!(stats.discovered, 10);
}

#[tokio::test(start_paused = true)]
async fn a_spider_is_told_of_what_was_not_sent_because_its_host_was_given_up() {
    let death =
        When::During { from: Duration::from_secs(10), until: Duration::from_secs(1_000_000_000) };
    let fault = Fault { when: death, what: Trouble::Timeout { after: Duration::from_secs(30) } };
    let plan = HostPlan { faults: vec![fault], ..HostPlan::default() };
    let web = (0..50).fold(SimulatedWeb::builder().host("dies.example", plan), |web, page| {
        web.on(&format!("http://dies.example/{page}"), [Reply::html("x")])
    });
    let web = web.build();
    let seeds = (0..50).map(|page| format!("http://dies.example/{page}")).collect();
    let config = Config::default();
    let crawler = Crawler::new(Failures(seeds)).config(config.clone()).fetcher(web.clone());
    let (items, summary) = run(crawler).await;
    assert_eq!(items.len() as u64, summary.stats.failed, "each exactly once");
    assert!(items.iter().filter(|item| item.contains("host_down 0 0")).count() > 30, "{items:?}");
    let report = web.check(&config);
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_spider_is_told_when_robots_cannot_be_read_and_not_when_it_refuses() {
    let refuses = HostPlan {
        robots: RobotsPlan::Text("User-agent: *\nDisallow: /".to_owned()),
        ..HostPlan::default()
    };
    let web = SimulatedWeb::builder().host("refuses.example", refuses).build();
    let seeds = vec!["http://refuses.example/".to_owned(), "http://none.example/a".to_owned()];
    let crawler = Crawler::new(Failures(seeds)).fetcher(web.clone());
    let (items, summary) = run(crawler).await;
    assert_eq!(items, ["/a dns 0 0 0 7"]);
    assert_eq!((summary.stats.failed, summary.stats.skipped), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_failure_leads_to_on_the_same_dead_host_is_not_lost() {
    let web = SimulatedWeb::builder().page("http://lives.example/", "x").build();
    // Each failure asks for one more page of the host that is not there, while the crawl is about to end.
    struct Chain;
    impl Spider for Chain {
        type Item = ();
        type Route = ();
        fn start(&self) -> Result<Vec<Request>, BoxError> {
            Ok(vec![Request::get("http://none.example/0")?])
        }
        fn parse(&self, _: &Page, _: &mut Output<Self>) -> Result<(), BoxError> {
            Ok(())
        }
        fn failed(&self, failure: &Failure, out: &mut Output<Self>) -> Result<(), BoxError> {
            let number: u32 = failure.url().path()[1..].parse()?;
            if number < 100 {
                out.follow(failure.url().join(&format!("/{}", number + 1))?);
            }
            Ok(())
        }
    }
    let crawled = collect(Crawler::new(Chain).fetcher(web)).await;
    assert_eq!((crawled.summary.stats.failed, crawled.summary.stats.waiting), (101, 0));
}
