//! Robots rules against RFC 9309 and against what the parser of a large search engine does beyond it.

use dragline_frontier::{Robots, RobotsAnswer, Rule};
use serde_json::Value;

/// The checks of tier `google` that do not hold here, by the name of the case and the number of
/// the check in it, each with the reason.
const DIFFERENT: [(&str, usize, &str); 5] = [
    // An agent is cut to its product token like a `User-agent` line is, so that a whole user agent
    // may be passed; "Foo Bar" is therefore Foo.
    ("AcceptUserAgentUpToFirstSpace#1", 1, "agent is cut to its product token"),
    // Both sides are normalised, so a path that is not escaped yet equals its escaped form.
    ("Encoding#2", 1, "path is escaped before it is compared"),
    ("Encoding#3", 1, "path is escaped before it is compared"),
    // RFC 9309 section 2.2.2 decodes unreserved characters before it compares.
    ("Encoding#4", 0, "RFC 9309 says the opposite"),
    // An `Allow` for index.html would allow more than the file says.
    ("IndexHTMLisDirectory#1", 0, "a folder is not its index.html"),
];

fn data(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).expect("the data is JSON");
    file["cases"].as_array().expect("the data is a list of cases").clone()
}

#[test]
fn every_case_holds_or_differs_for_a_reason() {
    let mut failures = Vec::new();
    let mut different = 0;
    let mut checks = 0;
    for case in data(include_str!("../data/robots_cases.json")) {
        let name = case["name"].as_str().unwrap();
        let body = match case["robots_txt"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => base64(case["robots_b64"].as_str().unwrap()),
        };
        for (number, check) in case["checks"].as_array().unwrap().iter().enumerate() {
            let tier = check["tier"].as_str().or(case["tier"].as_str()).unwrap();
            let robots = Robots::parse(&body, check["agent"].as_str().unwrap());
            let rule = robots.rule(path(check["url"].as_str().unwrap()));
            let holds = matches!(rule, Rule::Allowed { .. }) == check["allowed"].as_bool().unwrap();
            let excused = DIFFERENT.iter().any(|&(of, which, _)| (of, which) == (name, number));
            assert!(!excused || tier == "google", "{name} is required and cannot differ");
            // A difference that holds after all is as wrong as a check that fails.
            if holds == excused {
                failures.push(format!("{tier} {name} check {number}: {rule:?}"));
            }
            checks += 1;
            different += usize::from(excused);
        }
    }
    assert_eq!(failures, Vec::<String>::new());
    assert_eq!((checks, different), (179, 5));
}

#[test]
fn every_answer_to_the_request_means_what_the_standard_says() {
    for case in data(include_str!("../data/robots_status.json")) {
        let (statuses, expected) = match case["answer"].as_str().unwrap() {
            "200 with rules" => (200..=299, RobotsAnswer::Parse),
            "more than 5 redirects" => (300..=399, RobotsAnswer::AllowAll),
            "400-499" => (400..=499, RobotsAnswer::AllowAll),
            "500-599" => (500..=599, RobotsAnswer::DisallowAll),
            "connection refused / DNS failure / timeout" => {
                let rule = Robots::disallow_all().rule("/");
                assert_eq!(rule, Rule::Disallowed { line: None });
                continue;
            }
            // Where redirects lead is the caller's, and so is how old a copy may be; the size of
            // the body is tested beside the parser.
            "301/302/307/308, up to five hops, also to another host"
            | "cache age"
            | "body larger than limit" => continue,
            answer => panic!("no test for the answer {answer:?}"),
        };
        for status in statuses {
            assert_eq!(RobotsAnswer::from_status(status), expected, "{status}");
        }
    }
    assert_eq!(RobotsAnswer::from_status(0), RobotsAnswer::DisallowAll);
    assert_eq!(RobotsAnswer::from_status(999), RobotsAnswer::DisallowAll);
}

/// The path and query of a URL, unchanged.
fn path(url: &str) -> &str {
    let authority = url.find("//").map_or(0, |slashes| slashes + 2);
    url[authority..].find('/').map_or("", |slash| &url[authority + slash..])
}

fn base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0_usize, 0);
    for sign in text.bytes().filter(|&sign| sign != b'=') {
        let value = alphabet.iter().position(|&known| known == sign).expect("the data is base64");
        buffer = (buffer << 6 | value) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xff) as u8);
        }
    }
    bytes
}
