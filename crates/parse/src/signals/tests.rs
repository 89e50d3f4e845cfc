//! Tests of robots signals: whom they concern, and what is left of several.

use proptest::prelude::*;

use super::{ImagePreview, Permission, Signals};
use crate::date::Date;

const AGENT: &str = "dragline";

fn header(value: &str) -> Signals {
    Signals::default().header(value, AGENT)
}

fn denied(signals: &Signals) -> Vec<&'static str> {
    let all = [
        ("index", signals.index),
        ("follow", signals.follow),
        ("archive", signals.archive),
        ("snippet", signals.snippet),
        ("image_index", signals.image_index),
        ("translate", signals.translate),
    ];
    all.into_iter()
        .filter(|(_, asked)| *asked == Permission::Denied)
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn every_rule_denies_what_it_names() {
    for (rule, expected) in [
        ("noindex", vec!["index"]),
        ("NoFollow", vec!["follow"]),
        ("none", vec!["index", "follow"]),
        ("noarchive", vec!["archive"]),
        ("nosnippet", vec!["snippet"]),
        ("noimageindex", vec!["image_index"]),
        ("notranslate", vec!["translate"]),
        ("all, index, follow, unknown", vec![]),
        ("index,noindex , follow,,", vec!["index"]),
    ] {
        assert_eq!(denied(&header(rule)), expected, "{rule}");
        assert_eq!(header(rule), Signals::default().meta("ROBOTS", rule, AGENT), "{rule}");
    }
}

#[test]
fn headers_count_for_the_crawler_they_name() {
    assert_eq!(denied(&header("otherbot: noindex, nofollow")), [""; 0]);
    assert_eq!(denied(&header("DragLine: noindex, nofollow")), ["index", "follow"]);
    assert_eq!(denied(&header("otherbot: noindex, dragline: nofollow")), ["follow"]);
    assert_eq!(denied(&header("noarchive, otherbot: noindex, nofollow")), ["archive"]);
    assert_eq!(denied(&header("*: noindex")), ["index"]);
    assert_eq!(denied(&header("draglinebot: noindex")), [""; 0]);
}

#[test]
fn metas_count_by_their_name() {
    let meta = |name: &str| denied(&Signals::default().meta(name, "noindex", AGENT)).len();
    assert_eq!((meta("robots"), meta(" Dragline "), meta("otherbot"), meta("")), (1, 1, 0, 0));
    let signals = Signals::default().meta("robots", "future: noindex, nofollow", AGENT);
    assert_eq!(denied(&signals), ["follow"]);
}

#[test]
fn dates_may_have_commas_and_colons() {
    for date in [
        "Fri, 02 Jan 2026 03:04:05 GMT",
        "Friday, 02-Jan-26 03:04:05 GMT",
        "2 Jan 2026 03:04:05 GMT",
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:04:05Z",
    ] {
        let expected = Date::read("2026-01-02T03:04:05Z").time();
        for value in [
            format!("unavailable_after: {date}, noindex"),
            format!("dragline: unavailable_after: {date}, noindex"),
            format!("otherbot: nofollow, dragline: noindex, unavailable_after:{date}"),
        ] {
            assert_eq!(header(&value).unavailable_after, expected, "{value}");
            assert_eq!(denied(&header(&value)), ["index"], "{value}");
        }
        assert_eq!(header(&format!("otherbot: unavailable_after: {date}")), Signals::default());
    }
    let unknown = header("unavailable_after: tomorrow, noindex");
    assert_eq!((unknown.unavailable_after, denied(&unknown)), (None, vec!["index"]));
}

#[test]
fn the_lowest_limit_counts() {
    let signals = header("max-snippet: 50, max-image-preview:large, max-video-preview: -1")
        .header("max-snippet:20, max-image-preview: standard", AGENT)
        .meta("robots", "max-snippet:-1, max-image-preview:huge", AGENT);
    assert_eq!(signals.max_snippet, Some(20));
    assert_eq!(signals.max_image_preview, Some(ImagePreview::Standard));
    assert_eq!(signals.max_video_preview, None);
    let soonest = header("unavailable_after: 2026-05-01, unavailable_after: 2026-02-01");
    assert_eq!(soonest.unavailable_after, Date::read("2026-02-01").time());
}

proptest! {
    #[test]
    fn any_text_is_read_and_never_loosens(
        value in "(noindex|dragline|bot|unavailable_after|max-snippet|Fri|1 Jan 2026|[:, -]|\\PC){0,16}",
    ) {
        let before = header("noindex, max-snippet: 3");
        let after = before.clone().header(&value, AGENT).meta("robots", &value, AGENT);
        prop_assert_eq!(after.index, Permission::Denied);
        prop_assert!(after.max_snippet <= before.max_snippet && after.max_snippet.is_some());
    }
}
