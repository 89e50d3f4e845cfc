//! Tests of the live display on a terminal in memory, and of lines and JSON.

use dragline::Waits;
use indicatif::{InMemoryTerm, TermLike};

use super::*;

fn host(name: &str, waits: Waits, left: Option<u64>) -> HostTimes {
    HostTimes {
        host: name.to_owned(),
        ended: 1234,
        waiting: 80,
        waits,
        left: left.map(Duration::from_secs),
        pace: Duration::from_secs(1),
        ..HostTimes::default()
    }
}

fn stats(seconds: u64, done: u64) -> Stats {
    let mut stats = Stats { done, waiting: 900, skipped: 3, ..Stats::default() };
    stats.elapsed = Duration::from_secs(seconds);
    stats.bytes = 12_345_678;
    stats.errors = [("dns".into(), 1), ("timeout".into(), 1200)].into();
    stats.failed = 1201;
    stats
}

fn snapshot(seconds: u64, done: u64) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.stats = stats(seconds, done);
    snapshot.in_flight = 4;
    snapshot.hosts = vec![
        host(
            "https://a-very-long-name-of-a-host.that-goes-on.example:443",
            Waits::CrawlDelay,
            Some(7),
        ),
        host("http://127.0.0.1:8080", Waits::RetryAfter, Some(150)),
        host("http://b.example:80", Waits::Robots, None),
    ];
    snapshot
}

fn drawn(width: u16) -> Vec<String> {
    let term = InMemoryTerm::new(20, width);
    let bar = Bar::in_memory(term.clone());
    let mut pace = Pace::default();
    pace.note(&stats(10, 1300));
    bar.draw(&snapshot(10, 1300), &pace);
    term.contents().lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn the_display_fits_a_narrow_terminal() {
    assert_eq!(
        drawn(60),
        [
            "",
            "[##############------]  73%  250 pages/s, 11.8 MiB",
            "1,300 done, 900 waiting, 4 in flight, 3 skipped",
            "running for 10 s, some 3 min 50 s left",
            "errors: timeout 1,200, dns 1",
            "..s-on.example   1,234 done      80 left  crawl-delay 7.0 s",
            "127.0.0.1:8080   1,234 done      80 left  retry-after 3 min",
            "b.example        1,234 done      80 left  robots.txt",
        ]
    );
}

#[test]
fn a_wide_terminal_has_room_for_names_of_hosts() {
    let lines = drawn(120);
    let row = "a-very-long-name-of-a-host.that-goes-on.example";
    assert!(lines[5].starts_with(&format!("..{}", &row[row.len() - 42..])), "{lines:#?}");
    assert!(lines[6].ends_with("retry-after 3 min"), "{lines:#?}");
}

#[test]
fn what_a_terminal_writes_for_ctrl_c_leaves_nothing_of_the_display() {
    let term = InMemoryTerm::new(20, 60);
    let bar = Bar::in_memory(term.clone());
    bar.above("before");
    bar.draw(&snapshot(10, 1300), &Pace::default());
    term.write_str("^C").unwrap();
    bar.above("stopping");
    bar.draw(&snapshot(11, 1301), &Pace::default());
    bar.clear();
    let lines: Vec<_> = term.contents().lines().map(|line| line.trim_end().to_owned()).collect();
    assert_eq!(lines, ["before", "", "stopping"]);
}

#[test]
fn the_rate_is_that_of_the_last_ten_seconds() {
    let mut pace = Pace::default();
    for second in 0..=100 {
        pace.note(&stats(second, if second < 50 { 0 } else { (second - 50) * 3 }));
    }
    assert!((pace.rate() - 3.0).abs() < 0.01, "{}", pace.rate());
}

#[test]
fn time_left_heeds_the_limits_and_the_host_that_takes_longest() {
    let left = |limits: &Limits, ahead: u64| {
        let mut pace = Pace::new(limits);
        pace.note(&stats(10, 1300));
        let mut snapshot = snapshot(10, 1300);
        snapshot.hosts.truncate(1);
        snapshot.hosts[0].waiting = ahead;
        pace.left(&snapshot).unwrap().as_secs()
    };
    // 900 pages at 250 a second.
    assert_eq!(left(&Limits::default(), 0), 7, "the wait of the host itself");
    assert_eq!(left(&Limits::default(), 80), 87);
    let pages = Limits { max_pages: Some(3002), ..Limits::default() };
    assert_eq!(left(&pages, 80), 2);
    let time = Limits { max_time: Some(Duration::from_secs(12)), ..Limits::default() };
    assert_eq!(left(&time, 80), 2);
}

#[test]
fn a_line_says_the_same_in_brief() {
    let mut pace = Pace::default();
    pace.note(&stats(10, 1300));
    let mut snapshot = snapshot(10, 1300);
    snapshot.phase = Phase::Paused;
    assert_eq!(
        line(&snapshot, &pace),
        "10 s: 1300 done, 1201 failed, 3 skipped, 900 waiting, 4 in flight; 250.1 pages/s, 11.8 MiB; \
         paused; some 3 min 50 s left; most at a-very-long-name-of-a-host.that-goes-on.example: 80 waiting \
         crawl-delay 7.0 s"
    );
}

#[test]
fn json_has_times_in_seconds_and_the_hosts() {
    let object = running(&snapshot(10, 1300), &Pace::default());
    assert_eq!((&object["phase"], &object["in_flight"]), (&json!("running"), &json!(4)));
    let first = &object["hosts"][0];
    assert_eq!((&first["waits"], &first["left"]), (&json!("crawl_delay"), &json!(7.0)));
}
