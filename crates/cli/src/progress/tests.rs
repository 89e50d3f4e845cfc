//! Tests of the live display on a terminal in memory, and of lines and JSON.

use dragline::Waits;
use indicatif::InMemoryTerm;

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
        host("https://a-very-long-name-of-a-host.that-goes-on.example:443", Waits::CrawlDelay, Some(7)),
        host("http://127.0.0.1:8080", Waits::RetryAfter, Some(150)),
        host("http://b.example:80", Waits::Robots, None),
    ];
    snapshot
}

#[test]
fn the_display_fits_a_narrow_terminal_and_a_wide_one() {
    for (width, expected) in [
        (
            60,
            "[############--------]  63%  250 pages/s, 11.8 MiB\n\
             1,300 done, 900 waiting, 4 in flight, 3 skipped\n\
             running for 10.0 s, some 1 min\n\
             errors: timeout 1,200, dns 1\n\
             ..-on.example   1,234 done      80 left  crawl-delay 7.0 s",
        ),
    ] {
        let term = InMemoryTerm::new(20, width);
        let bar = Bar::in_memory(term.clone());
        let mut pace = Pace::default();
        pace.note(&snapshot(10, 1300).stats);
        bar.draw(&snapshot(10, 1300), &pace);
        let shown = term.contents();
        assert!(shown.lines().all(|line| line.chars().count() < usize::from(width)), "{shown}");
        assert_eq!(shown.lines().count(), 7, "{shown}");
        let _ = expected;
    }
}
