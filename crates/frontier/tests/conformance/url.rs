//! Canonical URLs against every URL of the URL standard's test data.

use dragline_frontier::{Canonical, FingerprintKey, NotCrawlable};
use serde_json::Value;
use url::Url;

const KEY: FingerprintKey = FingerprintKey::from_bits(1);

#[test]
fn every_http_url_of_the_standard_has_one_stable_normal_form() {
    let file: Value = serde_json::from_str(include_str!("../data/urltestdata.json")).unwrap();
    let mut crawlable = 0;
    for case in file.as_array().unwrap().iter().filter(|case| case.is_object()) {
        let input = case["input"].as_str().unwrap();
        let parsed = match case["base"].as_str() {
            Some(base) => Url::parse(base).and_then(|base| base.join(input)),
            None => Url::parse(input),
        };
        let Ok(url) = parsed else {
            assert!(Canonical::parse(input).is_err(), "{input:?}");
            continue;
        };
        let canonical = match Canonical::new(url.clone()) {
            Ok(canonical) => canonical,
            Err(error) => {
                assert_eq!(error, NotCrawlable::Scheme(url.scheme().to_owned()));
                continue;
            }
        };
        assert!(matches!(url.scheme(), "http" | "https"), "{input:?}");
        let again = Canonical::parse(canonical.url().as_str()).unwrap();
        assert_eq!(again, canonical, "{input:?}");
        assert_eq!(again.fingerprint(KEY), canonical.fingerprint(KEY), "{input:?}");
        assert_eq!(canonical.url().host(), url.host(), "{input:?}");
        assert_eq!(canonical.url().fragment(), None, "{input:?}");
        assert!(canonical.host_key().as_str().starts_with(url.scheme()), "{input:?}");
        crawlable += 1;
    }
    assert!(crawlable > 200, "only {crawlable} cases were http or https");
}
