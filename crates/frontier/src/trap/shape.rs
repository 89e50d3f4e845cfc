//! What a URL alone tells: how long, how deep, how repetitive. Pure; no table is asked.

use crate::admission::Skip;
use crate::canonical::Parts;
use crate::trap::TrapConfig;

/// Segments of a path that are compared with one another, at most.
const COMPARED: usize = 64;
/// The longest group of segments whose repetition is noticed.
const LONGEST_GROUP: usize = 4;

/// Checks one URL for itself.
pub(crate) fn check(config: &TrapConfig, url: &Parts<'_>) -> Result<(), Skip> {
    if url.text.len() > config.max_url {
        return Err(Skip::LongUrl);
    }
    let path = url.path.strip_suffix('/').unwrap_or(url.path);
    let count = path.bytes().filter(|byte| *byte == b'/').count();
    if count > config.max_segments {
        return Err(Skip::LongPath);
    }
    let max_repeats = config.max_repeats.max(1);
    if count > max_repeats && repeats(path, max_repeats) {
        return Err(Skip::RepeatedPath);
    }
    if url.query.is_some() && url.parameters().count() > config.max_parameters {
        return Err(Skip::ManyParameters);
    }
    Ok(())
}

/// Tells whether a group of segments stands more than `most` times behind itself.
fn repeats(path: &str, most: usize) -> bool {
    let mut segments = [""; COMPARED];
    let mut count = 0;
    for (place, segment) in segments.iter_mut().zip(path.split('/').skip(1)) {
        *place = segment;
        count += 1;
    }
    let segments = &segments[..count];
    (1..=LONGEST_GROUP).any(|group| {
        let mut run = 0;
        segments.iter().zip(segments.iter().skip(group)).any(|(first, again)| {
            run = if first == again { run + 1 } else { 0 };
            run >= group * most
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(target: &str) -> Option<Skip> {
        let url = format!("http://a.example{target}");
        check(&TrapConfig::default(), &Parts::plain(&url).unwrap()).err()
    }

    #[test]
    fn a_path_may_repeat_itself_three_times() {
        for target in ["/a/a/a/b/a", "/a/b/a/b/a/b/a", "/2011/11/11/11/", "/", "/a/a/a/"] {
            assert_eq!(skip(target), None, "{target}");
        }
        for target in ["/a/a/a/a", "/x/a/b/a/b/a/b/a/b/", "/a/b/c/d/a/b/c/d/a/b/c/d/a/b/c/d"] {
            assert_eq!(skip(target), Some(Skip::RepeatedPath), "{target}");
        }
    }

    #[test]
    fn limits_hold_to_the_last_byte_segment_and_parameter() {
        let long = "x".repeat(2048 - "http://a.example/".len());
        assert_eq!(skip(&format!("/{long}")), None);
        assert_eq!(skip(&format!("/{long}x")), Some(Skip::LongUrl));
        let deep: String = (0..20).map(|segment| format!("/{segment}")).collect();
        assert_eq!(skip(&format!("{deep}/")), None);
        assert_eq!(skip(&format!("{deep}/x")), Some(Skip::LongPath));
        let wide: String = (0..12).map(|parameter| format!("&{parameter}=1")).collect();
        assert_eq!(skip(&format!("/?{wide}")), None);
        assert_eq!(skip(&format!("/?{wide}&x")), Some(Skip::ManyParameters));
    }
}
