//! The conformance tables of link extraction, through the public functions alone.

use std::collections::BTreeSet;

use dragline_parse::{Facts, Link, LinkKind, LinkKinds, reference, resolve, scan};
use serde_json::Value;
use url::Url;

fn cases(json: &str) -> Vec<Value> {
    let table: Value = serde_json::from_str(json).expect("the table is JSON");
    table["cases"].as_array().expect("the table has cases").clone()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().map_or(Vec::new(), |list| list.iter().filter_map(Value::as_str).collect())
}

#[test]
fn links_agree_with_the_table() {
    let kinds: LinkKinds = "a,area,refresh,frame,iframe".parse().unwrap();
    for case in cases(include_str!("data/link_extraction.json")) {
        let name = case["name"].as_str().unwrap();
        let page = Url::parse(case["base"].as_str().unwrap()).unwrap();
        let html = case["html"].as_str().unwrap();
        let facts = reference(html);
        if let Ok(scanned) = scan(html) {
            assert_eq!(scanned, facts, "{name}");
            assert!(scanned.links().eq(facts.links()), "{name}");
        }
        let found: Vec<(Url, Link<'_>)> = resolve(&page, &facts, kinds).collect();

        // The table counts a reference to the page itself as a link; a crawler has that page.
        let mut expected = strings(&case["links"]);
        expected.retain(|&url| name != "fragment_only" || url != page.as_str());
        let urls: Vec<&str> = found.iter().map(|(url, _)| url.as_str()).collect();
        assert_eq!(urls, expected, "{name}");

        let nofollow = found.iter().filter(|(_, link)| link.nofollow);
        let nofollow: BTreeSet<&str> = nofollow.map(|(url, _)| url.as_str()).collect();
        assert_eq!(nofollow, strings(&case["nofollow"]).into_iter().collect(), "{name}");

        let canonical = resolve(&page, &facts, [LinkKind::Canonical].into_iter().collect()).next();
        let canonical = canonical.map(|(url, _)| url.to_string());
        assert_eq!(canonical.as_deref(), case["canonical"].as_str(), "{name}");
    }
}

#[test]
fn refresh_targets_agree_with_the_table() {
    let page = Url::parse("http://h.test/d/p").unwrap();
    for case in cases(include_str!("data/meta_refresh.json")) {
        let content = case["content"].as_str().unwrap();
        let escaped = content.replace('&', "&amp;").replace('"', "&quot;");
        let html = format!("<meta http-equiv=refresh content=\"{escaped}\">");
        let facts = reference(&html);
        assert_eq!(scan(&html), Ok(facts.clone()), "{content:?}");
        let delay = facts.refresh().map(|refresh| refresh.delay.as_secs());
        assert_eq!(delay, case["expected"][0].as_u64(), "{content:?}");
        let found = target(&page, &facts);
        // A refresh of the page itself, an empty target in the table, is not a link.
        let expected = case["expected"][1].as_str().filter(|target| !target.is_empty());
        let expected = expected.map(|target| page.join(target).unwrap());
        assert_eq!(found, expected, "{content:?}");
    }
}

fn target(page: &Url, facts: &Facts) -> Option<Url> {
    let kinds = [LinkKind::Refresh].into_iter().collect();
    resolve(page, facts, kinds).next().map(|(url, _)| url)
}
