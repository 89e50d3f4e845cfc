//! Any robots.txt and any path: never a panic, and what the standard promises holds.

#![no_main]

use dragline_frontier::{Robots, Rule};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len());
    let (path, file) = data.split_at(end);
    let path = String::from_utf8_lossy(path);
    let robots = Robots::parse(file, "dragline");
    let rule = robots.rule(&path);
    if let Rule::Allowed { line: Some(line) } | Rule::Disallowed { line: Some(line) } = rule {
        assert!(line >= 1 && line as usize <= file.len(), "the line is of the file");
    }
    assert_eq!(robots.rule("/robots.txt"), Rule::Allowed { line: None });
    assert!(robots.sitemaps().len() <= 1_000);
    assert!(robots.crawl_delay().is_none_or(|delay| delay.as_secs() <= 86_400));
});
