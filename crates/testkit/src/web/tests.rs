//! Tests of the simulated web: each fault does what its plan says, in virtual time.

use std::sync::Arc;

use super::*;
use crate::{Fault, Graph, HostPlan, Pages, RedirectTo, Reply, Trap, Trouble, When};

const SECOND: Duration = Duration::from_secs(1);

type Answered = Result<Response<Bytes>, Error>;

async fn get(web: &SimulatedWeb, path: &str) -> Answered {
    let url = Url::parse("http://a.example").unwrap().join(path).unwrap();
    web.fetch(Request::new(Method::GET, url)).await
}

async fn statuses(web: &SimulatedWeb, path: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(get(web, path).await.map_or(0, |response| response.status().as_u16()));
    }
    statuses
}

fn graph() -> HostPlan {
    let pages = Pages::Graph(Graph { pages: 100, links: 3 });
    HostPlan { pages, latency: SECOND, ..HostPlan::default() }
}

fn troubled(when: When, what: Trouble) -> SimulatedWeb {
    let faults = vec![Fault { when, what }];
    let b = HostPlan { faults: Vec::new(), ..graph() };
    let a = HostPlan { faults, ..graph() };
    SimulatedWeb::builder().host("a.example", a).host("b.example", b).build()
}

fn location(answer: Answered) -> String {
    answer.unwrap().headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn faults_strike_when_their_plan_says() {
    let what = Trouble::TooManyRequests { retry_after: Some(3 * SECOND) };
    let web = troubled(When::Every(3), what);
    assert_eq!(statuses(&web, "/", 6).await, [200, 200, 429, 200, 200, 429]);
    assert_eq!(web.log().requests().nth(2).unwrap().retry_after, Some(3 * SECOND));
    // Each request takes a second, so its number is the time at which it is sent.
    let web = troubled(When::During { from: SECOND, until: 3 * SECOND }, what);
    assert_eq!(statuses(&web, "/", 4).await, [200, 429, 429, 200]);
    let web = troubled(When::Flapping { up: 2 * SECOND, down: SECOND }, what);
    assert_eq!(statuses(&web, "/robots.txt", 6).await, [404, 404, 429, 404, 404, 429]);
}

#[tokio::test(start_paused = true)]
async fn chosen_pages_stay_chosen() {
    let web = troubled(When::Pages { one_in: 4 }, Trouble::Status(500));
    let mut chosen = 0;
    for page in 1..100 {
        let statuses = statuses(&web, &format!("/p/{page}"), 2).await;
        assert_eq!(statuses[0], statuses[1]);
        chosen += u32::from(statuses[0] == 500);
    }
    assert!((15..=35).contains(&chosen), "{chosen}");
    assert_eq!(statuses(&web, "/", 1).await, [200]);
}

#[tokio::test(start_paused = true)]
async fn time_and_errors_are_those_of_the_plan() {
    let took = |web: &SimulatedWeb| {
        let asked = web.log().requests().last().unwrap();
        (asked.ended.unwrap() - asked.at, asked.outcome)
    };
    let web = troubled(When::Always, Trouble::Reset);
    assert_eq!(get(&web, "/").await.unwrap_err().code(), "reset");
    assert_eq!(took(&web), (SECOND, Outcome::Passing));
    let web = troubled(When::Always, Trouble::Timeout { after: 30 * SECOND });
    assert_eq!(get(&web, "/").await.unwrap_err().code(), "timeout");
    assert_eq!(took(&web), (30 * SECOND, Outcome::Passing));
    let web = troubled(When::Always, Trouble::Slow { by: 4 * SECOND });
    assert!(get(&web, "/").await.is_ok());
    assert_eq!(took(&web), (5 * SECOND, Outcome::Answered));
    let web = troubled(When::Always, Trouble::Truncated);
    assert!(get(&web, "/").await.unwrap().truncated());
    assert_eq!(took(&web), (SECOND, Outcome::Truncated));
    assert!(!get(&web, "/robots.txt").await.unwrap().truncated());
    let plan = HostPlan { bandwidth: Some(100), ..HostPlan::default() };
    let web = SimulatedWeb::builder().host("a.example", plan);
    let web = web.on("http://a.example/", [Reply::text("x".repeat(500))]).build();
    assert!(get(&web, "/").await.is_ok());
    assert_eq!(took(&web).0, Duration::from_millis(5050));
}

#[tokio::test(start_paused = true)]
async fn redirects_lead_within_across_and_round() {
    let web = troubled(When::Always, Trouble::Redirect(RedirectTo::Within));
    assert!(location(get(&web, "/p/1").await).starts_with("http://a.example/"));
    let web = troubled(When::Always, Trouble::Redirect(RedirectTo::Across));
    assert!(location(get(&web, "/p/1").await).starts_with("http://b.example/"));
    let web = troubled(When::Pages { one_in: 1 }, Trouble::Redirect(RedirectTo::Loop));
    let mut url = "http://a.example/p/1".to_owned();
    for _ in 0..3 {
        url = location(get(&web, &url).await);
    }
    assert_eq!(url, "http://a.example/p/1");
}

#[tokio::test(start_paused = true)]
async fn pages_come_from_lists_generators_and_traps() {
    let page = |path: &str, seed| (path == "/x?y").then(|| Reply::text(format!("{seed}")));
    let pages = Pages::Generated(Arc::new(page));
    let web = SimulatedWeb::builder()
        .seed(9)
        .host("a.example", HostPlan { pages, ..HostPlan::default() })
        .on("http://a.example/listed", [Reply::status(503), Reply::html("in the end")])
        .build();
    assert_eq!(get(&web, "/x?y").await.unwrap().text(), "9");
    assert_eq!(statuses(&web, "/x", 1).await, [404]);
    assert_eq!(statuses(&web, "/listed", 3).await, [503, 200, 200]);
    let traps = vec![Trap::GrowingPath];
    let web = SimulatedWeb::builder().host("a.example", HostPlan { traps, ..graph() }).build();
    assert!(get(&web, "/").await.unwrap().text().contains("\"/deeper/\""));
    assert_eq!(statuses(&web, "/deeper/a/a/", 1).await, [200]);
    assert_eq!(statuses(&web, "/calendar/2026/1", 1).await, [404]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_given_up_ends_in_the_log() {
    let web = troubled(When::Always, Trouble::Timeout { after: 30 * SECOND });
    assert!(tokio::time::timeout(SECOND, get(&web, "/")).await.is_err());
    let asked = web.log().requests().next().unwrap();
    assert_eq!((asked.outcome, asked.ended), (Outcome::Dropped, Some(SECOND)));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_not_there_has_no_name_and_no_log() {
    let web = SimulatedWeb::builder().build();
    assert_eq!(get(&web, "/").await.unwrap_err().code(), "dns");
    assert!(web.log().is_empty());
}
