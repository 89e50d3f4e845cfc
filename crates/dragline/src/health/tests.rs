//! Tests of the watch: what it sums, and when it speaks.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, proptest};

use super::expected::{Doubt, Expected};
use super::seen::{FieldSeen, PageSeen};
use super::{FieldCounts, Health, HealthFault, PageCounts, Watch};

const FIELDS: [&str; 3] = ["price", "tags", "title"];

/// A page of a route: an item with a price, or without one.
fn page(route: &str, price: bool) -> PageSeen {
    let mut seen = PageSeen { route: route.to_owned(), items: 1, ..PageSeen::default() };
    seen.field("title".into(), true);
    seen.field("price".into(), price);
    seen
}

fn watch(health: Health) -> Watch {
    watch_after(health, BTreeMap::new())
}

fn watch_after(health: Health, before: BTreeMap<String, PageCounts>) -> Watch {
    Watch::new(Arc::new(Expected { health, before }))
}

/// Has a watch look at pages, and returns how many it took until something was at fault, and what that was.
fn look(
    watch: &mut Watch,
    pages: impl IntoIterator<Item = PageSeen>,
) -> Option<(usize, HealthFault)> {
    pages.into_iter().enumerate().find_map(|(number, seen)| {
        let doubt = Doubt::Missing(vec!["price".to_owned()]);
        let doubt = seen.fields.iter().any(FieldSeen::is_missing).then_some(&doubt);
        let verdict = watch.look(seen, doubt, &format!("http://a.example/{number}"));
        verdict.faults.into_iter().next().map(|fault| (number + 1, fault))
    })
}

/// What a crawl gave in which each of 100 pages of a route had this many items with a price, of ten.
fn before(route: &str, items: usize) -> BTreeMap<String, PageCounts> {
    let mut counts = PageCounts::default();
    for _ in 0..100 {
        let mut seen = page(route, true);
        (1..10).for_each(|item| {
            seen.items += 1;
            seen.field("price".into(), item < items);
        });
        counts.add(&mut seen);
    }
    BTreeMap::from([(route.to_owned(), counts)])
}

#[test]
fn a_change_half_way_through_a_long_crawl_is_seen_soon() {
    let mut watch = watch(Health { min_fill: 0.9, ..Health::default() });
    assert_eq!(look(&mut watch, (0..10_000).map(|_| page("book", true))), None);
    let (pages, fault) =
        look(&mut watch, (0..1000).map(|number| page("book", number % 2 == 1))).unwrap();
    assert_eq!(pages, 41, "of the last 200, 21 are more than a tenth");
    assert_eq!((fault.code, fault.field.as_deref()), ("fill", Some("price")));
    assert_eq!(
        fault.message,
        "89.5% of the items of the last 200 pages have it, and at least 90% were to have it"
    );
    assert_eq!(fault.urls.len(), 5);
    assert_eq!(fault.urls[0], "http://a.example/40", "the latest comes first");
    let again = look(&mut watch, (0..1000).map(|_| page("book", false)));
    assert_eq!(again, None, "each fault is told once");
}

#[test]
fn nothing_is_said_of_few_pages_nor_of_few_items() {
    let health = Health { min_fill: 0.9, ..Health::default() };
    let mut short = watch(health.clone());
    assert_eq!(look(&mut short, (0..49).map(|_| page("book", false))), None);
    assert_eq!(look(&mut short, [page("book", false)]).unwrap().0, 1);
    let mut rare = watch(health);
    let pages = (0..200).map(|number| match number % 25 {
        0 => page("book", false),
        _ => PageSeen { route: "book".to_owned(), ..PageSeen::default() },
    });
    assert_eq!(look(&mut rare, pages), None, "eight items of 200 pages say little");
}

#[test]
fn a_field_may_have_a_share_of_its_own() {
    let fill = BTreeMap::from([("price".to_owned(), 0.4)]);
    let mut watch = watch(Health { min_fill: 0.9, fill, ..Health::default() });
    let pages = (0..300).map(|number| page("book", number % 2 == 0));
    assert_eq!(look(&mut watch, pages), None);
}

#[test]
fn an_item_that_is_left_out_lacks_its_field() {
    let mut watch = watch(Health { min_fill: 0.9, ..Health::default() });
    let pages = (0..100).map(|number| {
        let mut seen = page("book", true);
        if number % 2 == 0 {
            seen.left_out = 1;
            let faults = vec![("missing", 1)];
            seen.fields.push(FieldSeen { name: "isbn".into(), faults, ..FieldSeen::default() });
        }
        seen
    });
    let (pages, fault) = look(&mut watch, pages).unwrap();
    assert_eq!((pages, fault.field.as_deref()), (50, Some("isbn")));
    assert!(fault.message.starts_with("66.7% of"), "25 of 75 items: {}", fault.message);
}

#[test]
fn pages_that_fail_and_pages_that_give_less_are_faults() {
    let failing = |number: u32| match number % 4 {
        0 => PageSeen { route: "a".to_owned(), failed: true, ..PageSeen::default() },
        _ => page("a", true),
    };
    let mut failed = watch(Health::default());
    let (pages, fault) = look(&mut failed, (0..100).map(failing)).unwrap();
    assert_eq!((pages, fault.code, fault.field), (50, "failed_pages", None));
    let health = Health { min_items_per_page: 1.0, max_failed_pages: 1.0, ..Health::default() };
    let (_, fault) = look(&mut watch(health), (0..100).map(failing)).unwrap();
    assert_eq!(fault.code, "items_per_page");
}

#[test]
fn a_share_is_compared_with_that_of_the_crawl_before() {
    let pages = |filled: u32| (0..200).map(move |number| page("book", number % 10 < filled));
    let judged = |items, filled| {
        let health = Health { max_drop: 0.3, max_failed_pages: 1.0, ..Health::default() };
        let mut counts = before("book", items);
        let items = &mut counts.get_mut("book").unwrap().items;
        *items = 100;
        look(&mut watch_after(health, counts), pages(filled)).map(|(_, fault)| fault)
    };
    assert_eq!(judged(10, 8), None);
    let fault = judged(10, 6).unwrap();
    assert_eq!((fault.code, fault.field.as_deref()), ("fill_drop", Some("price")));
    assert_eq!(
        fault.message,
        "60% of the items of the last 50 pages have it, and 100% had it before"
    );
    assert_eq!(judged(2, 0), None, "so little was never sure");
}

#[test]
fn fewer_items_than_in_the_crawl_before_are_a_fault_and_so_is_a_field_that_is_gone() {
    let mut watch = watch_after(Health::default(), before("book", 10));
    let (pages, fault) = look(&mut watch, (0..100).map(|_| page("book", true))).unwrap();
    assert_eq!((pages, fault.code), (50, "items_drop"));
    assert_eq!(
        fault.message,
        "1.00 items from each of the last 50 pages, and there were 10.00 before"
    );
    let health = Health { max_drop: 0.95, ..Health::default() };
    let gone = Health { fill: BTreeMap::from([("price".to_owned(), 0.5)]), ..health };
    let mut watch = watch_after(gone, before("book", 10));
    let pages = (0..100).map(|_| {
        let mut seen = page("book", true);
        seen.fields.retain(|field| field.name != "price");
        seen
    });
    assert_eq!(look(&mut watch, pages).unwrap().1.field.as_deref(), Some("price"));
}

#[test]
fn a_page_is_in_doubt_only_for_what_is_judged() {
    let expected = |health| Expected { health, before: BTreeMap::new() };
    let missing = page("book", false);
    assert_eq!(expected(Health::default()).doubt(&missing), None);
    let strict = expected(Health { min_fill: 0.9, ..Health::default() });
    assert_eq!(strict.doubt(&missing), Some(Doubt::Missing(vec!["price".to_owned()])));
    assert_eq!(strict.doubt(&page("book", true)), None);
    let failed = PageSeen { failed: true, ..PageSeen::default() };
    assert_eq!(strict.doubt(&failed), Some(Doubt::Failed));
    assert_eq!(strict.doubt(&PageSeen::default()), None);
    let items = expected(Health { min_items_per_page: 0.1, ..Health::default() });
    assert_eq!(items.doubt(&PageSeen::default()), Some(Doubt::NoItems));
}

#[test]
fn further_routes_are_counted_and_pass_at_once() {
    let mut watch = watch(Health::default());
    for number in 0..70 {
        let seen = page(&format!("route {number}"), true);
        let verdict = watch.look(seen.clone(), None, "http://a.example/");
        assert_eq!(verdict.passed == Some(verdict.number), number >= 64);
        watch.count(seen);
    }
    let report = watch.report(0);
    assert_eq!((report.routes.len(), report.unwatched_pages), (64, 6));
    assert!(report.to_string().contains("and 54 routes with fewer pages\n"));
}

#[test]
fn the_report_shows_the_worst_fields_first() {
    let health = Health { min_fill: 0.9, max_drop: 1.0, ..Health::default() };
    let mut watch = watch_after(health, before("book", 10));
    for number in 0..60 {
        let seen = page("book", number < 40);
        let doubt = Doubt::Missing(vec!["price".to_owned()]);
        watch.look(seen.clone(), (number >= 40).then_some(&doubt), "http://a.example/7");
        if number < 40 {
            watch.count(seen);
        }
    }
    assert_eq!(
        watch.report(20).to_string().lines().collect::<Vec<_>>(),
        [
            "extraction health                        all      last    before",
            "  book: pages                             40        60       100",
            "    items                                 40        60      1000",
            "    price                               100%     66.7%      100%",
            "    title                               100%      100%      100%",
            "fault: route `book`, field `price`: 80% of the items of the last 50 pages have it, and at \
             least 90% were to have it; see http://a.example/7",
            "20 pages wait to be read again",
        ]
    );
}

#[test]
fn settings_that_cannot_be_are_named() {
    let wrong = |health: Health| health.check().unwrap_err().to_string();
    assert_eq!(
        wrong(Health { max_drop: 20.0, ..Health::default() }),
        "health.max_drop is 20, which is no share; write one from 0 to 1"
    );
    let fill = BTreeMap::from([("price".to_owned(), f64::NAN)]);
    let message = wrong(Health { fill, ..Health::default() });
    assert!(message.starts_with("health.fill.price is NaN"), "{message}");
    assert!(wrong(Health { after_pages: 0, ..Health::default() }).contains("after_pages"));
    let message = wrong(Health { min_items_per_page: -1.0, ..Health::default() });
    assert!(message.contains("min_items_per_page"), "{message}");
    assert!(Health::default().check().is_ok());
}

/// What random pages show: their route, whether they fail, which fields each item has, and which fields faults are
/// of.
fn pages() -> impl Strategy<Value = Vec<(u8, bool, Vec<u8>, Vec<u8>)>> {
    vec((0..3_u8, any::<bool>(), vec(0..8_u8, 0..4), vec(0..3_u8, 0..3)), 0..450)
}

fn seen(route: u8, failed: bool, items: &[u8], faults: &[u8]) -> PageSeen {
    let mut seen = PageSeen { route: route.to_string(), failed, ..PageSeen::default() };
    for &fault in faults {
        let name = FIELDS[usize::from(fault)].into();
        seen.left_out += 1;
        let faults = vec![("parse", 1)];
        match seen.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.faults[0].1 += 1,
            None => seen.fields.push(FieldSeen { name, faults, ..FieldSeen::default() }),
        }
    }
    for item in items {
        seen.items += 1;
        for (bit, name) in FIELDS.into_iter().enumerate() {
            seen.field(name.into(), item & (1 << bit) != 0);
        }
    }
    seen
}

/// Counts pages one by one, the plain way.
fn naive<'p>(pages: impl Iterator<Item = &'p (u8, bool, Vec<u8>, Vec<u8>)>) -> PageCounts {
    let mut counts = PageCounts::default();
    let mut fields: BTreeMap<&str, FieldCounts> = BTreeMap::new();
    for (_, failed, items, faults) in pages {
        counts.pages += 1;
        counts.failed += u64::from(*failed);
        counts.without_items += u64::from(items.is_empty());
        counts.items += items.len() as u64;
        counts.left_out += faults.len() as u64;
        for (bit, name) in FIELDS.into_iter().enumerate() {
            let filled = items.iter().filter(|item| *item & (1 << bit) != 0).count() as u64;
            let faulty = faults.iter().filter(|fault| usize::from(**fault) == bit).count() as u64;
            if items.is_empty() && faulty == 0 {
                continue;
            }
            let field = fields.entry(name).or_default();
            field.filled += filled;
            field.empty += items.len() as u64 - filled;
            if faulty > 0 {
                *field.faults.entry("parse".into()).or_default() += faulty;
            }
        }
    }
    counts.fields = fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
    counts
}

proptest! {
    #[test]
    fn the_sums_of_a_crawl_and_of_its_last_pages_are_those_of_a_naive_count(pages in pages()) {
        let mut watch = watch(Health::default());
        let mut passed = Vec::new();
        for (route, failed, items, faults) in &pages {
            let seen = seen(*route, *failed, items, faults);
            watch.count(seen.clone());
            passed.extend(watch.look(seen, None, "http://a.example/").passed);
        }
        let report = watch.report(0);
        let (mut known, mut left) = (0, 0);
        for route in 0..3 {
            let of_route: Vec<_> = pages.iter().filter(|page| page.0 == route).collect();
            let Some(health) = report.routes.get(&route.to_string()) else {
                assert!(of_route.is_empty());
                continue;
            };
            known += 1;
            left += of_route.len().saturating_sub(200);
            assert_eq!(health.total, naive(of_route.iter().copied()));
            let last = of_route.iter().rev().take(200).copied();
            assert_eq!(health.recent, naive(last));
        }
        assert_eq!((report.routes.len(), passed.len()), (known, left));
    }
}
