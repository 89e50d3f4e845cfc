//! What is admitted, in which band, and why the rest is not.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::{prop_assert_eq, proptest};
use url::Url;

use super::{Admission, Content, Skip, Step};
use crate::canonical::FingerprintKey;
use crate::directory::Directory;
use crate::pending::Pending;
use crate::scope::{Scope, ScopeConfig, ScopeKind};
use crate::trap::TrapConfig;

/// 22 November 2026.
const NOW: Duration = Duration::from_secs(20_779 * 86_400);

struct Site {
    admission: Admission,
    seed: Pending,
    referrer: Arc<str>,
}

impl Site {
    fn new(config: TrapConfig) -> Self {
        let scope = ScopeConfig { kind: ScopeKind::Domain, ..ScopeConfig::default() };
        let scope = Scope::new(&scope, []).unwrap();
        let key = FingerprintKey::from_bits(7);
        let admission =
            Admission::new(scope, Arc::new(Directory::default()), key, None).traps(config, NOW);
        let seed = admission.seed(Url::parse("http://a.example/").unwrap(), None).unwrap();
        let referrer = Arc::from(seed.url());
        Self { admission, seed, referrer }
    }

    fn link(&self, target: &str) -> Result<Pending, Skip> {
        self.link_from(&self.seed, target)
    }

    fn link_from(&self, from: &Pending, target: &str) -> Result<Pending, Skip> {
        let url = format!("http://a.example{target}");
        self.admission.link_str(&url, from, &self.referrer, Step::Link, None)
    }

    /// Fetches pages that all say the same, each found on the one before.
    fn repeat(&self, pages: u32, path: &str) -> Pending {
        let mut page = self.seed.clone();
        for number in 0..pages {
            let Ok(next) = self.link_from(&page, &format!("{path}{number}")) else { continue };
            page = next;
            self.admission.visited(&page, b"<p>again", || Some("again".to_owned()));
        }
        page
    }
}

#[test]
fn the_band_follows_the_depth_and_a_redirect_keeps_it() {
    let site = Site::new(TrapConfig::default());
    let mut page = site.seed.clone();
    let mut bands = vec![page.band()];
    for depth in 1..=7 {
        page = site.link_from(&page, &format!("/{depth}")).unwrap();
        bands.push(page.band());
    }
    assert_eq!(bands, [0, 1, 1, 2, 2, 2, 3, 3]);
    let from = site.link("/a").unwrap().in_band(9);
    let target = Url::parse("http://a.example/b").unwrap();
    let target = site.admission.link(target, &from, &site.referrer, Step::Redirect, None).unwrap();
    assert_eq!((target.band(), target.depth(), target.redirects()), (3, 1, 1));
}

#[test]
fn dates_far_ahead_end_a_calendar_but_not_a_page_that_has_one() {
    let site = Site::new(TrapConfig::default());
    assert!(site.link("/event/2029/01/05").is_ok());
    for day in 0..55 {
        let target = format!("/event/2026/{:02}/{:02}", day / 28 + 1, day % 28 + 1);
        assert!(site.link(&target).is_ok());
    }
    assert_eq!(site.link("/event/2029/01/05"), Err(Skip::ManyDates));
    assert!(site.link("/event/2027/10/05").is_ok(), "less than a year ahead");
    assert!(site.link("/event/1950/10/05").is_ok(), "perhaps an archive");
}

#[test]
fn numbers_like_dates_are_no_dates_where_others_are_none() {
    let site = Site::new(TrapConfig::default());
    for post in 1..=2190 {
        assert!(site.link(&format!("/post/{post}/{}", post % 40)).is_ok(), "{post}");
    }
}

#[test]
fn an_archive_whose_days_all_say_something_is_followed() {
    let site = Site::new(TrapConfig::default());
    for day in 0..3000_u32 {
        let (year, month, day) = (2015 + day / 336, day % 336 / 28 + 1, day % 28 + 1);
        let page = site.link(&format!("/{year}/{month:02}/{day:02}")).unwrap();
        let text = format!("a{month}b{day} told {year} of").replace(char::is_numeric, "")
            + &format!("{:x}", year * 7919 + month * 104_729 + day).replace(char::is_numeric, "q");
        site.admission.visited(&page, format!("{year}{month}{day}").as_bytes(), || {
            Some(letters(u64::from(year * 10_000 + month * 100 + day)) + &text)
        });
    }
    assert!(site.link("/2016/07/30").is_ok());
    assert!(site.admission.paused().is_empty());
}

/// Forty words without a digit.
fn letters(seed: u64) -> String {
    let mut state = seed;
    let mut text = String::new();
    for _ in 0..40 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
        text.extend((0..4).map(|digit| char::from(b'a' + (state >> (40 + digit * 4) & 15) as u8)));
        text.push(' ');
    }
    text
}

#[test]
fn ids_in_the_query_are_no_combinations_and_filters_are() {
    let site = Site::new(TrapConfig::default());
    for id in 0..5000 {
        assert!(site.link(&format!("/topic?id={id}&start={}", id % 7)).is_ok(), "{id}");
    }
    let mut admitted = 0;
    for combination in 0..5000 {
        let (a, b, c) = (combination % 20, combination / 20 % 20, combination / 400);
        for _ in 0..3 {
            let target = format!("/list?size={a}&color={b}&sort={c}");
            admitted += u32::from(site.link(&target).is_ok());
        }
    }
    assert!((3 * 900..=3 * 1100).contains(&admitted), "{admitted}");
}

#[test]
fn pages_that_repeat_one_another_come_last_then_not_at_all() {
    let site = Site::new(TrapConfig::default());
    let last = site.repeat(120, "/day/");
    assert_eq!(site.link_from(&last, "/day/x120").unwrap().band(), 3);
    let last = site.repeat(400, "/day/");
    assert_eq!(site.admission.paused(), ["http://a.example/day/{n}".into()]);
    let skipped = (1000..2000).filter(|day| site.link_from(&last, &format!("/day/{day}")).is_err());
    let skipped = skipped.count();
    assert!((900..=980).contains(&skipped), "a twentieth is still looked at: {skipped}");
    assert_eq!(site.link("/day/1001").unwrap().band(), 3, "a seed may link to it");
    assert!(site.admission.samples()["trap"].starts_with("http://a.example/day/"));
}

#[test]
fn a_form_that_says_something_new_again_is_followed_again() {
    let site = Site::new(TrapConfig::default());
    let last = site.repeat(400, "/day/");
    assert_eq!(site.admission.paused().len(), 1);
    for number in 5000..6000 {
        let Ok(page) = site.link_from(&last, &format!("/day/{number}")) else { continue };
        let text = letters(number);
        site.admission.visited(&page, text.as_bytes(), || Some(text.clone()));
    }
    assert!(site.admission.paused().is_empty());
}

#[test]
fn what_waits_is_reconsidered_and_seeds_are_not() {
    let site = Site::new(TrapConfig::default());
    let early = site.link("/day/7777").unwrap();
    let on_day: Vec<_> = (9000..9100)
        .map(|day| {
            let url = format!("http://a.example/day/{day}");
            let referrer = Arc::from("http://a.example/day/1");
            site.admission.link_str(&url, &early, &referrer, Step::Link, None).unwrap()
        })
        .collect();
    site.repeat(400, "/day/");
    let dropped = on_day.iter().filter(|page| site.admission.reconsider(page).is_err()).count();
    assert!((80..100).contains(&dropped), "{dropped}");
    assert_eq!(site.admission.reconsider(&site.seed), Ok(()));
}

#[test]
fn a_body_is_new_once() {
    let site = Site::new(TrapConfig::default());
    let visit =
        |target, body: &[u8]| site.admission.visited(&site.link(target).unwrap(), body, || None);
    assert_eq!(visit("/a", b"one").content, Content::New);
    assert_eq!(visit("/b", b"two").content, Content::New);
    assert_eq!(visit("/c", b"one").content, Content::Repeated);
}

#[test]
fn hosts_with_some_equal_pages_and_pages_of_their_own_are_no_mirrors() {
    let site = Site::new(TrapConfig::default());
    let visit = |host: &str, number: u32, body: &str| {
        let url = format!("http://{host}.a.example/{number}");
        let (from, referrer) = (&site.seed, &site.referrer);
        let page = site.admission.link_str(&url, from, referrer, Step::Link, None);
        page.map(|page| site.admission.visited(&page, body.repeat(300).as_bytes(), || None))
    };
    for number in 0..500 {
        let shared = format!("{number} ");
        visit("en", number, &shared).unwrap();
        let own = if number % 10 == 0 { format!("{number} de") } else { shared };
        visit("de", number, &own).unwrap();
    }
    let mirrored = (0..500).filter(|number| {
        let body = format!("{number} ");
        visit("www", *number, &body).is_ok()
    });
    let mirrored = mirrored.count();
    assert!((50..100).contains(&mirrored), "{mirrored}");
}

proptest! {
    #[test]
    fn text_and_url_are_answered_alike(
        tail in "[a-c%A-F0-9./?&=;'|]{0,24}",
        host in "(a\\.example|b\\.a\\.example|c\\.example|A\\.example|a\\.example:8080)",
    ) {
        let text = format!("http://{host}/{tail}");
        let site = Site::new(TrapConfig::default());
        let as_text = site.admission.link_str(&text, &site.seed, &site.referrer, Step::Link, None);
        let url = Url::parse(&text).unwrap();
        let as_url = site.admission.link(url, &site.seed, &site.referrer, Step::Link, None);
        prop_assert_eq!(as_text, as_url);
    }
}

#[test]
fn what_leads_elsewhere_is_out_of_scope_unless_it_is_excluded_or_too_long() {
    let exclude = vec!["secret".to_owned()];
    let config = ScopeConfig { exclude, ..ScopeConfig::default() };
    for config in [config, ScopeConfig::default()] {
        let scope = Scope::new(&config, []).unwrap();
        let key = FingerprintKey::from_bits(7);
        let admission = Admission::new(scope, Arc::new(Directory::default()), key, None);
        let seed = admission.seed(Url::parse("http://a.example/").unwrap(), None).unwrap();
        let referrer: Arc<str> = "http://a.example/".into();
        // What a parser escapes gets longer.
        for tail in ["x", "secret", "%41", &"\u{7f}".repeat(2700), &"\u{7f}".repeat(2800)] {
            for host in ["b.example", "a.example:81", "a.example"] {
                let text = format!("http://{host}/{tail}");
                let as_text = admission.link_str(&text, &seed, &referrer, Step::Link, None);
                let url = Url::parse(&text).unwrap();
                let as_url = admission.link(url, &seed, &referrer, Step::Link, None);
                assert_eq!(as_text, as_url, "{text}");
            }
        }
    }
}

#[test]
fn a_sitemap_may_lie_outside_the_folder_and_the_patterns_but_not_on_a_foreign_host() {
    let config = ScopeConfig {
        kind: ScopeKind::Prefix,
        include: vec!["/docs/".to_owned()],
        exclude: vec!["secret".to_owned()],
    };
    let scope = Scope::new(&config, []).unwrap();
    let key = FingerprintKey::from_bits(7);
    let admission = Admission::new(scope, Arc::new(Directory::default()), key, Some(0));
    let seed = admission.seed(Url::parse("http://a.example/docs/").unwrap(), None).unwrap();
    let robots: Arc<str> = "http://a.example/robots.txt".into();
    let sitemap = |url: &str, redirects| {
        admission.sitemap(Url::parse(url).unwrap(), &robots, redirects, Some([1].into()))
    };

    let map = sitemap("http://a.example/map.xml#x", 0).unwrap();
    assert_eq!((map.url(), map.host(), map.band()), ("http://a.example/map.xml", seed.host(), 0));
    assert_eq!((map.depth(), map.payload()), (0, Some(&[1_u8][..])));
    assert!(sitemap("https://a.example/map.xml", 0).is_ok());
    assert_eq!(sitemap("http://a.example:81/map.xml", 0), Err(Skip::OutOfScope));
    assert_eq!(sitemap("http://b.example/docs/map.xml", 0), Err(Skip::OutOfScope));
    assert_eq!(sitemap("http://a.example.b.example/map.xml", 0), Err(Skip::OutOfScope));
    assert_eq!(sitemap("http://a.example/secret.xml", 0), Err(Skip::Excluded));
    assert!(matches!(sitemap("ftp://a.example/map.xml", 0), Err(Skip::NotCrawlable(_))));
    assert!(sitemap("http://a.example/2.xml", 20).is_ok());
    assert!(matches!(sitemap("http://a.example/2.xml", 21), Err(Skip::TooManyRedirects { .. })));

    let listed =
        |url: &str| admission.link(Url::parse(url).unwrap(), &map, &robots, Step::Listed, None);
    let page = listed("http://a.example/docs/a").unwrap();
    assert_eq!((page.depth(), page.band()), (0, 0), "as a seed, whatever the depth limit");
    assert_eq!(listed("http://a.example/other"), Err(Skip::OutOfScope), "nothing was widened");
}

#[test]
fn only_what_a_link_led_to_and_was_handed_over_is_known() {
    let site = Site::new(TrapConfig::default());
    let known = |target: &str| {
        let url = format!("http://a.example{target}");
        site.admission.knows(&url, &site.seed)
    };
    let found = ["/a", "/b?c", "/2026/11/22/d"].map(|target| site.link(target).unwrap());
    assert!(!known("/a"));
    site.admission.handing_over(&found);
    site.admission.handing_over(std::slice::from_ref(&site.seed));
    assert!(known("/a"));
    assert!(!known("/A"));
    assert!(!known("/"), "a seed may lie where no link may lead");
    assert!(!known("/b?c"), "links with a query are counted");
    assert!(!known("/2026/11/22/d"), "links with a date are counted");
}

#[test]
fn a_link_that_may_be_refused_now_is_not_known() {
    let site = Site::new(TrapConfig { max_pages_per_host: Some(1), ..TrapConfig::default() });
    let found = [site.link("/a").unwrap()];
    site.admission.handing_over(&found);
    assert!(!site.admission.knows(found[0].url(), &site.seed));

    let directory = Arc::new(Directory::default());
    let scope = Scope::new(&ScopeConfig::default(), []).unwrap();
    let admission = Admission::new(scope, directory, FingerprintKey::from_bits(7), Some(1));
    let seed = admission.seed(Url::parse("http://a.example/").unwrap(), None).unwrap();
    let referrer = Arc::from(seed.url());
    let link = |from: &Pending| {
        admission.link_str("http://a.example/a", from, &referrer, Step::Link, None)
    };
    let found = [link(&seed).unwrap()];
    admission.handing_over(&found);
    assert!(admission.knows(found[0].url(), &seed));
    assert!(!admission.knows(found[0].url(), &found[0]), "it lies too deep from there");
}
