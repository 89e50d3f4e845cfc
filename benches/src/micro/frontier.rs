//! What deciding about a URL and noting a page cost.

use std::hint::black_box;
use std::sync::Arc;

use dragline_benches::Site;
use dragline_frontier::{
    Admission, Canonical, Directory, FingerprintKey, Pending, Robots, Rule, Scope, ScopeConfig,
    Step,
};
use dragline_parse::{LinkKinds, resolve, scan, text_sample};
use url::Url;

use crate::Benchmark;
use crate::bencher::Bencher;
use crate::pages::{documentation, page_url, site};

pub(crate) const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "canonical_url",
        what: "a URL parsed, made canonical, and fingerprinted",
        iterations: 200_000,
        counted: 5_000,
        run: canonical_url,
    },
    Benchmark {
        name: "admit_links",
        what: "the links of the documentation page: scope, traps, fingerprint",
        iterations: 10_000,
        counted: 200,
        run: admit_links,
    },
    Benchmark {
        name: "robots_decision",
        what: "a path held against 60 rules of a robots.txt",
        iterations: 100_000,
        counted: 2_000,
        run: robots_decision,
    },
    Benchmark {
        name: "visited_page",
        what: "a new page of 50 KB compared with those before it, its sample included",
        iterations: 1_000,
        counted: 100,
        run: visited_page,
    },
];

fn links() -> Vec<String> {
    let page = documentation();
    let facts = scan(&page).unwrap();
    resolve(&page_url(), &facts, LinkKinds::default()).map(|(url, _)| url.to_string()).collect()
}

fn admission() -> (Admission, Pending) {
    let url = page_url();
    let scope = Scope::new(&ScopeConfig::default(), [&url]).unwrap();
    let key = FingerprintKey::from_bits(7);
    let admission = Admission::new(scope, Arc::new(Directory::default()), key, None);
    let page = admission.seed(url, None).unwrap();
    (admission, page)
}

fn canonical_url(bencher: &mut Bencher) {
    let (links, key) = (links(), FingerprintKey::from_bits(7));
    let iterations = bencher.iterations();
    bencher.measure(|| {
        for link in links.iter().cycle().take(iterations as usize) {
            black_box(Canonical::parse(link).unwrap().fingerprint(key));
        }
    });
}

fn admit_links(bencher: &mut Bencher) {
    let (admission, page) = admission();
    let (links, referrer) = (links(), Arc::from(page.url()));
    let iterations = bencher.iterations();
    bencher.measure(|| {
        for _ in 0..iterations {
            for link in &links {
                black_box(admission.link_str(link, &page, &referrer, Step::Link, None).unwrap());
            }
        }
    });
}

fn robots_decision(bencher: &mut Bencher) {
    let rules = (0..60).map(|rule| match rule % 4 {
        0 => format!("Disallow: /private/{rule}/\n"),
        1 => format!("Disallow: /*/{rule}/print$\n"),
        2 => format!("Allow: /private/{rule}/open\n"),
        _ => format!("Disallow: /search{rule}?q=\n"),
    });
    let file: String = std::iter::once("User-agent: *\n".to_owned()).chain(rules).collect();
    let robots = Robots::parse(file.as_bytes(), "dragline");
    let iterations = bencher.iterations();
    bencher.measure(|| {
        for number in 0..iterations {
            let rule = robots.rule(&Site::path(number));
            assert_eq!(rule, Rule::Allowed { line: None });
        }
    });
}

fn visited_page(bencher: &mut Bencher) {
    let (admission, seed) = admission();
    let (site, referrer) = (site(), Arc::from(seed.url()));
    let (base, iterations) = (page_url(), bencher.iterations());
    let pages: Vec<(Pending, String)> = (0..iterations)
        .map(|number| {
            let url: Url = base.join(&Site::path(number)).unwrap();
            let pending = admission.link(url, &seed, &referrer, Step::Link, None).unwrap();
            (pending, site.page(0, number))
        })
        .collect();
    bencher.measure(|| {
        for (pending, page) in &pages {
            black_box(
                admission.visited(pending, page.as_bytes(), || Some(text_sample(page, 16 * 1024))),
            );
        }
    });
}
