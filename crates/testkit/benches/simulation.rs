//! The long form of the simulation: many hosts with faults, millions of requests, twice with one seed.
//!
//! `cargo bench -p dragline-testkit -- 1000 10000` crawls 1,000 hosts of 10,000 pages each.

use std::error::Error;
use std::time::{Duration, Instant};

use dragline::{BoxError, Config, Crawler, Output, Page, Request, Spider, Summary};
use dragline_testkit::{
    Fault, Graph, HostPlan, Pages, RedirectTo, Report, RobotsPlan, SimulatedWeb, Trouble, When,
};

/// Follows links without making a document: the web writes them all in one way.
struct Links(u32);

impl Spider for Links {
    type Item = ();
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok((0..self.0).map(|number| Request::get(url(number))).collect::<Result<_, _>>()?)
    }

    fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        let body = std::str::from_utf8(page.body())?;
        for link in body.split("href=\"").skip(1) {
            let href = link.split('"').next().unwrap_or_default();
            out.follow(page.url().join(href)?);
        }
        Ok(())
    }
}

fn url(number: u32) -> String {
    format!("http://h{number}.example/")
}

fn plan(number: u32, pages: u32) -> HostPlan {
    let second = Duration::from_secs(1);
    let text = match number % 10 {
        0 => "User-agent: *\nDisallow: /p/1\nCrawl-delay: 2",
        _ => "User-agent: *\nDisallow: /private",
    };
    let retry_after = Some(60 * second);
    let (when, what) = match number % 10 {
        1 => (When::Every(97), Trouble::TooManyRequests { retry_after }),
        2 => {
            let when = When::Flapping { up: 300 * second, down: second };
            (when, Trouble::Unavailable { retry_after: None })
        }
        3 => {
            let when = When::During { from: 900 * second, until: 1000 * second };
            (when, Trouble::Unavailable { retry_after: Some(120 * second) })
        }
        4 => (When::Every(50), Trouble::Reset),
        5 => (When::Every(200), Trouble::Timeout { after: 30 * second }),
        6 => (When::Pages { one_in: 20 }, Trouble::Redirect(RedirectTo::Within)),
        7 => (When::Pages { one_in: 20 }, Trouble::Redirect(RedirectTo::Across)),
        8 => (When::Every(30), Trouble::Truncated),
        9 => (When::Pages { one_in: 50 }, Trouble::Redirect(RedirectTo::Loop)),
        _ => (When::Every(40), Trouble::Slow { by: 5 * second }),
    };
    HostPlan {
        jitter: Duration::from_millis(150),
        robots: RobotsPlan::Text(text.to_owned()),
        pages: Pages::Graph(Graph { pages, links: 4 }),
        faults: vec![Fault { when, what }],
        ..HostPlan::default()
    }
}

fn run(hosts: u32, pages: u32) -> Result<(Summary, Report, u64), Box<dyn Error>> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let mut config = Config::default();
    config.limits.concurrency = hosts as usize * 2;
    runtime.block_on(async {
        let web = (0..hosts).fold(SimulatedWeb::builder().seed(1), |web, number| {
            web.host(&format!("h{number}.example"), plan(number, pages))
        });
        let web = web.build();
        let begun = Instant::now();
        let crawler = Crawler::new(Links(hosts)).config(config.clone()).random(1);
        let summary = crawler.fetcher(web.clone()).run().await?;
        let crawled = begun.elapsed();
        let report = web.check(&config);
        println!("crawled in {crawled:.1?}, checked in {:.1?}", begun.elapsed() - crawled);
        let fingerprint = web.log().fingerprint();
        Ok((summary, report, fingerprint))
    })
}

/// Returns the most memory the process ever had, as Linux tells it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u32>().ok());
    let hosts = numbers.next().unwrap_or(100);
    let pages = numbers.next().unwrap_or(1000);
    let (summary, report, first) = run(hosts, pages)?;
    println!("{summary}\n{report}\nlog: {first:016x}, memory: {}", memory());
    let (_, _, second) = run(hosts, pages)?;
    println!("the same seed again: {second:016x}");
    if first != second {
        return Err("the same seed gave another log".into());
    }
    if !report.is_clean() {
        return Err("a rule was broken or a page was lost".into());
    }
    Ok(())
}
